"""What the corner network is taught."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.detect.corner_network import CornerNetwork
from pipeline.detect.windows import HEIGHT, WIDTH
from training.detector.corner_loop import corner_losses, folded
from training.detector.corner_samples import rough_box, some_view, windows
from training.detector.pool import Stored, store
from training.detector.views import Plate, Scene

QUAD = np.array([[200, 160], [304, 166], [303, 188], [199, 182]], np.float32)


def pool(plates: bool) -> list[Stored]:
    pixels = np.full((384, 640, 3), 40, np.uint8)
    shown = [Plate(quad=QUAD, exact=True, two_line=False)] if plates else []
    return [store(np.random.default_rng(0), Scene(pixels=pixels, plates=shown))]


def test_a_batch_of_a_seed_and_step_is_always_the_same() -> None:
    scenes = pool(True) + pool(False)
    first, later = next(windows(scenes, [], 3, 7, 6)), windows(scenes, [], 3, 6, 6)
    next(later)
    for one, same in zip(first, next(later), strict=True):
        assert torch.equal(one, same)


def test_corners_are_taught_only_where_there_is_a_plate() -> None:
    batch = next(windows(pool(True) + pool(False), [], 1, 0, 24))
    assert 0 < batch.plate.sum() < 24
    assert (batch.corner_weight[batch.plate == 0] == 0).all()
    assert (batch.corner_weight[batch.plate == 1] > 0).any()
    assert ((batch.corners >= 0) & (batch.corners <= torch.tensor([WIDTH, HEIGHT]))).all()


@pytest.mark.parametrize("seed", range(5))
def test_a_view_slants_a_plate_but_never_turns_it_over(seed: int) -> None:
    rng = np.random.default_rng(seed)
    quad = QUAD.astype(np.float64)
    view = some_view(rng, quad)
    points = np.concatenate([quad, np.ones((4, 1))], axis=1) @ view.T
    assert (points[:, 2] > 0.3).all()
    moved = points[:, :2] / points[:, 2:]
    assert moved[1, 0] > moved[0, 0]
    assert np.allclose(moved.mean(axis=0), quad.mean(axis=0), atol=8)


def test_a_rough_box_is_around_the_plate() -> None:
    rng = np.random.default_rng(2)
    boxes = np.array([rough_box(rng, QUAD.astype(np.float64)) for _ in range(100)])
    assert np.allclose(boxes.mean(axis=0), [199, 160, 304, 188], atol=5)


def test_folding_the_norms_away_changes_no_answer() -> None:
    torch.manual_seed(0)
    network = CornerNetwork(norm=True).train()
    images = torch.randint(0, 255, (4, HEIGHT, WIDTH, 3), dtype=torch.uint8)
    network.raw(images)
    network.eval()
    with torch.no_grad():
        for kept, same in zip(network(images), folded(network)(images), strict=True):
            assert torch.allclose(kept, same, atol=1e-3)


def test_maps_that_peak_at_the_corners_cost_nothing() -> None:
    network = CornerNetwork()
    batch = next(windows(pool(True), [], 1, 0, 8))
    shown = batch.corner_weight > 0
    apart = torch.linalg.vector_norm(network.places[None, None] - batch.corners[:, :, None], dim=3)
    sure = torch.where(batch.plate > 0, 20.0, -20.0)
    right = corner_losses(network, (-apart * 8, sure, -torch.ones(8) * 20), batch)
    wrong = corner_losses(network, (apart * 8, -sure, torch.ones(8) * 20), batch)
    assert shown.any()
    assert right[0] < 0.15
    assert wrong[0] > 1
    assert right[2] < 0.01 < wrong[2]
