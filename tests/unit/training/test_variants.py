"""Plates with flags and with a screw between two ones: as they should look, and apart from what older seeds draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training import plates
from training.flags import FLAGS, flag
from training.ink import leaning
from training.marks import Mark, random_british_mark
from training.plates import RenderedPlate, draw_plate
from training.recogniser import mixed
from training.recogniser.corpus import Backgrounds
from training.recogniser.mixed import Mixture
from training.styles import BAND_BLUE, PlateStyle, british_style, random_foreign_style
from training.typefaces import BRITISH, SANS, character_mask
from training.variants import screwed_between_ones, variant_plate, with_flag, with_ones, with_reshaped_characters

MARK = Mark(groups=("AB12", "CDE"), country="GB", kind="current")
ONES = Mark(groups=("AB11", "CDE"), country="GB", kind="current")


def shares(pixels: np.ndarray) -> dict[str, float]:
    """How much of a picture is of each colour that a flag has."""
    blue, green, red = (pixels[..., channel].astype(int) for channel in range(3))
    return {
        "white": float((pixels.min(axis=2) > 190).mean()),
        "red": float(((red > 150) & (green < 90) & (blue < 90)).mean()),
        "blue": float(((blue > 70) & (red < 60)).mean()),
        "green": float(((green > 110) & (red < 90) & (blue < 90)).mean()),
    }


def colour_at(pixels: np.ndarray, x: float, y: float) -> str:
    """The colour at a place that is given in shares of the picture."""
    at = pixels[round(y * (pixels.shape[0] - 1)), round(x * (pixels.shape[1] - 1))]
    return next(name for name, share in shares(at[None, None]).items() if share)


def test_the_union_flag_is_a_red_cross_on_white_on_white_diagonals_on_blue() -> None:
    drawn = flag("union", 64, 40)
    assert colour_at(drawn, 0.5, 0.5) == colour_at(drawn, 0.5, 0.05) == colour_at(drawn, 0.04, 0.5) == "red"
    assert colour_at(drawn, 0.58, 0.1) == "white"
    assert colour_at(drawn, 0.25, 0.04) == colour_at(drawn, 0.04, 0.2) == colour_at(drawn, 0.75, 0.96) == "blue"
    assert all(shares(drawn)[name] > 0.15 for name in ("white", "red", "blue"))


def test_st_georges_cross_is_red_on_white() -> None:
    drawn = flag("st-george", 64, 40)
    assert colour_at(drawn, 0.5, 0.1) == colour_at(drawn, 0.1, 0.5) == "red"
    assert {colour_at(drawn, x, y) for x in (0.15, 0.85) for y in (0.15, 0.85)} == {"white"}
    assert shares(drawn)["blue"] == shares(drawn)["green"] == 0


def test_the_saltire_is_white_on_blue() -> None:
    drawn = flag("saltire", 64, 40)
    assert colour_at(drawn, 0.5, 0.5) == colour_at(drawn, 0.25, 0.25) == colour_at(drawn, 0.75, 0.25) == "white"
    assert colour_at(drawn, 0.5, 0.1) == colour_at(drawn, 0.1, 0.5) == "blue"
    assert shares(drawn)["red"] == 0


def test_the_dragon_is_red_on_white_over_green() -> None:
    drawn = flag("dragon", 64, 40)
    assert colour_at(drawn, 0.03, 0.03) == "white"
    assert colour_at(drawn, 0.03, 0.97) == "green"
    assert shares(drawn)["red"] > 0.15


@pytest.mark.parametrize("two_line", [False, True])
def test_flags_stand_on_the_band_in_their_colours_and_the_mark_beside_it(two_line: bool) -> None:
    seen = {}
    for seed in range(80):
        style = with_flag(np.random.default_rng(seed), british_style(rear=True, two_line=two_line))
        if style.band == BAND_BLUE and style.band_text:
            seen[style.flag] = draw_plate(MARK, style, 1.0)
    assert set(seen) == set(FLAGS)
    for name, plate in seen.items():
        assert plate.text == "AB12CDE"
        assert plate.style.endswith(name)
        foot = 67 if two_line else 54
        upper, lower = plate.pixels[:foot, :44], plate.pixels[foot : foot + 35, :44]
        assert shares(upper)["white"] > 0.05
        assert (shares(upper)["red"] > 0.025) == (name != "saltire")
        assert (shares(upper)["green"] > 0.05) == (name == "dragon")
        # The letters.
        assert 0.02 < shares(lower)["white"] < 0.4
        assert min(left for left, _ in plate.spans) > 44
        assert max(right for _, right in plate.spans) < plate.pixels.shape[1]


def test_a_motorcycle_has_no_room_for_a_flag() -> None:
    style = british_style(rear=True, two_line=True, motorcycle=True)
    assert with_flag(np.random.default_rng(1), style) == style


def test_a_band_of_the_plates_own_colour_has_dark_letters() -> None:
    style = british_style(rear=False, two_line=False)
    flagged = replace(style, band=style.ground, band_text="UK", flag="union")
    letters = draw_plate(MARK, flagged, 1.0).pixels[54:90, 3:41]
    assert (letters.max(axis=2) < 120).mean() > 0.03


def ones(two_line: bool = False) -> RenderedPlate:
    return draw_plate(ONES, british_style(rear=True, two_line=two_line), 1.0)


@pytest.mark.parametrize("two_line", [False, True])
def test_a_screw_between_two_ones_joins_them_to_an_h_and_they_stay_ones(two_line: bool) -> None:
    plate = ones(two_line)
    (left, _), (_, right) = plate.spans[2:4]
    middle = 55 if not two_line else 53
    between = np.s_[middle - 14 : middle + 14, round(left) + 2 : round(right) - 2]
    # Some row of pixels near the middle of the characters is dark from stem to stem, as an H's bar is.
    assert not (plate.pixels[between].max(axis=2) < 110).all(axis=1).any()
    for seed in range(20):
        shown = screwed_between_ones(np.random.default_rng(seed), plate, 1.0)
        assert shown.text == "AB11CDE"
        changed = np.argwhere(np.abs(shown.pixels.astype(int) - plate.pixels).max(axis=2) > 8)
        assert len(changed) > 60
        assert changed[:, 1].min() > left - 3
        assert changed[:, 1].max() < right + 3
        assert (shown.pixels[between].max(axis=2) < 110).all(axis=1).any()


@pytest.mark.parametrize("groups", [("AB12", "CDE"), ("K1", "1BC")])
def test_where_no_two_ones_stand_side_by_side_no_screw_is_drawn(groups: tuple[str, ...]) -> None:
    plate = draw_plate(Mark(groups=groups, country="GB", kind="any"), british_style(rear=True, two_line=False), 1.0)
    assert np.array_equal(screwed_between_ones(np.random.default_rng(1), plate, 1.0).pixels, plate.pixels)


def test_marks_get_two_ones_where_they_have_two_digits() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        mark = random_british_mark(rng)
        changed = with_ones(rng, mark)
        assert any("11" in group for group in changed.groups)
        if any(digits.isdigit() for group in mark.groups for digits in (group[:2], group[-2:]) if len(digits) == 2):
            assert len(changed.text) == len(mark.text)


def test_variants_are_flagged_or_screwed_and_the_same_seed_draws_the_same() -> None:
    plates = [variant_plate(np.random.default_rng(seed), 0.75) for seed in range(60)]
    again = variant_plate(np.random.default_rng(7), 0.75)
    assert np.array_equal(again.pixels, plates[7].pixels)
    flagged = [plate for plate in plates if plate.style.endswith(FLAGS)]
    assert {plate.style.split("-")[-1] for plate in flagged} >= {"union", "george", "saltire", "dragon"}
    assert all("11" in plate.text for plate in plates if plate not in flagged)


def test_only_a_mixture_that_is_asked_for_variants_draws_them(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def noted(rng: np.random.Generator, pixels_per_mm: float, *, reshaped: bool) -> RenderedPlate:
        drawn.append("variant")
        return variant_plate(rng, pixels_per_mm, reshaped=reshaped)

    monkeypatch.setattr(mixed, "variant_plate", noted)
    unread = np.full((2, 48, 192, 3), 77, np.uint8)
    for seed in range(100):
        Mixture(unread)(np.random.default_rng(seed), Backgrounds(None))
    assert drawn == []
    for seed in range(100):
        patch, _ = Mixture(unread, variants=True)(np.random.default_rng(seed), Backgrounds(None))
        assert patch.shape == (48, 192, 3)
    assert 3 <= len(drawn) <= 18


def test_reshaped_characters_are_for_british_plates_that_no_font_sets() -> None:
    british = british_style(rear=True, two_line=False)
    assert with_reshaped_characters(british).typeface.reshaped
    assert with_reshaped_characters(replace(british, typeface=SANS)).typeface == SANS
    foreign = random_foreign_style(np.random.default_rng(1), "NL", 0.0)
    assert with_reshaped_characters(foreign) == foreign


def test_b_and_d_stand_on_serifs_and_8_and_0_do_not() -> None:
    typeface = replace(BRITISH, reshaped=True)
    for character, serif in (("B", True), ("D", True), ("8", False), ("0", False)):
        ink = character_mask(typeface, character, 1.0) > 128
        middle, foot = ink[30:50, :3], ink[-6:, :3]
        assert bool(foot.all() and not middle.any()) == serif, character
    assert (character_mask(BRITISH, "D", 1.0)[30:50, :3] > 128).all()


def test_seven_in_ten_british_plates_of_the_mixture_that_asks_are_reshaped(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def noted(mark: Mark, style: PlateStyle, pixels_per_mm: float) -> RenderedPlate:
        if style.name.startswith("gb") and not style.typeface.font:
            seen.append(style.typeface.reshaped)
        return draw_plate(mark, style, pixels_per_mm)

    monkeypatch.setattr(plates, "draw_plate", noted)
    for reshaped, least, most in ((False, 0.0, 0.0), (True, 0.5, 0.9)):
        seen.clear()
        for seed in range(120):
            Mixture(np.zeros((2, 48, 192, 3), np.uint8), reshaped=reshaped)(
                np.random.default_rng(seed), Backgrounds(None)
            )
        assert len(seen) > 30
        assert least <= np.mean(seen) <= most


def test_a_leaning_character_of_the_reshaped_ones_keeps_its_foot() -> None:
    mask = character_mask(BRITISH, "H", 1.0)
    whole, cut = leaning(mask, 0.2, whole=True), leaning(mask, 0.2)
    assert whole.astype(int).sum() == pytest.approx(mask.astype(int).sum(), rel=0.01)
    assert cut.astype(int).sum() < 0.97 * mask.astype(int).sum()


@pytest.mark.parametrize("slant", [0.12, 0.2])
def test_leaning_characters_of_the_reshaped_ones_stay_on_their_plate(slant: float) -> None:
    style = replace(with_reshaped_characters(british_style(rear=True, two_line=False)), slant=slant)
    plate = draw_plate(MARK, style, 1.0)
    assert min(left for left, _ in plate.spans) > 0
    assert max(right for _, right in plate.spans) < plate.pixels.shape[1]
    last = plate.pixels[:, round(plate.spans[-1][0]) : round(plate.spans[-1][1])]
    assert (last.max(axis=2) < 110).sum() > 1000
