"""Every kind of mark and of plate that British roads show is drawn, and looks on the pixels as it should."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from training.marks import Mark, random_british_mark, respaced
from training.plates import RenderedPlate, draw_plate
from training.styles import BLACK, PlateStyle, british_style, random_british_style
from training.typefaces import BRITISH, BRITISH_HEAVY, BRITISH_LIGHT

KINDS = {
    "current": r"[A-Z]{2}\d{2} [A-Z]{3}",
    "prefix": r"[A-Z]\d{1,3} [A-Z]{3}",
    "suffix": r"[A-Z]{3} \d{1,3}[A-Z]",
    "dateless": r"[A-Z]{1,3} \d{1,4}|\d{1,4} [A-Z]{1,3}",
    "cherished": r"[A-Z]\d{1,3} [A-Z]{3}|[A-Z]{3} \d{1,3}",
    "northern-ireland": r"[A-Z][A-Z]Z \d{1,4}|[A-Z]I[A-Z] \d{1,4}",
    "q": r"Q\d{1,3} [A-Z]{3}",
    "diplomatic": r"\d{3} [DX] \d{3}",
    "military": r"[A-Z]{2} \d{2} [A-Z]{2}",
    "trade": r"\d{5}|\d{3} [A-Z]{1,2}",
    "islands": r"J\d{1,6}|\d{1,5}|(MN|MAN) \d{1,4}|[A-Z]MN \d{1,3}[A-Z]? ?",
    "any": r"[A-Z0-9]{2,4} [A-Z0-9]{2,4}",
}
MARK = Mark(groups=("AB12", "CDE"), country="GB", kind="current")


def a_style(wanted: Callable[[PlateStyle], bool], kind: str = "current", two_lines: float = 0.0) -> PlateStyle:
    """The first random style that is as wanted, with its characters at their legal size and place."""
    rng = np.random.default_rng(8)
    styles = (random_british_style(rng, two_lines, kind) for _ in range(3000))
    found = next(style for style in styles if wanted(style))
    legal = british_style(rear=False, two_line=found.two_line)
    return replace(found, measures=legal.measures, width=legal.width, height=legal.height, footer="", slant=0.0)


def ground_and_ink(plate: RenderedPlate) -> tuple[np.ndarray, np.ndarray]:
    """The colours of the ground, right of the characters, and of the foot of the first character's stem."""
    left, right = (round(edge) for edge in plate.spans[0])
    pixels = plate.pixels.astype(int)
    column = pixels[20:-20, left:right].reshape(-1, 3)
    ground = pixels[20:-20, -9]
    inked = column[np.abs(column - ground[0]).sum(axis=1).argmax()]
    return np.median(ground, axis=0), inked


def test_all_twelve_kinds_of_mark_come_and_each_is_spelled_as_its_series() -> None:
    rng = np.random.default_rng(3)
    marks = [random_british_mark(rng) for _ in range(4000)]
    assert {mark.kind for mark in marks} == set(KINDS)
    for mark in marks:
        assert re.fullmatch(KINDS[mark.kind], " ".join(mark.groups)), mark


@pytest.mark.parametrize("pattern", [r"J\d+", r"\d+", r"MA?N\d+", r"[A-Z]MN\d+[A-Z]?"])
def test_jersey_guernsey_and_man_all_come(pattern: str) -> None:
    rng = np.random.default_rng(3)
    islands = [mark.text for mark in (random_british_mark(rng) for _ in range(6000)) if mark.kind == "islands"]
    assert 5 <= sum(bool(re.fullmatch(pattern, text)) for text in islands) < len(islands)


def test_cherished_marks_are_short_and_full_of_ones_and_zeros() -> None:
    rng = np.random.default_rng(3)
    marks = [mark for mark in (random_british_mark(rng) for _ in range(4000)) if mark.kind == "cherished"]
    assert max(len(mark.text) for mark in marks) <= 7
    assert np.mean([any(digit in mark.text for digit in "10") for mark in marks]) > 0.4


def test_trade_plates_are_red_on_white_with_a_red_border() -> None:
    style = a_style(lambda one: one.name == "gb-trade", kind="trade")
    plate = draw_plate(Mark(groups=("123", "AB"), country="GB", kind="trade"), style, 1.0)
    ground, ink = ground_and_ink(plate)
    assert ground.min() > 200
    assert ink[2] > 140 > 80 > max(ink[:2])
    border = plate.pixels[55, 3].astype(int)
    assert border[2] > 140 > 80 > max(border[:2])


def test_military_plates_are_white_on_black() -> None:
    style = a_style(lambda one: one.name == "gb-military", kind="military")
    ground, ink = ground_and_ink(draw_plate(Mark(groups=("AB", "12", "CD"), country="GB", kind="military"), style, 1.0))
    assert ground.max() < 40
    assert ink.min() > 200


def test_old_plates_are_silver_on_black() -> None:
    style = a_style(lambda one: one.name == "gb-black")
    ground, ink = ground_and_ink(draw_plate(Mark(groups=("ABC", "123D"), country="GB", kind="suffix"), style, 1.0))
    assert ground.max() < 40
    assert 170 < ink.min() <= ink.max() < 220


@pytest.mark.parametrize("name", ["gb-front-green-flash", "gb-rear-green-flash"])
def test_a_green_flash_is_green_and_the_rest_as_ever(name: str) -> None:
    plate = draw_plate(MARK, a_style(lambda one: one.name == name), 1.0)
    flash = plate.pixels[10:-10, 8:36].reshape(-1, 3).astype(int)
    assert (flash[:, 1] > flash[:, [0, 2]].max(axis=1) + 60).mean() > 0.95
    ground, ink = ground_and_ink(plate)
    assert ink.max() < 60
    assert ground[2] > 200
    assert (ground[0] > 200) == ("front" in name)
    assert plate.spans[0][0] > 44


@pytest.mark.parametrize("country", ["GB", "UK", "ENG"])
def test_a_blue_band_bears_a_ring_and_a_sign(country: str) -> None:
    plate = draw_plate(MARK, a_style(lambda one: one.band_text == country and one.band is not None), 1.0)
    band = plate.pixels[4:-4, 3:41].reshape(-1, 3).astype(int)
    assert (band[:, 0] > band[:, 2] + 60).mean() > 0.6
    assert ((band[:, 2] > 180) & (band[:, 0] < 120)).mean() > 0.01
    assert (plate.pixels[70:100, 3:41].min(axis=2) > 150).mean() > 0.03


def test_show_plates_have_other_letters_in_the_same_places() -> None:
    legal = british_style(rear=False, two_line=False)
    own = draw_plate(MARK, legal, 1.0)
    faces = {
        style.typeface
        for style in (random_british_style(np.random.default_rng(seed), 0.0) for seed in range(600))
        if style.typeface not in (BRITISH, BRITISH_LIGHT, BRITISH_HEAVY)
    }
    assert len(faces) == 5
    for face in faces:
        shown = draw_plate(MARK, replace(legal, typeface=face), 1.0)
        assert shown.text == own.text
        ink, own_ink = (one.pixels.max(axis=2) < 100 for one in (shown, own))
        assert 0.5 < ink.sum() / own_ink.sum() < 1.5
        assert (ink & own_ink).sum() / (ink | own_ink).sum() < 0.75


@pytest.mark.parametrize("relief", ["shade", "gloss", "outline"])
def test_reliefs_add_grey_or_white_at_the_strokes(relief: str) -> None:
    style = replace(a_style(lambda one: one.relief == relief), ground=(30, 200, 245), ink=BLACK, band=None)
    flat, raised = (draw_plate(MARK, replace(style, relief=one), 1.0).pixels.astype(int) for one in ("", relief))
    changed = raised[np.abs(raised - flat).max(axis=2) > 30]
    assert len(changed) > 500
    level = np.median(changed, axis=0)
    assert level.min() > 200 if relief == "outline" else 60 < level.min() <= level.max() < 160


def test_slanting_characters_lean_to_the_right() -> None:
    style = british_style(rear=False, two_line=False)
    lean = next(one.slant for one in (random_british_style(np.random.default_rng(seed), 0) for seed in range(400)) if
                one.slant)  # fmt: skip
    upright, leaning = (
        draw_plate(Mark(groups=("1",), country="GB", kind="any"), replace(style, slant=slant), 1.0).pixels[..., 0] < 100
        for slant in (0.0, lean)
    )
    top, foot = (np.flatnonzero(leaning[row]).mean() for row in (20, 90))
    assert top - foot > 0.7 * lean * 70
    assert np.flatnonzero(upright[20]).mean() == pytest.approx(np.flatnonzero(upright[90]).mean(), abs=1)


def test_a_respaced_mark_has_its_widest_gap_elsewhere() -> None:
    style = british_style(rear=False, two_line=False)
    places = set()
    for seed in range(40):
        changed = respaced(np.random.default_rng(seed), MARK)
        assert changed.text == MARK.text
        plate = draw_plate(changed, style, 1.0)
        gaps = [after[0] - before[1] for before, after in zip(plate.spans, plate.spans[1:], strict=False)]
        assert max(gaps) == pytest.approx(33, abs=3)
        places.add(int(np.argmax(gaps)))
    assert places >= {0, 1, 2, 4, 5}


def test_makers_also_leave_the_group_gap_out_and_cut_plates_short() -> None:
    styles = [random_british_style(np.random.default_rng(seed), 0.0) for seed in range(400)]
    assert any(style.measures.group_gap == style.measures.gap for style in styles)
    short = next(style for style in styles if style.width < 350 and not style.slant)
    plate = draw_plate(MARK, short, 1.0)
    assert plate.pixels.shape[1] == round(short.width)
    assert 0 < plate.spans[0][0] < plate.spans[-1][1] < short.width
