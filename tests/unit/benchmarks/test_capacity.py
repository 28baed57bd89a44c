"""The capacity model is plain arithmetic: held here by numbers that can be checked by hand."""

from __future__ import annotations

import pytest

from benchmarks.capacity import FLEETS, Camera, Costs, Fleet, Machine, cameras_on, dollars_a_camera_year, need_of

COSTS = Costs(
    undecoded_frame=0.0005,
    decoded_frame=0.003,
    decoded_megabit=0.014,
    look=0.002,
    searched_megapixel=0.005,
    plate=0.002,
    reading=0.008,
    read=0.005,
)


def test_a_camera_that_nobody_passes_costs_its_undecoded_frames_and_a_look_now_and_then() -> None:
    looks = 3600 * 25 / 50
    looking = looks * (0.003 + 4 / 25 * 0.014 + 0.002 + 1.92 * 1.08 * 0.005)
    assert Camera().hour(0).seconds(COSTS) == pytest.approx((3600 * 25 - looks) * 0.0005 + looking)


def test_a_few_vehicles_cost_in_proportion_and_a_crowd_no_more_than_an_open_gate() -> None:
    camera = Camera()
    nobody = camera.hour(0).decoded_frames
    one, two = (camera.hour(vehicles).decoded_frames - nobody for vehicles in (1, 2))
    assert two == pytest.approx(2 * one, rel=0.01)
    assert one == pytest.approx(25 * 5, rel=0.03)
    crowd = camera.hour(10_000)
    assert crowd.decoded_frames == pytest.approx(25 * 3600, rel=0.01)
    assert crowd.searched_megapixels == pytest.approx(crowd.looks * 1.92 * 1.08 * 0.68, rel=0.01)
    assert crowd.readings == 7.5 * 10_000


def test_a_fleet_needs_cores_for_its_busiest_hour_and_room_for_those_that_fail() -> None:
    fleet = Fleet(name="ten", cameras=10, reads_a_day=10 * 2400, peak=2.0, filled=0.5)
    need = need_of(fleet, Camera(), COSTS)
    assert need.core_share == pytest.approx(Camera().hour(200).seconds(COSTS) / 3600)
    assert need.cores == -(-10 * need.core_share // 0.5)
    assert need.reads_a_second == pytest.approx(24_000 * 2 / 86_400)
    assert need.average_core_share < need.core_share


def test_a_machine_is_paid_for_all_hours_of_a_year() -> None:
    machine = Machine(name="x", cores=4, dollars_an_hour=0.2, source="made up")
    assert cameras_on(machine, 0.1) == pytest.approx(28)
    assert dollars_a_camera_year(machine, 0.1) == pytest.approx(0.2 * 8766 / 28)


def test_the_nation_is_36_forces() -> None:
    force, nation = FLEETS
    assert nation.cameras == 36 * force.cameras
    assert nation.reads_a_day == 36 * force.reads_a_day
