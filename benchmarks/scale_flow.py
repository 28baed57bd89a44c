"""The whole flow of one clip in this process, with a real journal: the processor time it takes, and the work it did.

On failure: what the flow raises is raised; Unavailable where figures make no sense.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import av

from benchmarks import capacity
from benchmarks.scale_clips import RATE, Clip
from pipeline import bootstrap, metrics
from pipeline.domain.plate import Detection, Frame, HeldBack, Picture, Pixels, PlateText
from pipeline.domain.ports import CameraFeed, PlateReader
from pipeline.domain.read import ClockState
from pipeline.errors import Unavailable
from pipeline.flow import PassageRead
from pipeline.settings import FeedSettings, Settings

NAME = "bench"
_ROUNDS = 3
_COUNTED = (
    metrics.FRAMES_QUIET,
    metrics.FRAMES_UNDECODED,
    metrics.FRAMES_BETWEEN,
    metrics.FRAMES_LOOKED_AT,
    metrics.PLATES,
    metrics.PLATES_READ,
    metrics.READS,
)


class Flow:
    """One clip's flow; `spent` and `work` once it has run."""

    def __init__(self, clip: Clip, settings: Settings, plates: PlateReader, folder: Path) -> None:
        at = tempfile.mkdtemp(dir=folder)
        self._settings = replace(settings, folder=at, feeds={NAME: FeedSettings(url=str(clip.path))})
        self._sizes = packet_megabits(clip.path)
        self._plates = _Searched(plates)
        self.spent = 0.0
        self.work = capacity.Work(**dict.fromkeys(capacity.Work.__dataclass_fields__, 0.0))
        self.reads: list[PassageRead] = []

    def run(self) -> Flow:
        settings = self._settings
        already, started = _counts(), processor_seconds()
        journal = bootstrap.journal(settings)
        feed = bootstrap.camera_feed(NAME, settings)
        decoded = _Decoded(feed, self._sizes)
        flow = bootstrap.camera_flow(
            NAME, settings, feed=decoded, plates=self._plates, journal=journal, on_read=self.reads.append
        )
        while flow.step():
            pass
        feed.close()
        journal.close()
        self.spent = processor_seconds() - started
        quiet, undecoded, between, looks, plates, readings, reads = (
            now - was for now, was in zip(_counts(), already, strict=True)
        )
        self.work = capacity.Work(
            undecoded_frames=undecoded,
            decoded_frames=quiet + between + looks,
            decoded_megabits=decoded.megabits,
            looks=looks,
            searched_megapixels=self._plates.megapixels,
            plates=plates,
            readings=readings,
            reads=reads,
        )
        return self


class Quiet:
    """What the flow takes for the quiet part of a clip: what the whole takes more than its beginning alone.

    Decoding runs ahead of the rest, so no instant of one run parts what belongs to the beginning from what does not.
    """

    def __init__(self, clip: Clip, beginning: Clip, settings: Settings, plates: PlateReader, folder: Path) -> None:
        # in turns, and the least of each: what slows a machine for a while must not fall on one of them alone
        rounds = [[Flow(one, settings, plates, folder).run() for one in (beginning, clip)] for _ in range(_ROUNDS)]
        self.less, self.flow = (min(ones, key=lambda one: one.spent) for ones in zip(*rounds, strict=True))
        names = capacity.Work.__dataclass_fields__
        self.work = capacity.Work(
            **{name: getattr(self.flow.work, name) - getattr(self.less.work, name) for name in names}
        )
        self.seconds = self.flow.spent - self.less.spent
        if self.seconds <= 0:
            raise Unavailable(
                "a whole clip took no more than its beginning: this machine is too unsteady to measure on"
            )
        frames = clip.frames - beginning.frames
        self.share = self.seconds / (frames / RATE)
        self.undecoded_share = self.work.undecoded_frames / frames


class _Searched:
    """A plate reader that adds up how much it is given to search."""

    def __init__(self, plates: PlateReader) -> None:
        self._plates = plates
        self.version = plates.version
        self.megapixels = 0.0

    def find(self, images: Sequence[Picture], sides: Sequence[int]) -> Future[list[tuple[Detection, ...]]]:
        self.megapixels += sum(image.shape[0] * image.shape[1] for image in images) / 1e6
        return self._plates.find(images, sides)

    def recognise(self, plates: Sequence[tuple[Pixels, Detection]]) -> Future[list[PlateText | None]]:
        return self._plates.recognise(plates)


class _Decoded:
    """A feed that adds up the packets of the frames that were decoded."""

    def __init__(self, feed: CameraFeed, sizes: Sequence[float]) -> None:
        self._feed = feed
        self._sizes = sizes
        self.megabits = 0.0

    def take(self, limit: int, wait_seconds: float, newest: int | None = None) -> list[Frame]:
        frames = self._feed.take(limit, wait_seconds, newest)
        self.megabits += sum(self._sizes[one.sequence] for one in frames if one.held_back is not HeldBack.UNDECODED)
        return frames

    @property
    def ended(self) -> bool:
        return self._feed.ended

    @property
    def clock_state(self) -> ClockState:
        return self._feed.clock_state


def packet_megabits(clip: Path) -> list[float]:
    """Return the size of each frame's packet; the benchmark's clips have one each, in the order of showing."""
    with av.open(str(clip)) as container:
        return [packet.size * 8 / 1e6 for packet in container.demux(video=0) if packet.size]


def processor_seconds() -> float:
    """Return what this process has used so far, all threads, user and system."""
    times = os.times()
    return times.user + times.system


def _counts() -> tuple[float, ...]:
    return tuple(_counted(metric) for metric in _COUNTED)


def _counted(metric: Any) -> float:
    return float(metric.labels(NAME)._value.get())
