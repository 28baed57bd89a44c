"""What the recogniser makes of its network's posteriors, with a network that says what the test wants."""

import numpy as np
import pytest

from pipeline.domain.plate import Box, Detection, Pixels, PlateText, Quad
from pipeline.domain.posterior import ALPHABET
from pipeline.inference.session import Batch
from pipeline.recognise.eyes import Eye, tempered
from pipeline.recognise.recogniser import PlateRecogniser

WHITE = np.full((60, 300, 3), 255, np.uint8)
ONE_LINE = (280.0, 56.0)
UNCLEAR = (112.0, 56.0)
TWO_LINES = (60.0, 56.0)


def posterior(*options: dict[str, float]) -> np.ndarray:
    """24 steps: every option in turn is one character's place, the steps between are blank."""
    rows = np.full((24, 37), 1e-6)
    rows[:, 0] = 1.0
    for place, option in enumerate(options):
        step = 1 + 3 * place
        rows[step, 0] = 1e-6
        for character, share in option.items():
            rows[step, ALPHABET.index(character) + 1] = share
    return np.log(rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)


def text(spelled: str) -> np.ndarray:
    return posterior(*({character: 1.0} for character in spelled))


class Told:
    """A session that gives the posteriors it was told, in order, and remembers the sizes of its batches."""

    at_once = 16

    def __init__(self, *posteriors: np.ndarray) -> None:
        self._posteriors = list(posteriors)
        self.batches: list[int] = []

    def run(self, batch: Batch) -> list[Batch]:
        self.batches.append(len(batch))
        given, self._posteriors = self._posteriors[: len(batch)], self._posteriors[len(batch) :]
        return [np.stack(given)]


def plate(size: tuple[float, float] = ONE_LINE) -> tuple[Pixels, Detection]:
    width, height = size
    quad = Quad(corners=((2, 2), (2 + width, 2), (2 + width, 2 + height), (2, 2 + height)))
    return WHITE, Detection(box=Box(x=2, y=2, width=width, height=height), quad=quad, confidence=0.9)


def read(*posteriors: np.ndarray, sizes: tuple[tuple[float, float], ...] = (ONE_LINE,)) -> list[PlateText | None]:
    recogniser = PlateRecogniser(Eye(Told(*posteriors)), version="test", minimum_confidence=0.2, candidates=5)
    return recogniser.recognise([plate(size) for size in sizes])


def test_no_plates_are_no_texts_and_the_network_is_not_asked() -> None:
    session = Told()
    assert PlateRecogniser(Eye(session), version="", minimum_confidence=0.2, candidates=5).recognise([]) == []
    assert session.batches == []


def test_texts_come_back_in_the_order_of_their_plates() -> None:
    read_back = read(text("AB12CDE"), text("K7XYZ"), sizes=(ONE_LINE, ONE_LINE))
    assert [one.vrm if one else None for one in read_back] == ["AB12CDE", "K7XYZ"]


def test_many_plates_are_read_in_batches_of_bounded_size() -> None:
    session = Told(*[text("AB12CDE")] * 40)
    PlateRecogniser(Eye(session), version="", minimum_confidence=0.2, candidates=5).recognise([plate()] * 40)
    assert session.batches == [16, 16, 8]


def test_every_character_of_the_vrm_has_its_confidence() -> None:
    [best] = read(posterior(*({c: 1.0} for c in "AB12C"), {"D": 0.7, "O": 0.3}, {"E": 1.0}))
    assert best is not None
    assert best.vrm == "AB12CDE"
    assert len(best.character_confidences) == 7
    assert min(best.character_confidences) == best.character_confidences[5] < 0.75
    assert best.character_confidences[0] > 0.99


def test_the_layout_settles_whether_a_glyph_is_a_letter_or_a_digit() -> None:
    [best] = read(posterior({"A": 1.0}, {"B": 1.0}, {"O": 0.6, "0": 0.4}, {"2": 1.0}, *({c: 1.0} for c in "CDE")))
    assert best is not None
    assert best.vrm == "AB02CDE"
    assert {one.text for one in best.candidates[:2]} == {"AB02CDE", "ABO2CDE"}
    assert sum(one.probability for one in best.candidates) <= 1.0 + 1e-6


def test_the_layout_does_not_overrule_ink_that_leaves_no_doubt() -> None:
    [best] = read(posterior({"A": 1.0}, {"B": 1.0}, {"O": 1.0}, {"2": 1.0}, *({c: 1.0} for c in "CDE")))
    assert best is not None
    assert best.vrm == "ABO2CDE"


def test_a_single_character_is_no_mark() -> None:
    assert read(text("1")) == [None]
    assert [one.vrm if one else None for one in read(text("A1"))] == ["A1"]


def test_a_patch_without_characters_is_illegible() -> None:
    assert read(text("")) == [None]


def test_a_text_that_is_mostly_a_guess_is_illegible() -> None:
    unsure = dict.fromkeys("ABCDEF", 1 / 6)
    assert read(posterior(*[unsure] * 7)) == [None]


def test_a_plate_of_two_lines_has_a_space_where_its_second_line_begins() -> None:
    lines = text("")
    lines[:12] = text("AB12")[:12]
    lines[12:] = text("CDE")[:12]
    [best] = read(lines, sizes=(TWO_LINES,))
    assert best is not None
    assert best.raw == "AB12 CDE"
    assert best.vrm == "AB12CDE"


def test_a_plate_of_unclear_shape_is_read_both_ways_and_the_likelier_kept() -> None:
    blurred = posterior(*({c: 0.5, "8": 0.5} for c in "AB12"))
    lines = text("")
    lines[:12], lines[12:] = text("AB12")[:12], text("CDE")[:12]
    [best] = read(blurred, lines, sizes=(UNCLEAR,))
    assert best is not None
    assert best.raw == "AB12 CDE"


def test_a_plate_of_unclear_shape_that_is_clear_to_read_is_read_once() -> None:
    session = Told(text("AB12CDE"))
    recogniser = PlateRecogniser(Eye(session), version="", minimum_confidence=0.2, candidates=5)
    [best] = recogniser.recognise([plate(UNCLEAR)])
    assert best is not None
    assert best.raw == "AB12CDE"
    assert session.batches == [1]


def read_with_second_look(first: Told, second: Told, *sizes: tuple[float, float]) -> list[PlateText | None]:
    recogniser = PlateRecogniser(
        Eye(first), version="", minimum_confidence=0.2, candidates=5, second=Eye(second), second_look_below=0.9
    )
    return recogniser.recognise([plate(size) for size in sizes])


def test_only_what_the_small_network_is_unsure_of_is_looked_at_again() -> None:
    unsure = posterior(*({c: 0.5, "8": 0.5} for c in "AB12"))
    first, second = Told(text("AB12CDE"), unsure, text("K7XYZ")), Told(text("AB12"))
    found = read_with_second_look(first, second, ONE_LINE, ONE_LINE, ONE_LINE)
    assert [one.vrm if one else None for one in found] == ["AB12CDE", "AB12", "K7XYZ"]
    assert second.batches == [1]


def test_what_is_surely_no_plate_is_not_looked_at_again() -> None:
    second = Told()
    assert read_with_second_look(Told(text("")), second, ONE_LINE) == [None]
    assert second.batches == []


def test_the_second_look_is_taken_only_the_way_the_first_found_likely() -> None:
    unsure = posterior(*({c: 0.7, "8": 0.3} for c in "AB12CDE"))
    second = Told(text("AB12CDE"))
    [best] = read_with_second_look(Told(unsure, posterior(*[dict.fromkeys("ABCD", 0.25)] * 7)), second, UNCLEAR)
    assert best is not None
    assert best.raw == "AB12CDE"
    assert second.batches == [1]


def read_around(first: Told) -> PlateText | None:
    [best] = PlateRecogniser(
        Eye(first), version="", minimum_confidence=0.2, candidates=5, look_around_below=0.9
    ).recognise([plate()])
    return best


def test_what_is_unsure_is_cut_out_otherwise_and_all_looks_answer_together() -> None:
    unsure = posterior(*({c: 1.0} for c in "AB1"), {"5": 0.6, "6": 0.4}, *({c: 1.0} for c in "CDE"))
    session = Told(unsure, text("AB16CDE"), text("AB16CDE"))
    best = read_around(session)
    assert best is not None
    assert best.vrm == "AB16CDE"
    assert best.confidence == pytest.approx(0.8, abs=0.02)
    assert best.character_confidences[3] > 0.99
    assert session.batches == [1, 2]


def test_what_is_sure_is_looked_at_once() -> None:
    session = Told(text("AB16CDE"))
    assert read_around(session) is not None
    assert session.batches == [1]


def test_what_is_unsure_in_its_spelling_alone_is_looked_at_once() -> None:
    session = Told(posterior(*({c: 1.0} for c in "XA"), {"0": 0.55, "O": 0.45}, *({c: 1.0} for c in "BC")))
    best = read_around(session)
    assert best is not None
    assert best.vrm == "XA0BC"
    assert best.confidence < 0.9
    assert session.batches == [1]


def test_a_higher_temperature_makes_less_sure_and_keeps_the_order() -> None:
    rows = posterior({"A": 0.9, "B": 0.1}, {"1": 0.8, "7": 0.2})[None]
    warmer = tempered(rows, 1.5)
    assert np.exp(warmer).sum(axis=2) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(warmer.argmax(axis=2), rows.argmax(axis=2))
    assert warmer.max(axis=2)[0, 1] < rows.max(axis=2)[0, 1]
