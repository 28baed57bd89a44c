"""The motion gate on drawn roads: shut where nothing moves, never blind to a vehicle."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.capture.motion import BackgroundMotionGate, Luma, Verdict, movements
from pipeline.capture.settings import CaptureSettings

HEIGHT, WIDTH = 360, 640
HOLD, LOOK_EVERY, LOOK = 10, 50, 3
SETTINGS = CaptureSettings(motion_hold_frames=HOLD, motion_look_every_frames=LOOK_EVERY, motion_look_frames=LOOK)
SETTLED = 40
"""Frames after which a gate on an empty road has shut for the first time."""


class Road:
    """An empty road with sensor noise; `light` scales it, `vehicle_at` puts a car with its plate there."""

    def __init__(self, *, noise: float = 4.0, contrast: int = 120) -> None:
        random = np.random.default_rng(7)
        coarse = random.integers(40, 150, (9, 16)).astype(np.float32)
        self._road = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        self._noises = [random.normal(0, noise, (HEIGHT, WIDTH)).astype(np.float32) for _ in range(7)]
        self._contrast = contrast
        self._drops = random
        self._number = 0

    def frame(
        self,
        *,
        light: float = 1.0,
        vehicle_at: tuple[int, int] | None = None,
        other_at: tuple[int, int] | None = None,
        drops: int = 0,
    ) -> Luma:
        picture = self._road.copy()
        for x, y in filter(None, (vehicle_at, other_at)):
            picture[y : y + 60, x : x + 100] -= self._contrast / 3
            picture[y + 40 : y + 52, x + 25 : x + 75] += self._contrast
        for _ in range(drops):
            x, y = self._drops.integers(0, WIDTH), self._drops.integers(0, HEIGHT - 20)
            picture[y : y + 20, x] += 60
        self._number += 1
        picture = picture * light + self._noises[(self._number * 3) % 7]
        return np.clip(picture, 0, 255).astype(np.uint8)


def is_open(gate: BackgroundMotionGate, luma: Luma) -> bool:
    return gate.judge(luma) is not Verdict.SHUT


def answers(gate: BackgroundMotionGate, frames: Iterable[Luma]) -> list[bool]:
    return [is_open(gate, one) for one in frames]


def settled(road: Road, **drawn: float) -> BackgroundMotionGate:
    """Return a gate that knows the empty road and is shut, just after a look."""
    gate = BackgroundMotionGate(SETTINGS)
    for _ in range(SETTLED + LOOK_EVERY * 2):
        is_open(gate, road.frame(drops=int(drawn.get("drops", 0))))
    frames = (road.frame(drops=int(drawn.get("drops", 0))) for _ in range(LOOK_EVERY * 2))
    was_open = False
    for one in frames:
        now_open = is_open(gate, one)
        if was_open and not now_open:
            return gate
        was_open = now_open
    raise AssertionError("the gate did not open for a look and shut again")


@pytest.mark.parametrize("noise", [0.5, 4.0, 12.0])
def test_an_empty_noisy_road_stays_shut_but_for_the_periodic_look(noise: float) -> None:
    road = Road(noise=noise)
    gate = settled(road)
    opened = answers(gate, [road.frame() for _ in range(LOOK_EVERY * 4)])
    assert sum(opened) == pytest.approx(4 * LOOK, abs=LOOK)
    longest_shut = max(len(run) for run in "".join("o" if one else "." for one in opened).split("o"))
    assert longest_shut < LOOK_EVERY


def test_rain_alone_opens_it_seldom() -> None:
    road = Road()
    gate = settled(road, drops=150)
    opened = answers(gate, [road.frame(drops=150) for _ in range(LOOK_EVERY * 2)])
    assert sum(opened) <= LOOK_EVERY * 2 * 0.3


@pytest.mark.parametrize("contrast", [30, 120])
def test_a_vehicle_opens_it_at_once_and_it_stays_open_for_the_hold(contrast: int) -> None:
    road = Road(noise=2.0, contrast=contrast)
    gate = settled(road)
    assert not is_open(gate, road.frame())
    assert all(answers(gate, [road.frame(vehicle_at=(40 + 15 * step, 120)) for step in range(20)]))
    gone = answers(gate, [road.frame() for _ in range(HOLD + SETTLED)])
    assert all(gone[:HOLD])
    assert not all(gone)


def test_a_vehicle_in_the_rain_opens_it() -> None:
    road = Road()
    gate = settled(road, drops=150)
    opened = answers(gate, [road.frame(vehicle_at=(40 + 15 * step, 120), drops=150) for step in range(10)])
    assert all(opened)


def test_a_slow_change_of_light_is_not_motion() -> None:
    road = Road()
    gate = settled(road)
    dusk = [road.frame(light=1.0 - 0.5 * step / 300) for step in range(300)]
    assert sum(answers(gate, dusk)) <= (300 // LOOK_EVERY + 1) * LOOK


def test_a_vehicle_in_a_change_of_light_opens_it() -> None:
    road = Road()
    gate = settled(road)
    for step in range(100):
        is_open(gate, road.frame(light=1.0 - 0.3 * step / 100))
    assert is_open(gate, road.frame(light=0.7, vehicle_at=(200, 120)))


def test_a_waiting_vehicle_taken_for_background_still_gets_its_looks() -> None:
    road = Road()
    gate = settled(road)
    waiting = road.frame(vehicle_at=(200, 120))
    answers(gate, [waiting] * 600)
    opened = answers(gate, [road.frame(vehicle_at=(200, 120)) for _ in range(LOOK_EVERY * 4)])
    assert 3 * LOOK <= sum(opened) <= 5 * LOOK


def test_a_vehicle_that_leaves_after_a_long_wait_opens_it() -> None:
    road = Road()
    gate = settled(road)
    answers(gate, [road.frame(vehicle_at=(200, 120)) for _ in range(600)])
    assert any(not is_open(gate, road.frame(vehicle_at=(200, 120))) for _ in range(LOOK_EVERY))
    assert is_open(gate, road.frame())


def test_the_first_frame_and_a_new_size_open_it() -> None:
    gate = BackgroundMotionGate(SETTINGS)
    road = Road()
    assert is_open(gate, road.frame())
    answers(gate, [road.frame() for _ in range(SETTLED)])
    assert is_open(gate, np.zeros((90, 160), dtype=np.uint8))


@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2160, 4), (480, 640), (1080, 1920)])
def test_pictures_of_any_shape_are_taken(shape: tuple[int, int]) -> None:
    gate = BackgroundMotionGate(SETTINGS)
    assert all(answers(gate, [np.zeros(shape, dtype=np.uint8)] * 3))


def test_a_restored_gate_answers_as_the_one_it_was_taken_from() -> None:
    road = Road()
    gate = settled(road)
    answers(gate, [road.frame(vehicle_at=(200, 120)) for _ in range(5)])
    restored = BackgroundMotionGate(SETTINGS)
    restored.restore(gate.snapshot())
    frames = [road.frame(vehicle_at=(200, 120) if step % 60 < 2 else None) for step in range(150)]
    assert answers(restored, frames) == answers(gate, frames)


def test_a_frame_after_a_gap_is_judged_as_if_the_road_had_stayed_quiet_in_between() -> None:
    road = Road()
    gate = settled(road)
    assert gate.judge(road.frame(), frames=20) is Verdict.SHUT
    assert gate.judge(road.frame(vehicle_at=(200, 120)), frames=20) is Verdict.MOTION


def test_it_tells_where_a_vehicle_is_and_nowhere_once_the_road_is_empty() -> None:
    road = Road(noise=2.0)
    gate = settled(road)
    for step in range(6):
        gate.judge(road.frame(vehicle_at=(300 + 4 * step, 120)))
    [(left, top, right, bottom)] = gate.where
    assert left * WIDTH <= 320
    assert right * WIDTH >= 420
    assert right - left < 0.4
    assert top * HEIGHT <= 120
    assert 180 <= bottom * HEIGHT < HEIGHT / 2 + 40
    answers(gate, [road.frame() for _ in range(SETTLED)])
    assert gate.where == ()


@pytest.mark.parametrize(("other", "movements"), [((480, 220), 2), ((310, 120), 1), ((200, 190), 1)])
def test_vehicles_apart_are_movements_of_their_own_and_near_ones_are_one(
    other: tuple[int, int], movements: int
) -> None:
    road = Road(noise=2.0)
    gate = settled(road)
    for _ in range(6):
        gate.judge(road.frame(vehicle_at=(200, 120), other_at=other))
    assert len(gate.where) == movements
    for x, y in ((200, 120), other):
        at = (x + 50) / WIDTH, (y + 30) / HEIGHT
        holding = [one for one in gate.where if one[0] <= at[0] <= one[2] and one[1] <= at[1] <= one[3]]
        assert len(holding) == 1


def together(places: list[tuple[int, int]], apart: int) -> list[list[tuple[int, int]]]:
    """Return the groups in which every place is at most `apart` rows and columns from another of its group."""
    groups: list[list[tuple[int, int]]] = []
    for y, x in places:
        near = [group for group in groups if any(max(abs(y - v), abs(x - u)) <= apart for v, u in group)]
        groups = [group for group in groups if group not in near]
        groups.append([(y, x), *(one for group in near for one in group)])
    return groups


@given(
    size=st.tuples(st.integers(3, 40), st.integers(3, 80)),
    places=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True)), max_size=12),
)
def test_each_movement_is_told_by_the_rectangle_around_what_moves_in_it(
    size: tuple[int, int], places: list[tuple[float, float]]
) -> None:
    height, width = size
    moving = np.zeros(size, bool)
    for y, x in places:
        moving[int(y * height), int(x * width)] = True
    reach = max(1, round(0.05 * width / 2))
    ys_xs = [(int(y), int(x)) for y, x in np.argwhere(moving)]
    expected = [
        (min(xs) / width, min(ys) / height, (max(xs) + 1) / width, (max(ys) + 1) / height)
        for ys, xs in (zip(*group, strict=True) for group in together(ys_xs, 2 * reach + 1))
    ]
    assert sorted(movements(moving)) == sorted(expected)


def test_what_moves_within_a_ring_of_movement_is_told_apart_from_it_and_its_hole_is_none() -> None:
    moving = np.zeros((90, 160), bool)
    moving[10:80, 20:140] = True
    moving[12:78, 22:138] = False
    moving[45, 80] = True
    ring, inside = (20 / 160, 10 / 90, 140 / 160, 80 / 90), (80 / 160, 45 / 90, 81 / 160, 46 / 90)
    assert sorted(movements(moving)) == [ring, inside]
