"""The roads of `benchmarks.scale`: rendered at 25 frames a second, 1080p unless told otherwise, encoded as by a camera.

H.264 with a keyframe every two seconds, nothing predicted from later pictures, some 4 Mbit/s (what makers recommend
for plates is 4 to 8). A quiet road begins with three vehicles, because what is known of it must be earned; then nobody
comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np

from pipeline.domain.plate import Pixels
from tests.support.cluster import repeated
from training.scenes.ground_truth import Scene
from training.scenes.render import frames_of, truth_of
from training.scenes.scene import scene_of

FULL = (1920, 1080)
RATE = 25
GROUP = 2 * RATE
_OPTIONS = {"preset": "veryfast", "tune": "zerolatency", "crf": "23", "maxrate": "8M", "bufsize": "8M"}
_EMPTY_PICTURES = 60
"""Pictures of the empty road, each with noise of its own, that are shown in random order."""
_VEHICLES_AT = (4.0, 9.0, 14.0)
_HURRY = 2.6
PRELUDE_SECONDS = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip, its length in frames, how many vehicles with a plate pass in it, and from which frame on nobody does."""

    path: Path
    frames: int
    vehicles: int
    quiet_from: int

    @property
    def seconds(self) -> float:
        return self.frames / RATE


def busy_clip(path: Path, seconds: float, size: tuple[int, int] = FULL) -> Clip:
    """Render a street full of traffic both ways: a vehicle every 1.4 s."""
    scene = _scene("busy", seconds, size)
    frames = _write(path, (one.pixels for one in frames_of(scene)), size)
    return Clip(path=path, frames=frames, vehicles=len(truth_of(scene)), quiet_from=frames)


def quiet_clip(path: Path, seconds: float, size: tuple[int, int] = FULL) -> Clip:
    """Render three vehicles, one after the other, and then `seconds` of an empty road."""
    scene = _scene("single", 8, size)
    (first,) = scene.drives
    drives = tuple(replace(first, speed=first.speed * _HURRY).later(at) for at in _VEHICLES_AT)
    scene = replace(scene, drives=drives, seconds=PRELUDE_SECONDS)
    empty = [one.pixels for one in frames_of(replace(scene, drives=(), seconds=_EMPTY_PICTURES / RATE))]

    def pictures() -> Iterator[Pixels]:
        yield from (one.pixels for one in frames_of(scene))
        chance, at = np.random.default_rng(1), 0
        for _ in range(round(seconds * RATE)):
            # never one twice in a row, which no sensor gives: the encoder would spend bytes on the second's noise
            at = (at + int(chance.integers(1, len(empty)))) % len(empty)
            yield empty[at]

    frames = _write(path, pictures(), size)
    return Clip(path=path, frames=frames, vehicles=len(truth_of(scene)), quiet_from=PRELUDE_SECONDS * RATE)


def beginning_of(clip: Clip, frames: int, path: Path) -> Clip:
    """Write the first `frames` frames of `clip`, a whole number of groups, as they are encoded."""
    with av.open(str(clip.path)) as whole, av.open(str(path), "w") as part:
        part.metadata.update(whole.metadata)
        stream = part.add_stream_from_template(whole.streams.video[0])
        for packet in islice(whole.demux(video=0), frames):
            packet.stream = stream
            part.mux(packet)
    return replace(clip, path=path, frames=frames)


def over_and_over(clip: Clip, times: int) -> Clip:
    """Write `clip` shown so many times in a row, as it is encoded."""
    path = repeated(clip.path, times, clip.path.with_stem(f"{clip.path.stem}-{times}-times"))
    frames = clip.frames * times
    return replace(clip, path=path, frames=frames, vehicles=clip.vehicles * times, quiet_from=frames)


def _scene(kind: str, seconds: float, size: tuple[int, int]) -> Scene:
    return replace(scene_of(kind, seed=7, seconds=seconds, size=size), frames_per_second=float(RATE))


def _write(path: Path, pictures: Iterable[Pixels], size: tuple[int, int]) -> int:
    count = 0
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        container.metadata["creation_time"] = "2026-11-02T08:00:00.000000Z"
        stream = container.add_stream("libx264", rate=RATE, options={**_OPTIONS, "g": str(GROUP)})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for pixels in pictures:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="bgr24")
            frame.pts, frame.time_base = count, Fraction(1, RATE)
            container.mux(stream.encode(frame))
            count += 1
        container.mux(stream.encode(None))
    return count
