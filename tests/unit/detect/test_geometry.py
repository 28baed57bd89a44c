"""Which quads can be plates."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.detect.geometry import distinct, plausible

PLATE = [[100, 100], [204, 100], [204, 122], [100, 122]]


def quads(*corners: list[list[float]]) -> NDArray[np.float32]:
    return np.array(corners, np.float32)


def test_a_plate_seen_from_the_front_or_slanted_is_plausible() -> None:
    slanted = [[100, 100], [160, 112], [158, 140], [99, 124]]
    two_line = [[100, 100], [150, 101], [150, 137], [100, 136]]
    assert plausible(quads(PLATE, slanted, two_line)).all()


@pytest.mark.parametrize(
    "corners",
    [
        pytest.param([[204, 100], [100, 100], [100, 122], [204, 122]], id="mirrored"),
        pytest.param([[204, 122], [100, 122], [100, 100], [204, 100]], id="upside down"),
        pytest.param([[100, 100], [204, 122], [204, 100], [100, 122]], id="crossed"),
        pytest.param([[100, 100], [204, 100], [130, 108], [100, 122]], id="dented"),
        pytest.param([[100, 100], [105, 100], [105, 102], [100, 102]], id="tiny"),
        pytest.param([[100, 100], [400, 100], [400, 120], [100, 120]], id="a stripe"),
        pytest.param([[100, 100], [130, 100], [130, 200], [100, 200]], id="a pillar"),
        pytest.param([[100, 100], [204, 100], [130, 122], [100, 122]], id="a wedge"),
        pytest.param([[100, 100], [float("inf"), 100], [204, 122], [100, 122]], id="endless"),
    ],
)
def test_what_no_plate_can_look_like_is_implausible(corners: list[list[float]]) -> None:
    with np.errstate(invalid="ignore"):
        assert not plausible(quads(corners)).any()


def test_no_quads_are_no_trouble() -> None:
    nothing = np.zeros((0, 4, 2), np.float32)
    assert plausible(nothing).shape == (0,)
    assert distinct(nothing, np.zeros(0, np.float32)) == []


def test_a_small_find_inside_a_surer_plate_is_the_same_plate() -> None:
    inside = [[120, 103], [150, 103], [150, 118], [120, 118]]
    assert distinct(quads(inside, PLATE), np.array([0.5, 0.9], np.float32)) == [1]


def test_plates_one_above_the_other_are_two() -> None:
    below = [[x, y + 24] for x, y in PLATE]
    assert distinct(quads(PLATE, below), np.array([0.5, 0.9], np.float32)) == [1, 0]
