"""The project's drawing of British characters keeps the measures of the regulations, in millimetres."""

import cv2
import numpy as np
import pytest

from training.glyphs import CAR, CHARACTERS, MOTORCYCLE, outlines
from training.pen import Measures

SCALE = 4


def drawn(character: str, measures: Measures = CAR) -> np.ndarray:
    """The character as a mask at four pixels a millimetre, with room of 20 mm all around."""
    mask = np.zeros(((round(measures.height) + 40) * SCALE, (round(measures.width) + 40) * SCALE), np.uint8)
    for outline in outlines(character, measures):
        cv2.fillPoly(mask, [np.round((outline + 20) * SCALE).astype(np.int32)], 255)
    return mask


@pytest.mark.parametrize("measures", [CAR, MOTORCYCLE])
@pytest.mark.parametrize("character", CHARACTERS)
def test_every_character_fills_its_box(character: str, measures: Measures) -> None:
    x, y, width, height = (side / SCALE for side in cv2.boundingRect(drawn(character, measures)))
    assert (x, y) == pytest.approx((20, 20), abs=1)
    assert width == pytest.approx(measures.width_of(character), abs=1.5)
    assert height == pytest.approx(measures.height, abs=1)


@pytest.mark.parametrize("character", "BCDEFGHJLOPTU05")
def test_strokes_are_as_wide_as_the_regulations_want(character: str) -> None:
    # Where strokes meet a circle of up to 1.3 strokes fits between them.
    thickest = 2 * cv2.distanceTransform(drawn(character), cv2.DIST_L2, 5).max() / SCALE
    assert CAR.stroke - 0.8 <= thickest <= CAR.stroke * 1.3


@pytest.mark.parametrize(("one", "other"), [("O", "0"), ("I", "1")])
def test_look_alikes_are_one_glyph(one: str, other: str) -> None:
    assert np.array_equal(drawn(one), drawn(other))


def test_all_other_characters_differ() -> None:
    masks = {character: drawn(character).tobytes() for character in CHARACTERS if character not in "OI"}
    assert len(set(masks.values())) == len(masks)


def test_a_character_no_plate_carries_is_unknown() -> None:
    with pytest.raises(KeyError):
        outlines("?")
