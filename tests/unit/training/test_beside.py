"""Drawn pictures beside real ones are written outside the repository, and of real ones only what may be learnt from."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import BadInput
from training import sheet
from training.beside import plates_beside, scenes_beside
from training.detector.corpus import HELD_OUT_PART, HELD_OUT_RIDES

LEARNT, HELD_OUT = (30, 160, 40), (200, 30, 160)
"""Colours of the pictures that may be learnt from, and of those that may not."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pictures")
    for ride in ("dayride_type1_001", *HELD_OUT_RIDES):
        written(root / "ro_dashcam" / "train" / "images" / f"{ride}.mp4#t=1.jpg", ride in HELD_OUT_RIDES)
        notes = root / "ro_dashcam" / "train" / "annots" / f"{ride}.mp4#t=1.xml"
        notes.parent.mkdir(parents=True, exist_ok=True)
        sides = "<xmin>260</xmin><ymin>160</ymin><xmax>380</xmax><ymax>190</ymax>"
        notes.write_text(f"<annotation><object><bndbox>{sides}</bndbox></object></annotation>")
    for part in ("train", "test", "valid"):
        written(root / "pl_photos" / part / "one.jpg", part == HELD_OUT_PART)
        table = "filename,width,height,class,xmin,ymin,xmax,ymax\none.jpg,640,360,license-plates,260,160,380,190\n"
        (root / "pl_photos" / part / "_annotations.csv").write_text(table)
    for index in range(4):
        written(root / "backgrounds" / f"{index}.jpg", index == 0)
    return root


def written(path: Path, held_out: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((360, 640, 3), HELD_OUT if held_out else LEARNT, np.uint8))


def test_the_left_of_each_pair_is_a_real_plate_that_may_be_learnt_from(pictures: Path) -> None:
    cells = np.hsplit(plates_beside(pictures, 1, 24), 4)
    for column in (0, 2):
        inside = cells[column][20:40, 20:200]
        assert np.abs(inside.astype(int) - LEARNT).max() < 12
    for column in (1, 3):
        assert np.abs(cells[column].astype(int) - LEARNT).mean() > 30


def test_the_left_of_each_pair_of_scenes_is_as_it_was_and_the_right_has_something_drawn(pictures: Path) -> None:
    left, right = np.hsplit(scenes_beside(pictures, 1, 4), 2)
    assert np.abs(np.diff(right.astype(int), axis=0)).mean() > np.abs(np.diff(left.astype(int), axis=0)).mean()


def asked(monkeypatch: pytest.MonkeyPatch, *given: str) -> None:
    monkeypatch.setattr(sys, "argv", ["training.sheet", *given])
    sheet.main()


def test_nothing_real_is_written_into_the_repository(monkeypatch: pytest.MonkeyPatch, pictures: Path) -> None:
    folder = Path(__file__).parents[3] / "docs" / "beside"
    with pytest.raises(BadInput, match="inside the repository"):
        asked(monkeypatch, "--beside", str(pictures), "--out", str(folder))
    assert not folder.exists()
    with pytest.raises(SystemExit):
        asked(monkeypatch, "--beside", str(pictures))


def test_elsewhere_plates_and_scenes_are_written(
    monkeypatch: pytest.MonkeyPatch, pictures: Path, tmp_path: Path
) -> None:
    asked(monkeypatch, "--beside", str(pictures), "--out", str(tmp_path), "--pairs", "4")
    assert {path.name for path in tmp_path.iterdir()} == {"plates.png", "scenes.png"}
