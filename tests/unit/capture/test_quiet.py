"""Holding packets undecoded: nothing that decoding everything would look at is missing, whatever the encoder does."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pipeline.capture.address import parse_address
from pipeline.capture.settings import CaptureSettings
from pipeline.capture.source import VideoSource
from pipeline.domain.plate import CameraId, Frame, HeldBack, Pixels
from tests.support import clips
from tests.support.clock import ManualClock
from tests.support.counted import counted
from training.scenes.ground_truth import Scene
from training.scenes.render import render_clip
from training.scenes.scene import scene_of

KINDS = ("single", "night", "rain", "glare", "waiting", "far")
QUIET_SECONDS = 9.0
EVERYTHING = CaptureSettings(hold_seconds=0)
TRUSTING = CaptureSettings(witnessed_motions=0)
FAST = 10
"""Frames that a fast vehicle is in view."""
GROUP = 25


def frames_of(path: Path, settings: CaptureSettings) -> list[Frame]:
    source = VideoSource(
        parse_address(str(path)), camera_id=CameraId("1"), clock=ManualClock(), settings=settings, gated=True
    )
    return list(source.frames())


def told(frames: list[Frame]) -> list[tuple[int, object, HeldBack | None]]:
    return [(one.sequence, one.captured_at, one.held_back) for one in frames]


def moving(frames: list[Frame]) -> set[int]:
    """Return the frames of stretches in which something moved; looks at a quiet road are shorter."""
    shut = [one.sequence for one in frames if one.held_back in (HeldBack.QUIET, HeldBack.UNDECODED)]
    edges = [-1, *shut, len(frames)]
    stretches = [range(a + 1, b) for a, b in pairwise(edges)]
    return {at for stretch in stretches if len(stretch) > 10 for at in stretch}


def undecoded(frames: list[Frame]) -> int:
    return sum(one.held_back is HeldBack.UNDECODED for one in frames)


def road(vehicles: dict[int, int], *, length: int, seed: int = 3) -> list[Pixels]:
    """Draw a noisy road; from each frame of `vehicles` on, something crosses it in so many frames."""
    random = np.random.default_rng(seed)
    ground = np.kron(random.integers(60, 160, (9, 16)), np.ones((20, 20))).astype(np.float32)
    pictures = []
    for number in range(length):
        picture = ground + random.normal(0, 2.0, ground.shape)
        for begin, takes in vehicles.items():
            if begin <= number < begin + takes:
                x = int((number - begin) / takes * 260)
                picture[90:130, x : x + 60] = random.integers(20, 230, (40, 60))
        pictures.append(np.repeat(np.clip(picture, 0, 255).astype(np.uint8)[..., None], 3, axis=2))
    return pictures


def written(path: Path, vehicles: dict[int, int], *, length: int, codec: str = "libx264", every: int = GROUP) -> Path:
    return clips.write_clip(path, road(vehicles, length=length), codec=codec, keyframe_every=every)


def scene_after_quiet(kind: str) -> Scene:
    scene = scene_of("single" if kind == "far" else kind, seed=5, seconds=10, size=(320, 180))
    drives = [drive.later(drive.starts_at + QUIET_SECONDS) for drive in scene.drives]
    if kind == "far":
        drives = [replace(drive, near=22.0) for drive in drives]
    return replace(scene, drives=tuple(drives), seconds=scene.seconds + QUIET_SECONDS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_decoding_everything_looks_at_is_looked_at(kind: str, tmp_path: Path) -> None:
    render_clip(scene_after_quiet(kind), tmp_path / "a.mp4")
    everything, held = (frames_of(tmp_path / "a.mp4", settings) for settings in (EVERYTHING, TRUSTING))
    assert moving(everything) <= moving(held)
    assert undecoded(held) > 20
    assert [told(held)[at][:2] for at in range(len(held))] == [
        told(everything)[at][:2] for at in range(len(everything))
    ]


def test_of_a_vehicle_between_two_keyframes_no_frame_is_lost(tmp_path: Path) -> None:
    begin = 6 * GROUP + 8
    held = frames_of(written(tmp_path / "a.mp4", {begin: FAST}, length=9 * GROUP), TRUSTING)
    assert undecoded(held) >= GROUP - 1
    assert all(one.held_back is not HeldBack.UNDECODED for one in held[begin : begin + FAST])
    assert any(one.pixels is not None for one in held[begin : begin + FAST])


def test_after_a_false_alarm_what_follows_is_held_again(tmp_path: Path) -> None:
    flicker = 6 * GROUP + 5
    pictures = road({}, length=9 * GROUP)
    grain = np.random.default_rng(4).normal(0, 3.0, pictures[flicker].shape)
    pictures[flicker] = np.clip(pictures[flicker] + grain, 0, 255).astype(np.uint8)
    held = frames_of(clips.write_clip(tmp_path / "a.mp4", pictures, keyframe_every=GROUP), TRUSTING)
    assert all(one.held_back is not HeldBack.UNDECODED for one in held[6 * GROUP : flicker + 1])
    assert undecoded(held[flicker : 7 * GROUP]) > GROUP // 2


def test_the_same_file_gives_the_same_frames_again(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", {6 * GROUP + 8: FAST}, length=9 * GROUP)
    assert told(frames_of(path, TRUSTING)) == told(frames_of(path, TRUSTING))


def test_trust_is_earned_by_what_moved_before(tmp_path: Path) -> None:
    vehicles = {(4 + 4 * number) * GROUP + 8: 20 for number in range(3)}
    path = written(tmp_path / "a.mp4", vehicles, length=22 * GROUP)
    frames = frames_of(path, CaptureSettings())
    last = max(vehicles) + 20
    assert undecoded(frames[:last]) == 0
    assert undecoded(frames[last:]) > 4 * GROUP


def test_decoded_pictures_are_those_of_decoding_everything(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", {6 * GROUP + 8: FAST}, length=9 * GROUP)
    everything, held = (frames_of(path, settings) for settings in (EVERYTHING, TRUSTING))
    both = [
        (one.pixels, other.pixels)
        for one, other in zip(everything, held, strict=True)
        if one.pixels is not None and other.pixels is not None
    ]
    assert len(both) > FAST // 3
    assert all(np.array_equal(one, other) for one, other in both)


@pytest.mark.parametrize(("codec", "every"), [("mpeg4", GROUP), ("libx264", 100), ("mjpeg", GROUP)])
def test_streams_that_cannot_be_entered_soon_enough_are_decoded_whole(tmp_path: Path, codec: str, every: int) -> None:
    frames = frames_of(written(tmp_path / "a.mkv", {}, length=8 * GROUP, codec=codec, every=every), TRUSTING)
    assert len(frames) == 8 * GROUP
    assert undecoded(frames) == 0


@pytest.mark.parametrize("name", ["a.ts", "a.mkv"])
def test_it_works_in_other_containers(tmp_path: Path, name: str) -> None:
    frames = frames_of(written(tmp_path / name, {}, length=9 * GROUP), TRUSTING)
    assert [one.sequence for one in frames] == list(range(9 * GROUP))
    assert undecoded(frames) > 2 * GROUP


def test_pictures_predicted_from_later_ones_are_told_of_in_order(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    clips.write_clip(path, road({6 * GROUP + 8: FAST}, length=9 * GROUP), keyframe_every=GROUP, later_pictures=2)
    everything, held = (frames_of(path, settings) for settings in (EVERYTHING, TRUSTING))
    assert undecoded(held) >= GROUP - 1
    assert [one.captured_at for one in held] == [one.captured_at for one in everything]
    assert all(one.held_back is not HeldBack.UNDECODED for one in held[6 * GROUP + 8 : 6 * GROUP + 8 + FAST])


def test_a_damaged_stream_is_decoded_and_counted_while_it_is_held(tmp_path: Path) -> None:
    path = written(tmp_path / "a.mp4", {}, length=16 * GROUP)
    source = VideoSource(
        parse_address(str(clips.flip_bits(path, count=12, seed=4))),
        camera_id=CameraId("1"),
        clock=ManualClock(),
        settings=TRUSTING,
        gated=True,
    )
    frames = list(source.frames())
    assert Counter(one.sequence for one in frames) == Counter(range(len(frames)))
    assert len(frames) >= 14 * GROUP


def test_the_end_of_a_file_is_decoded_though_no_keyframe_follows(tmp_path: Path) -> None:
    frames = frames_of(written(tmp_path / "a.mp4", {}, length=8 * GROUP + 10), TRUSTING)
    assert len(frames) == 8 * GROUP + 10
    assert all(one.held_back is not HeldBack.UNDECODED for one in frames[-9:])


def test_what_moves_is_searched_alone_but_for_one_look_a_second(tmp_path: Path) -> None:
    frames = frames_of(written(tmp_path / "a.mp4", {50: 100}, length=8 * GROUP), EVERYTHING)
    crossing = [one for one in frames[60:145] if one.pixels is not None]
    whole = [one for one in crossing if one.search is None]
    assert len(crossing) / 16 <= len(whole) <= len(crossing) / 8
    for one in crossing:
        if one.search is not None:
            left = (one.sequence - 50) / 100 * 260
            assert one.search.x <= max(left - 4, 0)
            assert one.search.x + one.search.width >= min(left + 64, 320)
            assert one.search.y <= 90
            assert one.search.y + one.search.height >= 130
    again = frames_of(tmp_path / "a.mp4", EVERYTHING)
    assert [one.search for one in again] == [one.search for one in frames]


def test_the_time_of_what_is_decoded_is_counted_and_of_what_is_held_is_not(tmp_path: Path) -> None:
    def calls() -> float:
        return counted("anpr_stage_seconds_count", stage="decode")

    clip = written(tmp_path / "a.mp4", {}, length=6 * GROUP)
    began = calls()
    assert len(frames_of(clip, EVERYTHING)) == 6 * GROUP
    whole = calls() - began
    held = frames_of(clip, TRUSTING)
    assert whole >= 6 * GROUP
    assert 0 < calls() - began - whole < whole - undecoded(held) / 2
    assert undecoded(held) > GROUP
