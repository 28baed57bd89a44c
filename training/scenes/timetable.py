"""Fills a feed with passages, in order, so that nobody runs into anybody.

Every passage takes the earliest moment at which it keeps clear of the others in its lane, and is left out when it would
not be over before the feed ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from pipeline.domain.read import Direction
from pipeline.domain.vrm import Vrm
from training.scenes.ground_truth import FRAMES_PER_SECOND
from training.scenes.passages import Drive, keeps_clear
from training.scenes.road import Layout
from training.scenes.vehicles import Build, Vehicle, random_vehicle

_SEARCH_STEP = 0.4
_FALLS_BEHIND = 5.0
"""How many seconds a passage may be late before those after it wait as well."""
_CYCLE_SECONDS = 40.0
_CLEAR_METRES = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One line of a timetable: who comes, which way; `again` names an earlier line whose vehicle comes back."""

    way: Direction
    build: Build | None = None
    plate: bool = True
    two_line: bool = False
    waits: float = 0.0
    again: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a feed is filled: `calls` repeat, one each `every` seconds; nobody is in view in the `quiet` stretches of
    each cycle of 40 s."""

    calls: tuple[Call, ...]
    every: float
    speed: tuple[float, float]
    far: float
    stop: float | None = None
    quiet: tuple[tuple[float, float], ...] = ()


def timetable(
    rng: np.random.Generator, marks: Iterator[Vrm], plan: Plan, layout: Layout, seconds: float
) -> list[Drive]:
    drives: list[Drive] = []
    met: dict[int, Vehicle] = {}
    cursor, missed = 0.2, 0
    for number in count():
        place = number % len(plan.calls)
        call = plan.calls[place]
        vehicle = met[call.again] if call.again is not None else _vehicle(rng, call, marks)
        met[place] = vehicle
        drive = Drive(
            vehicle=vehicle,
            direction=call.way,
            starts_at=0.0,
            far=plan.far,
            lane_x=layout.lane / 2 * (1 if call.way is Direction.APPROACHING else -1),
            near=1.5 if call.way is Direction.APPROACHING else 2.2,
            speed=float(rng.uniform(*plan.speed)),
            waits_at=plan.stop if call.waits else None,
            waits_for=call.waits,
        )
        found = _moment(drive, drives, cursor, seconds - drive.seconds() - 0.2, plan.quiet)
        if found is None:
            missed += 1
            if missed > len(plan.calls):
                break
            continue
        missed = 0
        drives.append(drive.later(found))
        cursor = max(cursor, found - _FALLS_BEHIND) + plan.every
    return drives


def _moment(
    drive: Drive, others: list[Drive], earliest: float, latest: float, quiet: tuple[tuple[float, float], ...]
) -> float | None:
    """Return the first moment from `earliest` to `latest` at which the passage can begin."""
    takes = drive.seconds()
    for start in np.arange(earliest, latest, _SEARCH_STEP):
        begin, end = float(start) % _CYCLE_SECONDS, float(start) % _CYCLE_SECONDS + takes
        if any(begin < until and end > since for since, until in quiet):
            continue
        if keeps_clear(drive.later(float(start)), others, _CLEAR_METRES, FRAMES_PER_SECOND):
            return float(start)
    return None


def _vehicle(rng: np.random.Generator, call: Call, marks: Iterator[Vrm]) -> Vehicle:
    vehicle = random_vehicle(rng, next(marks) if call.plate else None, call.build)
    return replace(vehicle, two_line=True) if call.two_line else vehicle
