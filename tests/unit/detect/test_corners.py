"""The second look at rough finds: a network written by hand says where the corners are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.detect.corners import CornerFinder
from pipeline.detect.decode import Finds
from pipeline.detect.detector import PlateDetector
from pipeline.domain.plate import Pixels

Floats = NDArray[np.float32]


class BrightnessSession:
    """Always sees the same corners; the brighter a window's middle, the likelier it is a plate."""

    at_once = 16

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def run(self, batch: Floats) -> list[Floats]:
        self.sizes.append(len(batch))
        corners = np.tile(np.array([[32, 24], [96, 24], [96, 40], [32, 40]], np.float32), (len(batch), 1, 1))
        middle = batch[:, 28:36, 60:68].mean(axis=(1, 2, 3)) / 255
        return [corners, middle.astype(np.float32), np.full(len(batch), 0.75, np.float32)]


class OnePlaceSession:
    """Finds one plate of 64 x 16 input pixels around cell 10, 20 of every image, and is rather sure."""

    at_once = 8

    def run(self, batch: Floats) -> list[Floats]:
        count, height, width, _ = batch.shape
        scores = np.zeros((count, height // 8, width // 8), np.float32)
        scores[:, 10, 20] = 0.81
        half = np.array([-32, -8, 32, -8, 32, 8, -32, 8], np.float32)
        corners = np.tile(half[None, :, None, None], (count, 1, *scores.shape[1:]))
        return [scores, corners, np.zeros_like(scores)]


def finds(*boxes: tuple[float, float, float, float]) -> Finds:
    quads = [[(x, y), (x + w, y), (x + w, y + h), (x, y + h)] for x, y, w, h in boxes]
    return Finds(
        quads=np.array(quads, np.float32).reshape(-1, 4, 2),
        scores=np.full(len(boxes), 0.64, np.float32),
        two_line=np.zeros(len(boxes), np.float32),
    )


def grey(level: int) -> Pixels:
    return np.full((400, 600, 3), level, np.uint8)


def test_no_finds_ask_nothing_of_the_network() -> None:
    session = BrightnessSession()
    (settled,) = CornerFinder(session).settled([grey(9)], [finds()])
    assert len(settled) == 0
    assert session.sizes == []


def test_finds_stay_with_their_image_and_in_their_order() -> None:
    session = BrightnessSession()
    ones = [finds((100, 100, 90, 20), (300, 200, 60, 15)), finds(), finds((50, 60, 120, 30))]
    settled = CornerFinder(session).settled([grey(255), grey(128), grey(0)], ones)
    assert [len(one) for one in settled] == [2, 0, 1]
    assert session.sizes == [3]
    for before, after in zip(ones, settled, strict=True):
        assert np.allclose(after.quads.mean(axis=1), before.quads.mean(axis=1), atol=0.01)


def test_the_score_is_what_both_networks_stand_behind() -> None:
    bright, dark = CornerFinder(BrightnessSession()).settled([grey(255), grey(0)], [finds((100, 100, 90, 20))] * 2)
    assert bright.scores[0] == pytest.approx(0.8)
    assert dark.scores[0] == 0
    assert bright.two_line[0] == pytest.approx(0.75)


def test_many_finds_go_to_the_network_in_portions() -> None:
    session = BrightnessSession()
    CornerFinder(session).settled([grey(200)], [finds(*[(10.0 * i, 5.0 * i, 60, 15) for i in range(40)])])
    assert max(session.sizes) <= 16
    assert sum(session.sizes) == 40


def test_a_find_that_the_second_look_doubts_is_no_plate() -> None:
    detector = PlateDetector(
        OnePlaceSession(),
        version="",
        minimum_confidence=0.5,
        long_sides=(640,),
        corners=CornerFinder(BrightnessSession()),
    )
    doubted, confirmed = detector.detect([grey(20), grey(250)])
    assert doubted == ()
    assert confirmed[0].confidence == pytest.approx(np.sqrt(0.81 * 250 / 255), abs=1e-3)
    assert confirmed[0].two_line
