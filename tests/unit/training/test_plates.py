"""Rendered plates: the same seed draws the same plate, and a given mark is drawn as the regulations want it."""

import numpy as np
import pytest

from pipeline.domain.syntax import Syntax, syntax_of
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput
from training.degrade import jittered, photographed
from training.marks import random_british_mark, random_foreign_mark
from training.plates import draw_british_plate, groups_of, render_plate


def test_the_same_seed_draws_the_same_plate() -> None:
    first, again = (render_plate(np.random.default_rng(11), 0.5) for _ in range(2))
    other = render_plate(np.random.default_rng(12), 0.5)
    assert np.array_equal(first.pixels, again.pixels)
    assert first.text == again.text
    assert other.text != first.text


def test_the_same_seed_takes_the_same_photograph() -> None:
    plate = draw_british_plate("AB12CDE")
    (first, first_quad), (again, again_quad) = (photographed(np.random.default_rng(5), plate) for _ in range(2))
    assert np.array_equal(first, again)
    assert first_quad == again_quad
    assert jittered(np.random.default_rng(1), first_quad) == jittered(np.random.default_rng(1), first_quad)


@pytest.mark.parametrize(
    ("two_line", "motorcycle", "size"),
    [(False, False, (520, 111)), (True, False, (285, 203)), (True, True, (228, 165))],
)
def test_a_british_plate_has_its_legal_size(two_line: bool, motorcycle: bool, size: tuple[int, int]) -> None:
    plate = draw_british_plate("AB12CDE", two_line=two_line, motorcycle=motorcycle)
    assert (plate.width_mm, plate.height_mm) == size
    assert plate.pixels.shape == (size[1], size[0], 3)
    assert plate.quad.corners[2] == (float(size[0]), float(size[1]))


def test_a_rear_plate_is_yellow_and_a_front_plate_white() -> None:
    front, rear = (draw_british_plate("AB12CDE", rear=rear).pixels[3, 3].astype(int) for rear in (False, True))
    assert front.min() > 200
    assert rear[0] < 100 < rear[2]


def test_two_lines_are_parted_where_the_mark_has_its_space() -> None:
    assert draw_british_plate("AB12CDE", two_line=True).lines == ("AB12", "CDE")
    assert draw_british_plate("AB12CDE").lines == ("AB12CDE",)
    assert groups_of("K7XYZ") == ("K7", "XYZ")
    assert groups_of("ABC123D") == ("ABC", "123D")


def test_characters_stand_inside_the_margin() -> None:
    pixels = draw_british_plate("AB12CDE", pixels_per_mm=1.0).pixels
    inked = np.argwhere(pixels.max(axis=2) < 90)
    assert inked[:, 0].min() == pytest.approx(16, abs=1)
    assert inked[:, 0].max() == pytest.approx(94, abs=1)
    assert inked[:, 1].min() >= 11
    assert inked[:, 1].max() <= 509


def test_what_is_no_vrm_is_refused() -> None:
    with pytest.raises(BadInput):
        draw_british_plate("")


def test_most_british_marks_are_current_and_every_series_occurs() -> None:
    rng = np.random.default_rng(3)
    found = [syntax_of(Vrm(random_british_mark(rng).text)) for _ in range(3000)]
    assert 0.5 < found.count(Syntax.CURRENT) / len(found) < 0.75
    assert set(Syntax) <= set(found)


def test_dutch_marks_have_three_groups_and_six_characters() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        mark = random_foreign_mark(rng, "NL")
        assert len(mark.groups) == 3
        assert len(mark.text) == 6
