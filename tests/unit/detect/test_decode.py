"""From maps to finds, on maps made by hand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.detect.decode import MOST_FINDS, STRIDE, Finds, decode

Floats = NDArray[np.float32]
ROWS, COLUMNS = 24, 40


def maps(*plates: tuple[int, int, float], width: float = 64.0, height: float = 16.0) -> tuple[Floats, Floats, Floats]:
    """Maps with a plate of that size around each (row, column, score)."""
    scores = np.zeros((ROWS, COLUMNS), np.float32)
    half = np.array([-width, -height, width, -height, width, height, -width, height], np.float32) / 2
    corners = np.tile(half[:, None, None], (1, ROWS, COLUMNS))
    for row, column, score in plates:
        scores[row, column] = score
    return scores, corners, np.zeros((ROWS, COLUMNS), np.float32)


def found(scores: Floats, corners: Floats, two_line: Floats) -> Finds:
    return decode(scores, corners, two_line, 0.4)


def test_a_peak_is_found_where_its_corners_say() -> None:
    finds = found(*maps((10, 20, 0.9)))
    x, y = 20 * STRIDE + STRIDE / 2, 10 * STRIDE + STRIDE / 2
    expected = [[x - 32, y - 8], [x + 32, y - 8], [x + 32, y + 8], [x - 32, y + 8]]
    assert np.array_equal(finds.quads, np.array([expected], np.float32))
    assert finds.scores.tolist() == [np.float32(0.9)]


def test_an_empty_map_has_no_finds() -> None:
    assert len(found(*maps())) == 0


def test_a_peak_below_the_least_score_is_no_find() -> None:
    assert len(found(*maps((10, 20, 0.39)))) == 0


def test_a_hill_of_scores_is_one_find() -> None:
    scores, corners, two_line = maps((10, 20, 0.9), (10, 21, 0.8), (10, 19, 0.7), (11, 20, 0.6))
    assert len(found(scores, corners, two_line)) == 1


def test_two_peaks_on_one_plate_are_one_find_and_the_surer_one_stays() -> None:
    finds = found(*maps((10, 20, 0.7), (10, 22, 0.9)))
    assert finds.scores.tolist() == [np.float32(0.9)]


def test_two_plates_side_by_side_are_two_finds_surest_first() -> None:
    finds = found(*maps((10, 8, 0.6), (10, 28, 0.9)))
    assert finds.scores.tolist() == [np.float32(0.9), np.float32(0.6)]


def test_corners_that_are_no_number_are_no_find() -> None:
    scores, corners, two_line = maps((10, 20, 0.9))
    corners[3, 10, 20] = np.nan
    assert len(found(scores, corners, two_line)) == 0


def test_the_second_line_is_told_for_the_plate_it_belongs_to() -> None:
    scores, corners, two_line = maps((10, 8, 0.6), (10, 28, 0.9))
    two_line[10, 8] = 0.8
    assert found(scores, corners, two_line).two_line.tolist() == [0.0, np.float32(0.8)]


def test_a_map_of_nothing_but_peaks_costs_a_bounded_number_of_finds() -> None:
    scores, corners, two_line = maps(width=12.0, height=4.0)
    scores[::2, ::2] = 0.5
    assert len(found(scores, corners, two_line)) == MOST_FINDS
