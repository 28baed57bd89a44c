"""Frames and clips of a scene, and the truth beside them. Same scene, same pixels, same truth.

Clips are H.264 in MP4 (4:2:0), as cameras send it (nothing is predicted from later pictures), made on one thread and
with a fixed creation time, so that a clip's timestamps and, with the same libraries, its bytes do not change.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from pipeline.domain.plate import Pixels
from training.scenes.furniture import arm_angles, draw_arm, draw_signal
from training.scenes.ground_truth import PlateInView, Scene, TruthRow, placed_at, plates_at, truth_of
from training.scenes.painter import Painter
from training.scenes.road import empty_road
from training.scenes.weather import Sensor, Weather

CREATED_AT = datetime(2026, 11, 2, 8, 0, 0, tzinfo=UTC)
"""The creation time that every clip carries, unless told otherwise."""
TRUTH_COLUMNS = ("feed", "vrm", "first_frame", "last_frame", "kind")
_QUALITY = "23"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SceneFrame:
    """One rendered frame and the plates that are ahead of the camera in it, legible or not."""

    sequence: int
    seconds: float
    pixels: Pixels
    plates: tuple[PlateInView, ...]


def frames_of(scene: Scene) -> Iterator[SceneFrame]:
    """Yield every frame of the scene in order."""
    rng = np.random.default_rng(scene.seed)
    sensor = Sensor(rng, scene.camera.width, scene.camera.height_pixels)
    painter = Painter(scene)
    angles = arm_angles(scene) if scene.layout.barrier else None
    roads: dict[Weather, Pixels] = {}
    for sequence in range(scene.frame_count):
        weights = scene.weather_at(sequence)
        pixels = _road(scene, roads, weights)
        vehicles = placed_at(scene, sequence)
        signal_at = scene.layout.stop_line if scene.layout.signals else None
        beyond = [vehicle for vehicle in vehicles if signal_at is None or vehicle.z > signal_at]
        painter.paint(pixels, beyond, weights)
        if signal_at is not None:
            draw_signal(pixels, scene.camera, -scene.layout.edge - 0.5, signal_at)
            painter.paint(pixels, vehicles[len(beyond) :], weights)
        if angles is not None:
            draw_arm(pixels, scene.camera, scene.layout, float(angles[sequence]))
        yield SceneFrame(
            sequence=sequence,
            seconds=sequence / scene.frames_per_second,
            pixels=sensor.expose(pixels, weights, sequence, scene.seed),
            plates=plates_at(scene, sequence),
        )


def render_clip(
    scene: Scene, path: Path, created_at: datetime = CREATED_AT, on_frame: Callable[[], object] | None = None
) -> list[TruthRow]:
    """Write the scene to `path` and return its truth; `on_frame` is called after each frame."""
    rate = Fraction(scene.frames_per_second).limit_denominator(1000)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        container.metadata["creation_time"] = created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height = scene.camera.width, scene.camera.height_pixels
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": _QUALITY, "preset": "superfast", "threads": "1", "bf": "0", "g": _group(scene)}
        for frame in frames_of(scene):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame.pixels), format="bgr24")
            picture.pts, picture.time_base = frame.sequence, 1 / rate
            container.mux(stream.encode(picture))
            if on_frame is not None:
                on_frame()
        container.mux(stream.encode(None))
    return truth_of(scene)


def write_truth(rows: Iterable[TruthRow], path: Path) -> None:
    """Write the truth as CSV with the columns `TRUTH_COLUMNS`."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(TRUTH_COLUMNS)
        writer.writerows((row.feed, row.vrm, row.first_frame, row.last_frame, row.kind) for row in rows)


def _group(scene: Scene) -> str:
    """Return how many frames are from keyframe to keyframe: two seconds, as cameras send them."""
    return str(round(2 * scene.frames_per_second))


def _road(scene: Scene, roads: dict[Weather, Pixels], weights: dict[Weather, float]) -> Pixels:
    """Return a fresh picture of the empty road under the mixture of weathers."""
    for weather in weights:
        if weather not in roads:
            roads[weather] = empty_road(scene.camera, scene.layout, weather, scene.seed)
    parts = [(roads[weather], share) for weather, share in weights.items()]
    if len(parts) == 1:
        return parts[0][0].copy()
    (first, share), (second, rest) = parts
    return np.asarray(cv2.addWeighted(first, share, second, rest, 0), np.uint8)
