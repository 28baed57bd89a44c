"""The capacity model is plain arithmetic: held here by numbers that can be checked by hand."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from benchmarks.capacity import (
    FLEETS,
    Camera,
    Costs,
    Fleet,
    Machine,
    OnRay,
    cameras_on,
    dollars_a_camera_year,
    line_of,
    need_of,
)
from benchmarks.harness import RESULTS
from benchmarks.scale_plan import cores_reckoned, on_ray, planned
from pipeline.errors import Unavailable

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


ON_RAY = OnRay(look=0.01, node=0.2)


def a_row(cameras: int, cores: float, shed: int = 0) -> dict[str, float]:
    return {"cameras": cameras, "cores used": cores, "looks shed": shed}


def figures_of(*rows: dict[str, float]) -> dict[str, Any]:
    """Figures in which a busy camera takes 0.2 of a core in process."""
    costs = [{"part": name.replace("_", " "), "ms": 1000 * value} for name, value in asdict(COSTS).items()]
    figures: dict[str, Any] = {"busy_core_share_in_process": 0.2, "cameras_in_real_time": list(rows), "costs": costs}
    return figures | on_ray(figures)


def test_cameras_and_their_node_are_told_apart_by_a_line() -> None:
    assert line_of([1, 2, 3], [0.5, 0.8, 1.1]) == pytest.approx((0.3, 0.2))
    # by hand: the middle is (2, 0.8), and 0.7 / 2 of a core for each camera
    assert line_of([1, 2, 3], [0.4, 0.9, 1.1]) == pytest.approx((0.35, 0.1))
    with pytest.raises(ValueError, match="differ"):
        line_of([2, 2], [0.5, 0.6])


def test_what_ray_adds_is_told_from_cameras_that_did_all_of_their_work() -> None:
    told = figures_of(a_row(1, 0.525), a_row(2, 0.85), a_row(4, 1.5), a_row(6, 1.9, shed=300))
    assert told["busy_core_share_on_ray"] == 0.325
    assert told["node_core_share_on_ray"] == 0.2
    assert told["cameras_a_core_busy_on_ray"] == 3.08
    # 12.5 looks a second
    assert told["on_ray_ms_more_a_look"] == 10.0
    assert told["model_error_without_ray"] == -0.385


def test_one_row_that_shed_nothing_tells_no_line() -> None:
    with pytest.raises(Unavailable):
        figures_of(a_row(1, 0.5), a_row(2, 0.8, shed=1))


def test_a_fleet_on_ray_needs_more_for_each_look_and_for_each_node() -> None:
    fleet = Fleet(name="ten", cameras=10, reads_a_day=10 * 2400, peak=2.0, filled=0.5, cores_a_node=4)
    need, alone = need_of(fleet, Camera(), COSTS, ON_RAY), need_of(fleet, Camera(), COSTS)
    looks = Camera().hour(200).looks / 3600
    assert need.core_share == pytest.approx(alone.core_share + 0.01 * looks)
    # of every four cores half is to be filled, and 0.2 are the node's own
    assert need.cores == -(-10 * need.core_share // (0.5 - 0.2 / 4))
    assert need.reads_a_second == alone.reads_a_second


def test_a_machine_on_ray_carries_fewer_cameras_and_each_costs_more() -> None:
    machine = Machine(name="x", cores=4, dollars_an_hour=0.2, source="made up")
    assert cameras_on(machine, 0.1, node=0.2) == pytest.approx(26)
    assert dollars_a_camera_year(machine, 0.1, node=0.2) == pytest.approx(0.2 * 8766 / 26)


def test_plans_and_prices_are_those_of_ray_and_say_what_they_would_be_without() -> None:
    figures = figures_of(a_row(1, 0.525), a_row(2, 0.85))
    force = planned(figures)["plans"][0]
    alone, need = need_of(FLEETS[0], Camera(), COSTS), need_of(FLEETS[0], Camera(), COSTS, ON_RAY)
    assert (force["cores in process"], force["cores on Ray"]) == (alone.cores, need.cores)
    assert need.cores > 1.3 * alone.cores
    prices = planned(figures)["prices"]
    assert prices[0]["cameras on Ray"] == pytest.approx((8 * 0.7 - 0.2) / need.core_share, abs=0.05)
    # models that are elsewhere take no core, but their pictures cross to them all the same
    elsewhere = prices[2]["cameras on Ray"]
    decoding = replace(COSTS, look=0.0, searched_megapixel=0.0, plate=0.0, reading=0.0)
    assert elsewhere == pytest.approx(
        (4 * 0.7 - 0.2) / need_of(FLEETS[0], Camera(), decoding, ON_RAY).core_share, abs=0.05
    )


def test_what_cameras_should_take_on_ray_is_their_work_and_the_node() -> None:
    figures = figures_of(a_row(1, 0.525), a_row(2, 0.85))
    work = Camera().hour(100)
    looks = work.looks / 3600
    assert cores_reckoned(figures, work, 3600, 3) == pytest.approx(
        3 * (work.seconds(COSTS) / 3600 + 0.01 * looks) + 0.2, rel=1e-6
    )


def test_the_committed_plan_follows_from_the_committed_rows() -> None:
    figures = json.loads((RESULTS / "scale.json").read_text(encoding="utf-8"))["figures"]
    again = on_ray(figures)
    again |= planned(figures | again)
    assert {name: figures[name] for name in again} == again
