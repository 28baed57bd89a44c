"""A scene: a camera, a road, weather and passages; and the truth about every plate in every frame, by geometry alone.

A plate counts as legible when its characters are at least as high as on a one-line car plate 60 pixels wide, all of it
is in the picture, and no nearer vehicle hides more than a tenth of it. Frames count from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Quad
from pipeline.domain.vrm import Vrm
from training.scenes.camera import NEAREST, Camera
from training.scenes.passages import Drive
from training.scenes.road import Layout
from training.scenes.vehicles import PlateMount, extent_of, mount_of
from training.scenes.weather import Weather

FRAMES_PER_SECOND = 12.5
LEGIBLE_CHARACTER_PIXELS = 60 / 520 * 79
"""Height of a character of 79 mm where a plate of 520 mm is 60 pixels wide."""
_HIDDEN_SHARE = 0.1
_CROSSFADE_SECONDS = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """Weather from one second on."""

    starts_at: float
    weather: Weather


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Everything a clip is rendered from."""

    name: str
    camera: Camera
    layout: Layout
    spells: tuple[Spell, ...]
    drives: tuple[Drive, ...]
    seconds: float
    frames_per_second: float
    seed: int

    @property
    def frame_count(self) -> int:
        return round(self.seconds * self.frames_per_second)

    def weather_at(self, sequence: int) -> dict[Weather, float]:
        """Return the share of each weather in a frame; shares sum to 1."""
        now = sequence / self.frames_per_second
        current = max(index for index, spell in enumerate(self.spells) if spell.starts_at <= now or index == 0)
        share = min(1.0, (now - self.spells[current].starts_at) / _CROSSFADE_SECONDS) if current else 1.0
        shares = {self.spells[current].weather: share}
        if share < 1.0:
            before = self.spells[current - 1].weather
            shares[before] = shares.get(before, 0.0) + 1.0 - share
        return shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One vehicle in one frame: `x` and `z` in metres of the middle of the end seen; `speed` is dz/dt."""

    passage: int
    drive: Drive
    x: float
    z: float
    speed: float
    presence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateInView:
    """One plate in one frame. `passage` is its place among the scene's drives; `quad` may lie outside the picture."""

    vrm: Vrm
    passage: int
    quad: Quad
    legible: bool
    two_line: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthRow:
    """One passage of a plate through a feed: the first and last frame, both included, in which it is legible."""

    feed: str
    vrm: Vrm
    first_frame: int
    last_frame: int
    kind: str


_FADE_FRAMES = 5


def placed_at(scene: Scene, sequence: int) -> list[Placed]:
    """Return the vehicles on the road in a frame, the farthest first."""
    found = []
    for index, drive in enumerate(scene.drives):
        way = drive.distances(scene.frames_per_second)
        frame = sequence - drive.first_frame(scene.frames_per_second)
        if not 0 <= frame < len(way):
            continue
        z = float(way[frame])
        last = way[min(frame + 1, len(way) - 1)]
        sway = 0.12 * np.sin(z * 0.16 + drive.vehicle.style % 7)
        edge = len(way) - 1 - frame if drive.rear else frame
        found.append(
            Placed(
                passage=index,
                drive=drive,
                x=drive.lane_x + float(sway),
                z=z,
                speed=float(last - z) * scene.frames_per_second,
                presence=min(1.0, (edge + 1) / _FADE_FRAMES),
            )
        )
    return sorted(found, key=lambda vehicle: -vehicle.z)


def plates_at(scene: Scene, sequence: int) -> tuple[PlateInView, ...]:
    """Return every plate ahead of the camera in a frame."""
    vehicles = placed_at(scene, sequence)
    seen = []
    for place, vehicle in enumerate(vehicles):
        mount = _mount(vehicle.drive)
        vrm = vehicle.drive.vehicle.vrm
        if mount is None or vrm is None:
            continue
        points = mount.corners() + np.array([vehicle.x, 0.0, vehicle.z])
        if scene.camera.seen_from_lens(points)[:, 2].min() < NEAREST:
            continue
        quad = scene.camera.project(points)
        legible = (
            _character_pixels(quad, mount) >= LEGIBLE_CHARACTER_PIXELS
            and _inside(quad, scene.camera)
            and not any(_hides(scene.camera, other, quad) for other in vehicles[place + 1 :])
        )
        corners = tuple((float(x), float(y)) for x, y in quad)
        seen.append(
            PlateInView(
                vrm=vrm,
                passage=vehicle.passage,
                legible=legible,
                two_line=vehicle.drive.vehicle.two_line,
                quad=Quad(corners=(corners[0], corners[1], corners[2], corners[3])),
            )
        )
    return tuple(seen)


def truth_of(scene: Scene) -> list[TruthRow]:
    """Return one row for each passage whose plate is ever legible, in the order in which they become so.

    The kind is what really happens: `returning` (the mark was there before), `waiting`, `two_at_once` (another plate is
    legible in the same frames) or `passing`.
    """
    spans: dict[int, tuple[int, int]] = {}
    for sequence in range(scene.frame_count):
        for plate in plates_at(scene, sequence):
            if plate.legible:
                first = spans.get(plate.passage, (sequence, sequence))[0]
                spans[plate.passage] = (first, sequence)
    rows: list[TruthRow] = []
    for passage, (first, last) in sorted(spans.items(), key=lambda item: (item[1], item[0])):
        drive = scene.drives[passage]
        assert drive.vehicle.vrm is not None
        others = [span for other, span in spans.items() if other != passage]
        kind = "passing"
        if any(row.vrm == drive.vehicle.vrm for row in rows):
            kind = "returning"
        elif drive.waits_for > 0:
            kind = "waiting"
        elif any(begin <= last and end >= first for begin, end in others):
            kind = "two_at_once"
        rows.append(TruthRow(feed=scene.name, vrm=drive.vehicle.vrm, first_frame=first, last_frame=last, kind=kind))
    return rows


@lru_cache(maxsize=256)
def _mount(drive: Drive) -> PlateMount | None:
    return mount_of(drive.vehicle, drive.rear)


def _character_pixels(quad: NDArray[np.float64], mount: PlateMount) -> float:
    wide = (np.hypot(*(quad[1] - quad[0])) + np.hypot(*(quad[2] - quad[3]))) / 2
    return float(wide / mount.width * mount.character)


def _inside(quad: NDArray[np.float64], camera: Camera) -> bool:
    size = np.array([camera.width - 1, camera.height_pixels - 1])
    return bool(np.all(quad >= 0) and np.all(quad <= size))


def _hides(camera: Camera, other: Placed, quad: NDArray[np.float64]) -> bool:
    """Tell whether the box around a nearer vehicle covers too much of a plate."""
    width, length, height = extent_of(other.drive.vehicle)
    near = max(other.z, NEAREST + 0.3)
    if other.z + length <= near:
        return False
    corners = [
        (other.x + side * width / 2, y, z) for side in (-1, 1) for y in (0.0, height) for z in (near, other.z + length)
    ]
    hull = cv2.convexHull(camera.project(np.array(corners)).astype(np.float32))
    plate = quad.astype(np.float32).reshape(-1, 1, 2)
    covered, _ = cv2.intersectConvexConvex(plate, hull)
    return bool(covered > _HIDDEN_SHARE * cv2.contourArea(plate))
