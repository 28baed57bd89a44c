"""Drawn pictures beside real ones are written outside the repository, and of real ones only what may be learnt from."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.domain.plate import Pixels
from pipeline.errors import BadInput
from tests.support.permitted_pictures import written_pictures
from training import sheet
from training.beside import plates_beside, scenes_beside

LEARNT, HELD_OUT = (30, 160, 40), (200, 30, 160)
"""Colours of the pictures that may be learnt from, and of those that may not."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written_pictures(tmp_path_factory.mktemp("pictures"), learnt=LEARNT, held_out=HELD_OUT)


def test_the_left_of_each_pair_is_a_real_plate_that_may_be_learnt_from(pictures: Path) -> None:
    cells = np.hsplit(plates_beside(pictures, 1, 24), 4)
    for column in (0, 2):
        inside = cells[column][20:40, 20:200]
        assert np.abs(inside.astype(int) - LEARNT).max() < 12
    for column in (1, 3):
        assert np.abs(cells[column].astype(int) - LEARNT).mean() > 30


def test_the_left_of_each_pair_of_scenes_is_as_it_was_and_the_right_has_something_drawn(pictures: Path) -> None:
    left, right = np.hsplit(scenes_beside(pictures, 1, 4), 2)
    # the even pictures have a rim and noise, what is drawn has outlines
    assert outlines(left) <= 2 * 4 < outlines(right)


def outlines(pixels: Pixels) -> int:
    """The number of outlines that more than noise makes, each in one piece."""
    edges = cv2.dilate(cv2.Canny(cv2.GaussianBlur(pixels, (0, 0), 2.0), 40, 80), np.ones((5, 5), np.uint8))
    return int(cv2.connectedComponents(edges)[0]) - 1


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
