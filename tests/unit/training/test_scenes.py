"""Rendered scenes: the same every time, true to their own geometry, and what their names say."""

from __future__ import annotations

import csv
import hashlib
import json
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from pipeline.domain.read import Direction
from pipeline.domain.syntax import Syntax, syntax_of
from pipeline.match.lists.entries import marks_of
from pipeline.match.lists.file import read_list_file
from training.scenes.__main__ import is_rendered, render_all
from training.scenes.feeds import FEEDS, feed_scene
from training.scenes.ground_truth import LEGIBLE_CHARACTER_PIXELS, Scene, placed_at, plates_at, truth_of
from training.scenes.registration import fictitious_marks
from training.scenes.render import frames_of, render_clip
from training.scenes.scene import Kind, scene_of

SMALL = (320, 180)
MIDDLE = (960, 540)


def digest_of_frames(scene: Scene, count: int = 12) -> str:
    digest = hashlib.sha256()
    for frame in islice(frames_of(scene), count):
        digest.update(frame.pixels.tobytes())
        digest.update(repr(frame.plates).encode())
    return digest.hexdigest()


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def test_the_same_seed_gives_the_same_pixels_and_the_same_truth() -> None:
    first, second = (scene_of(Kind.RAIN, seed=4, seconds=5, size=SMALL) for _ in range(2))
    assert digest_of_frames(first) == digest_of_frames(second)
    assert truth_of(first) == truth_of(second)


def test_another_seed_gives_other_pixels_and_other_marks() -> None:
    first, second = (scene_of(Kind.SINGLE, seed=seed, seconds=8, size=SMALL) for seed in (1, 2))
    assert digest_of_frames(first, 2) != digest_of_frames(second, 2)
    assert first.drives[0].vehicle.vrm != second.drives[0].vehicle.vrm


def test_a_clip_decodes_to_the_frames_of_the_scene_and_is_the_same_file_twice(tmp_path: Path) -> None:
    scene = scene_of(Kind.SINGLE, seed=3, seconds=4, size=SMALL)
    paths = tmp_path / "a.mp4", tmp_path / "b.mp4"
    truths = [render_clip(scene, path) for path in paths]
    assert truths[0] == truths[1]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    frames = decoded(paths[0])
    assert len(frames) == scene.frame_count == 50
    for seen, made in zip(frames[::12], [frame.pixels for frame in frames_of(scene)][::12], strict=True):
        assert float(np.abs(seen.astype(int) - made).mean()) < 12


def test_a_clip_carries_its_creation_time_rate_and_codec(tmp_path: Path) -> None:
    render_clip(scene_of(Kind.EMPTY_ROAD, seconds=1, size=SMALL), tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as container:
        stream = container.streams.video[0]
        assert container.metadata["creation_time"].startswith("2026-11-02T08:00:00")
        assert stream.average_rate == 12.5
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.SINGLE, ["passing"]),
        (Kind.WAITING, ["waiting"]),
        (Kind.TWO_AT_ONCE, ["two_at_once", "two_at_once"]),
        (Kind.RETURNING, ["passing", "returning"]),
        (Kind.EMPTY_ROAD, []),
        (Kind.NO_PLATE, []),
        (Kind.NIGHT, ["passing"]),
        (Kind.GLARE, ["passing"]),
        (Kind.RAIN, ["passing"]),
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_kind_has_the_passages_its_name_says(kind: Kind, expected: list[str], seed: int) -> None:
    rows = truth_of(scene_of(kind, seed=seed, seconds=8, size=MIDDLE))
    assert [row.kind for row in rows] == expected
    assert all(row.last_frame - row.first_frame >= 2 for row in rows)


def test_a_busy_street_has_vehicles_on_it_all_the_time() -> None:
    scene = scene_of(Kind.BUSY, seed=7, seconds=20)
    on_road = [len(placed_at(scene, sequence)) for sequence in range(scene.frame_count)]
    assert min(on_road[5:-75]) >= 1
    assert len(truth_of(scene)) >= 8


def test_a_waiting_vehicle_stands_still_for_seconds_and_is_one_passage() -> None:
    scene = scene_of(Kind.WAITING, seed=1, seconds=10, size=MIDDLE)
    speeds = [abs(vehicle.speed) for sequence in range(scene.frame_count) for vehicle in placed_at(scene, sequence)]
    assert sum(speed < 0.05 for speed in speeds) > 3 * scene.frames_per_second
    assert max(speeds) > 4


def test_a_returning_vehicle_is_out_of_view_between_its_two_passages() -> None:
    scene = scene_of(Kind.RETURNING, seed=1, seconds=8, size=MIDDLE)
    first, second = truth_of(scene)
    assert first.vrm == second.vrm
    between = range(first.last_frame + 1, second.first_frame)
    assert any(not placed_at(scene, sequence) for sequence in between)


def test_a_vehicle_without_a_plate_is_in_view_and_has_no_truth() -> None:
    scene = scene_of(Kind.NO_PLATE, seed=1, seconds=6, size=MIDDLE)
    assert any(placed_at(scene, sequence) for sequence in range(scene.frame_count))
    assert not any(plates_at(scene, sequence) for sequence in range(scene.frame_count))


def test_the_truth_is_the_span_of_frames_in_which_the_quad_is_large_enough_and_inside() -> None:
    scene = scene_of(Kind.SINGLE, seed=2, seconds=6, size=(1280, 720))
    (row,) = truth_of(scene)
    widths = {}
    for sequence in range(scene.frame_count):
        for plate in plates_at(scene, sequence):
            (left, top), (right, _), (_, bottom), _ = plate.quad.corners
            if min(left, top) >= 0 and right <= 1279 and bottom <= 719:
                widths[sequence] = right - left
    wide = [sequence for sequence, width in widths.items() if width >= 60]
    assert (row.first_frame, row.last_frame) == (wide[0], wide[-1])
    assert min(widths.values()) < 40
    assert max(widths.values()) > 120
    assert round(LEGIBLE_CHARACTER_PIXELS, 2) == 9.12


def test_the_plate_is_painted_where_the_truth_says() -> None:
    scene = scene_of(Kind.SINGLE, seed=2, seconds=6, size=(1280, 720))
    (row,) = truth_of(scene)
    frame = next(islice(frames_of(scene), row.last_frame, None))
    corners = np.array(frame.plates[0].quad.corners, np.float32)
    upright = np.array([[0, 0], [259, 0], [259, 55], [0, 55]], np.float32)
    flat = cv2.warpPerspective(frame.pixels, cv2.getPerspectiveTransform(corners, upright), (260, 56))
    grey = cv2.cvtColor(flat, cv2.COLOR_BGR2GRAY)
    rim = np.concatenate([grey[2:6, 8:-8].ravel(), grey[-6:-2, 8:-8].ravel()])
    assert np.median(rim) > 150
    ink = (grey[14:42] < 100).mean(axis=0) > 0.2
    assert 0.3 < ink.mean() < 0.8
    assert int(np.diff(ink.astype(int)).clip(0).sum()) >= 5


def test_a_vehicle_in_front_hides_the_plate_behind_it() -> None:
    alone = scene_of(Kind.SINGLE, seed=5, seconds=8, size=MIDDLE)
    (drive,) = alone.drives
    followed = Scene(
        name="queue", camera=alone.camera, layout=alone.layout, spells=alone.spells, seconds=alone.seconds,
        frames_per_second=alone.frames_per_second, seed=1, drives=(drive, drive.later(drive.starts_at + 0.9)),
    )  # fmt: skip
    hidden = [
        plate
        for sequence in range(followed.frame_count)
        if len(placed_at(followed, sequence)) == 2
        for plate in plates_at(followed, sequence)
        if plate.passage == 1
    ]
    assert hidden
    assert not any(plate.legible for plate in hidden)


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_holds_eight_to_fourteen_passages_of_plates_and_its_own_situations(name: str) -> None:
    scene = feed_scene(name)
    rows = truth_of(scene)
    assert 8 <= len(rows) <= 14
    assert all(0 <= row.first_frame <= row.last_frame < scene.frame_count == 500 for row in rows)
    directions = {drive.direction for drive in scene.drives}
    assert directions == {Direction.APPROACHING, Direction.RECEDING}
    kinds = {row.kind for row in rows}
    wanted = {"gate": {"waiting", "two_at_once"}, "junction": {"waiting", "returning"}, "night": {"passing"}}
    assert wanted[name] <= kinds


def test_the_night_feed_has_long_stretches_of_empty_road() -> None:
    scene = feed_scene("night")
    empty = "".join("." if placed_at(scene, n) else "e" for n in range(scene.frame_count))
    assert "e" * round(6 * scene.frames_per_second) in empty


def test_no_mark_is_in_two_feeds() -> None:
    marks = [{row.vrm for row in truth_of(feed_scene(name, seconds=20))} for name in FEEDS]
    assert not marks[0] & marks[1]
    assert not marks[1] & marks[2]
    assert not marks[0] & marks[2]


def test_marks_are_of_british_syntaxes_mostly_current_and_far_from_each_other() -> None:
    marks = fictitious_marks(np.random.default_rng(1), 60)
    syntaxes = [syntax_of(mark) for mark in marks]
    assert Syntax.UNKNOWN not in syntaxes
    assert {Syntax.CURRENT, Syntax.PREFIX, Syntax.SUFFIX, Syntax.NORTHERN_IRELAND, Syntax.DATELESS} <= set(syntaxes)
    assert syntaxes.count(Syntax.CURRENT) == 45
    for place, mark in enumerate(marks):
        for other in marks[:place]:
            assert len(mark) != len(other) or sum(a != b for a, b in zip(mark, other, strict=True)) >= 3


def test_the_folder_holds_clips_truth_and_a_hotlist_and_is_rendered_once(tmp_path: Path) -> None:
    wanted = {"version": 1, "seed": 1, "seconds": 8.0}
    scenes = [scene_of(kind, seconds=8, size=SMALL) for kind in (Kind.EMPTY_ROAD, Kind.TWO_AT_ONCE)]
    scenes += [scene_of(Kind.SINGLE, seed=3, seconds=8, size=MIDDLE)]
    short = [Scene(**{**vars(scene), "seconds": 8.0}) for scene in scenes]
    assert not is_rendered(tmp_path, wanted)
    render_all(short, tmp_path, wanted)
    assert is_rendered(tmp_path, wanted)
    assert not is_rendered(tmp_path, {**wanted, "seed": 2})
    with (tmp_path / "truth.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows
    listed = {mark.decode() for mark in marks_of(read_list_file(tmp_path / "hotlist.csv").entries)}
    truth = {row["vrm"] for row in rows}
    assert listed & truth
    assert listed - truth
    assert "single.mp4" in json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["bytes"]
    (tmp_path / "single.mp4").write_bytes(b"cut short")
    assert not is_rendered(tmp_path, wanted)
