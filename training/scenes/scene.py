"""Small scenes by name, one situation each: the ground truth of tests from decoded frames to reads."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from pipeline.domain.read import Direction
from pipeline.domain.vrm import Vrm
from training.scenes.camera import camera_of
from training.scenes.ground_truth import FRAMES_PER_SECOND, Scene, Spell
from training.scenes.passages import Drive, fitted
from training.scenes.registration import endless_marks, fictitious_marks
from training.scenes.road import Layout
from training.scenes.timetable import Call, Plan, timetable
from training.scenes.vehicles import Build, random_vehicle
from training.scenes.weather import Weather

_BUSY = Plan(
    calls=(Call(way=Direction.APPROACHING), Call(way=Direction.RECEDING)), every=1.4, speed=(7.0, 8.0), far=58.0
)
_FAR, _NEAR = 40.0, 2.0


class Kind(StrEnum):
    """The situations; `busy` is a street full of traffic both ways until a few seconds before the end."""

    SINGLE = "single"
    WAITING = "waiting"
    TWO_AT_ONCE = "two_at_once"
    RETURNING = "returning"
    EMPTY_ROAD = "empty_road"
    NO_PLATE = "no_plate"
    NIGHT = "night"
    GLARE = "glare"
    RAIN = "rain"
    BUSY = "busy"


_WEATHERS = {Kind.NIGHT: Weather.NIGHT, Kind.GLARE: Weather.GLARE, Kind.RAIN: Weather.RAIN}


def scene_of(kind: Kind | str, seed: int = 1, seconds: float = 8.0, size: tuple[int, int] = (1280, 720)) -> Scene:
    """Return the scene of that kind. Vehicles hurry so that every passage fits into `seconds`, 4 or more."""
    kind = Kind(kind)
    rng = np.random.default_rng((seed, *kind.value.encode()))
    layout = Layout()
    if kind is Kind.BUSY:
        drives = timetable(rng, endless_marks(seed), _BUSY, layout, seconds)
    else:
        drives = _drives(kind, rng, fictitious_marks(rng, 2), seconds, layout)
    return Scene(
        name=kind.value,
        camera=camera_of(size, x=0.2, height=2.6, pitch=9.0),
        layout=layout,
        spells=(Spell(starts_at=0.0, weather=_WEATHERS.get(kind, Weather.DAY)),),
        drives=tuple(drives),
        seconds=seconds,
        frames_per_second=FRAMES_PER_SECOND,
        seed=seed,
    )


def _drives(kind: Kind, rng: np.random.Generator, marks: list[Vrm], seconds: float, layout: Layout) -> list[Drive]:
    room = seconds - 0.6
    right, left = layout.lane / 2, -layout.lane / 2
    first = _drive(rng, marks[0], right, 0.2)
    match kind:
        case Kind.EMPTY_ROAD:
            return []
        case Kind.NO_PLATE:
            return [fitted(_drive(rng, None, right, 0.2), room)]
        case Kind.WAITING:
            waits = _drive(rng, marks[0], right, 0.2, waits_at=8.5, waits_for=room * 0.45)
            return [fitted(waits, room)]
        case Kind.TWO_AT_ONCE:
            return [fitted(drive, room - 0.4) for drive in (first, _drive(rng, marks[1], left, 0.5))]
        case Kind.RETURNING:
            leaves = fitted(first, room * 0.42)
            return [leaves, leaves.later(0.2 + room * 0.58)]
        case _:
            return [fitted(first, room)]


def _drive(
    rng: np.random.Generator,
    vrm: Vrm | None,
    lane_x: float,
    starts_at: float,
    waits_at: float | None = None,
    waits_for: float = 0.0,
) -> Drive:
    kinds = (Build.HATCHBACK, Build.SALOON, Build.TALL, Build.VAN)
    return Drive(
        vehicle=random_vehicle(rng, vrm, kinds[int(rng.integers(0, len(kinds)))]),
        direction=Direction.APPROACHING,
        lane_x=lane_x,
        starts_at=starts_at,
        speed=float(rng.uniform(4.6, 5.4)),
        far=_FAR,
        near=_NEAR,
        waits_at=waits_at,
        waits_for=waits_for,
    )
