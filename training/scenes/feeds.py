"""The three feeds that a newcomer sees first: a gate by day, a junction in rain and low sun, a road at night."""

from __future__ import annotations

import numpy as np

from pipeline.domain.read import Direction
from training.scenes.camera import camera_of
from training.scenes.ground_truth import FRAMES_PER_SECOND, Scene, Spell
from training.scenes.registration import endless_marks
from training.scenes.road import Layout
from training.scenes.timetable import Call, Plan, timetable
from training.scenes.vehicles import Build
from training.scenes.weather import Weather

FEEDS = ("gate", "junction", "night")
SIZE = (1280, 720)
_APPROACHING, _RECEDING = Direction.APPROACHING, Direction.RECEDING

_GATE = Plan(
    calls=(
        Call(way=_APPROACHING),
        Call(way=_RECEDING),
        Call(way=_APPROACHING, waits=4.0),
        Call(way=_RECEDING, build=Build.MOTORCYCLE),
        Call(way=_RECEDING, build=Build.TALL, two_line=True),
        Call(way=_APPROACHING, build=Build.VAN),
        Call(way=_RECEDING, build=Build.LORRY),
        Call(way=_APPROACHING, build=Build.MOTORCYCLE, plate=False),
        Call(way=_RECEDING),
        Call(way=_APPROACHING, waits=3.0),
        Call(way=_RECEDING, build=Build.VAN),
    ),
    every=2.7,
    speed=(5.0, 6.5),
    far=58.0,
    stop=8.2,
)
_JUNCTION = Plan(
    calls=(
        Call(way=_RECEDING, build=Build.SALOON),
        Call(way=_APPROACHING),
        Call(way=_RECEDING, build=Build.VAN),
        Call(way=_APPROACHING, waits=5.0),
        Call(way=_RECEDING),
        Call(way=_RECEDING, plate=False, build=Build.TALL),
        Call(way=_APPROACHING, again=0),
        Call(way=_RECEDING, build=Build.MOTORCYCLE),
        Call(way=_APPROACHING, build=Build.LORRY),
        Call(way=_RECEDING),
        Call(way=_APPROACHING, waits=2.5),
        Call(way=_RECEDING),
        Call(way=_APPROACHING),
    ),
    every=2.6,
    speed=(6.0, 8.0),
    far=58.0,
    stop=10.6,
)
_NIGHT = Plan(
    calls=(
        Call(way=_APPROACHING),
        Call(way=_RECEDING),
        Call(way=_APPROACHING, build=Build.VAN),
        Call(way=_RECEDING),
        Call(way=_APPROACHING),
        Call(way=_RECEDING, build=Build.MOTORCYCLE),
    ),
    every=1.7,
    speed=(9.0, 12.0),
    far=75.0,
    quiet=((12.0, 21.0), (31.0, 40.0)),
)


def feed_scene(name: str, seed: int = 1, seconds: float = 40.0, size: tuple[int, int] = SIZE) -> Scene:
    """Return the scene of the feed `name`, one of `FEEDS`."""
    place = FEEDS.index(name)
    rng = np.random.default_rng((seed, place))
    marks = endless_marks(seed, place, len(FEEDS))
    day, rain, glare, night = (
        Spell(starts_at=0.0, weather=Weather.DAY),
        Spell(starts_at=0.0, weather=Weather.RAIN),
        Spell(starts_at=seconds * 0.55, weather=Weather.GLARE),
        Spell(starts_at=0.0, weather=Weather.NIGHT),
    )
    camera, layout, plan, spells = (
        (camera_of(size, x=0.3, height=2.6, pitch=9.5), Layout(barrier=True, stop_line=6.6), _GATE, (day,)),
        (
            camera_of(size, x=-2.6, height=3.3, pitch=11.0, yaw=8.0),
            Layout(stop_line=9.4, signals=True, double_yellow=False),
            _JUNCTION,
            (rain, glare),
        ),
        (camera_of(size, x=0.0, height=3.6, pitch=11.5), Layout(), _NIGHT, (night,)),
    )[place]
    return Scene(
        name=name,
        camera=camera,
        layout=layout,
        spells=spells,
        seconds=seconds,
        frames_per_second=FRAMES_PER_SECOND,
        seed=seed * len(FEEDS) + place,
        drives=tuple(timetable(rng, marks, plan, layout, seconds)),
    )
