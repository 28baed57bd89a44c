"""When a find and its text are a plate together."""

import pytest

from pipeline.domain.plate import Box, Detection, PlateText, Quad
from pipeline.domain.vrm import Vrm
from pipeline.reading import is_credible


def found(confidence: float) -> Detection:
    quad = Quad(corners=((0, 0), (100, 0), (100, 20), (0, 20)))
    return Detection(box=Box(x=0, y=0, width=100, height=20), quad=quad, confidence=confidence)


def read(text: str, confidence: float) -> PlateText:
    return PlateText(
        raw=text,
        vrm=Vrm(text),
        confidence=confidence,
        character_confidences=(confidence,) * len(text),
        candidates=(),
        posterior=None,
    )


@pytest.mark.parametrize("text", ["AB12CDE", "BL123AB", "K7XYZ"])
def test_what_was_found_unsurely_is_a_plate_when_it_surely_bears_a_mark(text: str) -> None:
    assert is_credible(found(0.6), read(text, 0.97))


@pytest.mark.parametrize(("text", "confidence"), [("AB12CDE", 0.6), ("H20", 0.99), ("SPEEDBT", 0.99)])
def test_what_was_found_unsurely_is_none_when_its_text_may_be_anything(text: str, confidence: float) -> None:
    assert not is_credible(found(0.6), read(text, confidence))


def test_what_was_found_surely_may_bear_any_text() -> None:
    assert is_credible(found(0.9), read("A1", 0.4))
