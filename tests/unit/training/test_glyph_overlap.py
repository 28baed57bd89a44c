"""The project's own characters lie over real British ones; the comparison itself is tried on a sheet of its own."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.errors import BadInput
from training.glyph_overlap import BLOCKS, CELL_HEIGHT, CELL_WIDTH, SAMPLES, overlaps, samples
from training.reshaped import RESHAPED
from training.typefaces import BRITISH, GROTESQUE, Typeface, character_mask

REAL = Path(os.environ.get("ANPR_DATA", "")) / "reference" / "gb_glyphs.png"


def a_sheet(typeface: Typeface = BRITISH, swapped: str = "") -> np.ndarray:
    """A sheet as the real one is laid out, of drawn characters and a speck of dirt; two labels may be `swapped`."""
    sheet = np.full((CELL_HEIGHT * 17, CELL_WIDTH * (SAMPLES + 1) * 2), 255, np.uint8)
    for block, labels in enumerate(BLOCKS):
        for row, label in enumerate(labels):
            drawn = swapped[1 - swapped.index(label)] if label in swapped else label
            mask = character_mask(typeface, drawn, 0.7)
            for place in range(SAMPLES + 1):
                left, top = (block * (SAMPLES + 1) + place) * CELL_WIDTH, row * CELL_HEIGHT
                cell = sheet[top : top + CELL_HEIGHT, left : left + CELL_WIDTH]
                cell[5 : 5 + mask.shape[0], 4 : 4 + mask.shape[1]] = 255 - mask
                cell[-1, -1] = 0
    return sheet


def test_the_drawings_lie_over_themselves() -> None:
    rows = overlaps(a_sheet())
    assert "".join(row.character for row in rows) == "".join(BLOCKS)
    assert min(row.least for row in rows) > 0.85
    assert min(row.alike for row in rows) == 1.0
    assert {(row.best, row.taken_for) for row in rows} == {(1.0, "")}
    assert all(row.width == pytest.approx(row.drawn_width, abs=0.03) for row in rows)


def test_a_character_drawn_as_another_is_found_out() -> None:
    rows = {row.character: row for row in overlaps(a_sheet(swapped="VY"))}
    assert (rows["V"].best, rows["V"].taken_for) == (0.0, "Y")
    assert (rows["Y"].best, rows["Y"].taken_for) == (0.0, "V")
    assert rows["V"].mean < 0.8


def test_another_font_covers_less() -> None:
    own, other = (np.mean([row.mean for row in overlaps(a_sheet(face))]) for face in (BRITISH, GROTESQUE))
    assert other < own - 0.15


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(BadInput):
        list(samples(np.full((100, 100), 255, np.uint8)))


def test_an_empty_cell_is_refused() -> None:
    with pytest.raises(BadInput):
        list(samples(np.full_like(a_sheet(), 255)))


def test_reshaped_characters_are_compared_where_they_are_asked_for() -> None:
    sheet = a_sheet(replace(BRITISH, reshaped=True))
    assert min(row.least for row in overlaps(sheet, reshaped=True)) > 0.85
    first = {row.character: row.mean for row in overlaps(sheet)}
    assert first["D"] < 0.88 < first["H"]


@pytest.mark.skipif(not REAL.is_file(), reason="no sheet of real characters: set ANPR_DATA")
def test_real_british_characters_lie_over_the_drawings() -> None:
    rows = overlaps(np.asarray(cv2.imread(str(REAL), cv2.IMREAD_GRAYSCALE), np.uint8))
    assert len(rows) == 34
    # Samples are 60 pixels high and torn at their edges: they lie over one another by 0.83 themselves.
    assert np.mean([row.mean for row in rows]) > 0.77
    assert min(row.mean for row in rows) > 0.68
    assert min(row.mean / row.alike for row in rows) > 0.84
    assert np.mean([row.best for row in rows]) > 0.86


@pytest.mark.skipif(not REAL.is_file(), reason="no sheet of real characters: set ANPR_DATA")
def test_reshaped_characters_lie_nearer_to_real_ones() -> None:
    sheet = np.asarray(cv2.imread(str(REAL), cv2.IMREAD_GRAYSCALE), np.uint8)
    first, reshaped = ({row.character: row for row in overlaps(sheet, reshaped=one)} for one in (False, True))
    for character in RESHAPED:
        assert reshaped[character].mean > first[character].mean - 0.005, character
    assert np.mean([row.mean for row in reshaped.values()]) > 0.79
    assert reshaped["5"].best > 0.8 > 0.3 > first["5"].best
