"""What the detector is taught about a scene."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.detect.decode import decode
from pipeline.detect.network import STRIDE
from training.detector.batches import Batch, batches, targets
from training.detector.losses import losses_of
from training.detector.pool import Stored, store
from training.detector.views import Plate, Scene

QUAD = np.array([[100, 60], [204, 66], [203, 88], [99, 82]], np.float32)
VISIBLE, HIDDEN = np.array([[1, 0, 1]], np.int8), np.array([[1, 0, 0]], np.int8)


def test_a_taught_plate_decodes_to_its_own_corners() -> None:
    heat, _, corners, *_ = targets(QUAD[None], VISIBLE, True, 128, 320)
    finds = decode(heat, corners, np.zeros_like(heat), 0.5)
    assert len(finds) == 1
    assert np.allclose(finds.quads[0], QUAD, atol=1e-3)


def test_a_plate_nobody_can_see_counts_neither_way() -> None:
    heat, weight, *_ = targets(QUAD[None], HIDDEN, True, 128, 320)
    assert heat.max() == 0
    row, column = (QUAD.mean(axis=0)[::-1] // STRIDE).astype(int)
    assert weight[row, column] == 0
    assert weight[-1, -1] == 1


def test_a_plate_cut_by_the_edge_counts_neither_way() -> None:
    heat, weight, *_ = targets(QUAD[None] - np.float32([150, 0]), VISIBLE, True, 128, 320)
    assert heat.max() == 0
    assert (weight == 0).any()


def test_where_small_plates_may_be_unlabelled_background_counts_less_but_the_plate_in_full() -> None:
    heat, weight, *_ = targets(QUAD[None], VISIBLE, False, 128, 320)
    assert weight[-1, -1] < 1
    assert weight[heat >= 1].tolist() == [1.0]


def test_perfect_answers_cost_almost_nothing_and_wrong_ones_cost_more() -> None:
    parts = targets(QUAD[None], VISIBLE, True, 128, 320)
    batch = Batch(torch.zeros(1, 128, 320, 3), *(torch.from_numpy(part[None]) for part in parts))
    sure = torch.where(batch.heat >= 1, 12.0, -12.0)
    right = losses_of((sure, batch.corners, torch.full_like(sure, -12.0)), batch)
    wrong = losses_of((-sure, batch.corners + 20, torch.full_like(sure, 12.0)), batch)
    assert right.total < 0.01
    assert wrong.centre > 1
    assert wrong.corner > 0.3
    assert wrong.two_line > 1


def test_a_batch_of_a_seed_and_step_is_always_the_same() -> None:
    scene = Scene(pixels=np.full((384, 640, 3), 90, np.uint8), plates=[Plate(quad=QUAD, exact=True, two_line=False)])
    pool: list[Stored] = [store(np.random.default_rng(0), scene)]
    first, later = next(batches(pool, [], 3, 7)), batches(pool, [], 3, 6)
    next(later)
    for one, same in zip(first, next(later), strict=True):
        assert torch.equal(one, same)


@pytest.mark.parametrize("exact", [True, False])
def test_corners_of_a_box_teach_less_than_corners_of_a_plate(exact: bool) -> None:
    marks = np.array([[int(exact), -1, 1]], np.int8)
    _, _, _, corner_weight, *_ = targets(QUAD[None], marks, True, 128, 320)
    assert (corner_weight.max() > 0.02) == exact
