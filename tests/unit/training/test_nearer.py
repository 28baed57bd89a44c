"""Far plates get the text that nearer frames of their ride tell, and only where nothing speaks against it."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.domain.plate import Quad
from pipeline.domain.posterior import CharacterPosterior
from training.recogniser.nearer import differences, from_nearer

PLATE = (np.zeros((10, 40, 3), np.uint8), Quad(corners=((0, 0), (40, 0), (40, 10), (0, 10))))


class Reader:
    """Reads every plate as `text` with a posterior that leaves everything open, or finds it illegible."""

    def __init__(self, text: str) -> None:
        self._text = text

    def recognise(self, plates: list[object]) -> list[SimpleNamespace | None]:
        even = CharacterPosterior(log_probabilities=np.full((24, 37), -0.5, np.float32))
        return [SimpleNamespace(vrm=self._text, posterior=even) if self._text else None for _ in plates]


def told(read: str, proposed: list[str], rides: list[str] | None = None) -> list[str]:
    return from_nearer(Reader(read), [PLATE] * len(proposed), rides or ["one"] * len(proposed), proposed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("AB12CDE", "AB12CDE", 0),
        ("AB12CDE", "AB12CD", 1),
        ("AB12CDE", "BB12CDF", 2),
        ("", "ABC", 3),
        ("ABC", "XABCY", 2),
    ],
)
def test_differences_are_counted(one: str, other: str, apart: int) -> None:
    assert differences(one, other) == differences(other, one) == apart


def test_a_far_plate_gets_the_mark_that_its_ride_knows() -> None:
    assert told("B12ABG", ["B12ABC"] * 3 + [""]) == ["", "", "", "B12ABC"]


def test_two_sightings_are_not_known_and_another_ride_tells_nothing() -> None:
    assert told("B12ABG", ["B12ABC"] * 2 + [""]) == [""] * 3
    assert told("B12ABG", ["B12ABC"] * 3 + [""], ["one"] * 3 + ["two"]) == [""] * 4


def test_what_is_too_different_illegible_or_between_two_marks_stays_without_a_text() -> None:
    assert told("C99ABG", ["B12ABC"] * 3 + [""])[3] == ""
    assert told("", ["B12ABC"] * 3 + [""])[3] == ""
    assert told("B12ABG", ["B12ABC"] * 3 + ["B12ABD"] * 3 + [""])[6] == ""
