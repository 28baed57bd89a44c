"""What is held out by ride, by part and by every tenth background never reaches what is learnt from."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.domain.plate import Detection, Pixels, Quad
from pipeline.recognise.recogniser import PlateRecogniser
from tests.support.permitted_pictures import written_pictures
from training.detector import commands, corpus, scenes
from training.detector.corpus import HELD_OUT_RIDES, backgrounds, dashcam, photos
from training.detector.scenes import SceneMaker
from training.recogniser import proposed, unread

LEARNT, HELD_OUT = 90, 200
"""Levels of the pictures that may be learnt from, and of those that may not."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pictures")
    return written_pictures(root, learnt=(LEARNT,) * 3, held_out=(HELD_OUT,) * 3)


def level(pixels: Pixels) -> int:
    return min((LEARNT, HELD_OUT), key=lambda one: abs(one - int(pixels[2, 2, 0])))


def test_what_is_held_out_and_what_is_learnt_from_share_no_picture_and_no_ride(pictures: Path) -> None:
    for split in (dashcam, photos):
        learnt, held_out = ({one.path for one in split(pictures, part)} for part in (False, True))
        assert learnt
        assert held_out
        assert not learnt & held_out
    rides = [{one.path.name.split(".mp4")[0] for one in dashcam(pictures, part)} for part in (False, True)]
    assert rides == [{"dayride_type1_001", "nightride_type3_001"}, set(HELD_OUT_RIDES)]
    assert {level(corpus.read_picture(path)) for path in backgrounds(pictures, False)} == {LEARNT}
    assert {level(corpus.read_picture(path)) for path in backgrounds(pictures, True)} == {HELD_OUT}


def test_no_scene_of_the_pool_is_made_of_what_is_held_out(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = list[int]()
    read = corpus.read_picture

    def noted(path: Path) -> Pixels:
        opened.append(level(read(path)))
        return read(path)

    def some_scenes(maker: SceneMaker, folder: Path, shards: int, seed: int) -> None:
        for index in range(40):
            maker.scene(np.random.default_rng(index))

    for module in (corpus, scenes):
        monkeypatch.setattr(module, "read_picture", noted)
    monkeypatch.setattr(commands, "render_pool", some_scenes)
    commands.render(argparse.Namespace(pictures=pictures, work=tmp_path, shards=1, seed=1))
    assert len(opened) >= 40
    assert set(opened) == {LEARNT}


def proposals(pictures: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> list[int]:
    """The levels of the pictures whose plates a course's proposals are of."""
    asked = list[int]()

    def noted(rng: np.random.Generator, recogniser: PlateRecogniser, pixels: Pixels, quad: Quad) -> str:
        asked.append(level(pixels))
        return "B12ABC"

    monkeypatch.setattr(proposed, "open_session", lambda path: None)
    monkeypatch.setattr(proposed, "proposal", noted)
    given = ("--reader", "none", "--dashcam", str(pictures / "ro_dashcam"), "--photos", str(pictures / "pl_photos"))
    monkeypatch.setattr(sys, "argv", ["proposed", *given, "--out", str(folder / "real"), *more])
    proposed.main()
    assert json.loads((folder / "real.json").read_text())
    return asked


def test_no_plate_that_is_held_out_is_proposed_for_the_later_courses(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(proposals(pictures, tmp_path, monkeypatch, "--nearer")) == {LEARNT}
    # The first courses took them all, as the model card says.
    assert set(proposals(pictures, tmp_path, monkeypatch)) == {LEARNT, HELD_OUT}


class Finder:
    """A detector that finds nothing and notes the levels of what it was shown."""

    def __init__(self) -> None:
        self.shown = list[int]()

    def detect(self, frames: list[Pixels]) -> list[list[Detection]]:
        self.shown += [level(one) for one in frames]
        return [[] for _ in frames]


def test_patches_without_a_mark_are_cut_from_nothing_that_is_held_out(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder = Finder()
    monkeypatch.setattr(unread, "open_detector", lambda *given, **named: finder)
    assert not list(unread._fooled(np.random.default_rng(1), pictures))
    assert finder.shown == [LEARNT] * 18
    pieces = list(unread._beside(np.random.default_rng(1), pictures))
    assert len(pieces) == 4
    assert {level(one) for one in pieces} == {LEARNT}
