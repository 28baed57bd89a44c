"""When a find and its text are a plate together."""

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.capture.parts import part_around, surroundings_of
from pipeline.detect.detector import PlateDetector
from pipeline.domain.plate import Box, Detection, Pixels, PlateText, Quad
from pipeline.domain.vrm import Vrm
from pipeline.inference.session import Batch
from pipeline.reading import LocalPlateReader, is_credible
from pipeline.searching import Known, Look, parts_of


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


@pytest.mark.parametrize("text", ["AB12CDE", "K71XYZ"])
def test_a_longer_mark_need_not_be_read_as_surely(text: str) -> None:
    assert is_credible(found(0.6), read(text, 0.85))
    assert not is_credible(found(0.6), read("K7XYZ", 0.95))


@pytest.mark.parametrize(
    ("text", "confidence"), [("AB12CDE", 0.75), ("K71XYZ", 0.75), ("H20", 0.99), ("SPEEDBT", 0.99), ("ZZ99ZZ99", 0.99)]
)
def test_what_was_found_unsurely_is_none_when_its_text_may_be_anything(text: str, confidence: float) -> None:
    assert not is_credible(found(0.6), read(text, confidence))


def test_what_was_found_surely_may_bear_any_mark() -> None:
    assert is_credible(found(0.9), read("A1", 0.25))
    assert is_credible(found(0.75), read("A1", 0.35))
    assert is_credible(found(0.9), read("ZZ99ZZ99", 0.6))


@pytest.mark.parametrize("text", ["RED", "ARENA", "STREET"])
def test_a_word_is_no_mark_however_surely_it_is_found_and_read(text: str) -> None:
    assert not is_credible(found(0.99), read(text, 0.99))


def test_an_o_and_an_i_may_be_digits() -> None:
    assert is_credible(found(0.9), read("AI", 0.9))
    assert is_credible(found(0.9), read("OAB", 0.9))


def test_an_unlikely_text_needs_a_layout_or_a_surer_find() -> None:
    assert not is_credible(found(0.99), read("ZZ99ZZ99", 0.4))
    assert not is_credible(found(0.75), read("AB12CDE", 0.25))


class EmptyRoad:
    """A network that finds nothing and remembers the shapes of its input, without how many came together."""

    version = "empty"
    at_once = 8

    def __init__(self) -> None:
        self.shapes: set[tuple[int, ...]] = set()

    def run(self, batch: Batch) -> list[Batch]:
        self.shapes.add(batch.shape[1:])
        count, rows, columns, _ = batch.shape
        nothing = np.zeros((count, rows // 8, columns // 8), np.float32)
        return [nothing, np.zeros((count, 8, rows // 8, columns // 8), np.float32), nothing]

    def recognise(self, plates: Sequence[tuple[Pixels, Detection]]) -> list[PlateText | None]:
        return [None for _ in plates]


def plate_in(part: Box) -> Detection:
    x, y = part.centre
    return Detection(
        box=Box(x=x, y=y, width=40, height=10),
        quad=Quad(corners=((x, y), (x + 40, y), (x + 40, y + 10), (x, y + 10))),
        confidence=0.9,
    )


@pytest.mark.parametrize("size", [(1080, 1920), (720, 1280), (1440, 2560), (2160, 3840)])
def test_what_was_warmed_up_is_all_that_a_camera_of_16_to_9_asks_for(size: tuple[int, int]) -> None:
    network = EmptyRoad()
    detector = PlateDetector(network, version="empty", minimum_confidence=0.5, long_sides=[640])
    reader = LocalPlateReader(detector, network)
    reader.warm_up()
    reader.warm_up_parts()
    reader.close()
    warm = set(network.shapes)
    frame, asked = np.zeros((*size, 3), np.uint8), 0
    for region in [(0.4, 0.4, 0.6, 0.6), (0.7, 0.1, 0.95, 0.4), (0.2, 0.1, 0.75, 0.9), (0.0, 0.0, 1.0, 1.0)]:
        moving = surroundings_of(region, rows=size[0], columns=size[1])
        part = part_around(moving, rows=size[0], columns=size[1])
        for one in (part, *parts_of(Known((plate_in(part),)), Look.KNOWN, part, [moving], *size)):
            left, top, height, width = int(one.x), int(one.y), int(one.height), int(one.width)
            reader.found_in([frame[top : top + height, left : left + width]], [max(size)])
            asked += 1
    assert asked == 8
    assert len(warm) == 4
    assert network.shapes == warm
