"""A fresh decoder in the place of one whose memory has grown: nothing else changes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from pipeline.capture.address import VideoAddress
from pipeline.capture.decode import Decoding, FaultTally
from pipeline.capture.looks import LookPace
from pipeline.capture.motion import BackgroundMotionGate
from pipeline.capture.planes import picture_of
from pipeline.capture.quiet import QuietStream, Shown
from pipeline.capture.settings import CaptureSettings
from pipeline.capture.sizes import SizeWatch
from pipeline.domain.plate import Picture
from tests.support import clips
from tests.support.clock import ManualClock

EVERY = 10
CAMERA = VideoAddress(target="", shown="a camera", live=True)
HELD = 30
PICTURE_BYTES = 1920 * 1080 * 3 // 2


@contextmanager
def decoding_of(path: Path) -> Iterator[tuple[Decoding, FaultTally]]:
    """Decode a clip as if a camera sent it."""
    tally = FaultTally()
    with av.open(str(path)) as container:
        yield Decoding(container, container.streams.video[0], address=CAMERA, tally=tally), tally


def shown_of(decoding: Decoding, worn_at: set[int]) -> list[Shown]:
    settings = CaptureSettings()
    stream = QuietStream(
        decoding,
        gate=BackgroundMotionGate(settings),
        watch=SizeWatch(settings.witnessed_motions),
        pace=LookPace(settings.looks_per_second),
        clock=ManualClock(),
        hold_seconds=settings.hold_seconds,
    )
    told: list[Shown] = []
    for several in stream.shown():
        told += several
        decoding.is_worn |= len(told) in worn_at
    return told


def own_bytes() -> int:
    memory = psutil.Process(os.getpid()).memory_info()
    return int(memory.rss - memory.shared)


@pytest.mark.parametrize("later_pictures", [0, 2])
def test_every_picture_is_the_one_it_was_and_comes_once(tmp_path: Path, later_pictures: int) -> None:
    path = clips.write_clip(tmp_path / "a.mp4", clips.textured(60), keyframe_every=EVERY, later_pictures=later_pictures)
    with decoding_of(path) as (decoding, tally):
        renewed = shown_of(decoding, {3, 24, 41})
        assert not decoding.is_worn
        assert tally.faults == 0
    with decoding_of(path) as (decoding, _):
        kept = shown_of(decoding, set())
    assert len(kept) == 60
    assert [one.position for one in renewed] == [one.position for one in kept]
    for one, other in zip(renewed, kept, strict=True):
        assert one.picture is not None
        assert other.picture is not None
        assert np.array_equal(one.picture.to_ndarray(format="bgr24"), other.picture.to_ndarray(format="bgr24"))


def test_what_pictures_took_that_were_held_at_once_is_given_back(tmp_path: Path) -> None:
    pictures = (clips.grey(40 + number % 100, width=1920, height=1080) for number in range(2 * HELD + 10))
    path = clips.write_clip(tmp_path / "a.mp4", pictures, keyframe_every=EVERY)
    held: list[Picture] = []
    with decoding_of(path) as (decoding, _):
        packets = decoding.packets()
        for packet in packets:
            held += [picture_of(one, 0) for one in decoding.decode(packet)]
            if len(held) >= HELD:
                break
        held.clear()
        grown = own_bytes()
        # a pool that is kept is kept for good
        decoding.drain()
        assert grown - own_bytes() < 3 * PICTURE_BYTES
        decoding.is_worn = True
        decoding.drain()
        assert grown - own_bytes() > HELD * PICTURE_BYTES // 2
