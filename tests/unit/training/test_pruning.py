"""Fewer channels that do the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from pipeline.detect.network import LARGE, PlateNetwork
from pipeline.errors import BadInput
from training.detector.batches import Batch
from training.detector.pruning import chosen_by_pursuit, pruned

NARROW = replace(LARGE, blocks=(*LARGE.blocks[:10], 96, 96, 96, 96), last=(32, 32))


def batch(count: int, height: int, width: int) -> Batch:
    torch.manual_seed(1)
    images = torch.randint(0, 255, (count, height, width, 3), dtype=torch.uint8)
    maps = torch.zeros(count, height // 8, width // 8)
    maps[:, 3, 3] = 1.0
    return Batch(images, maps, maps, torch.zeros(count, 8, *maps.shape[1:]), maps, maps, maps)


def network() -> PlateNetwork:
    torch.manual_seed(0)
    return PlateNetwork(LARGE).eval()


def test_a_network_cut_to_its_own_width_gives_its_own_answers() -> None:
    large, given = network(), batch(1, 96, 128)
    with torch.no_grad():
        for mine, theirs in zip(pruned(large, LARGE, given)(given.images), large(given.images), strict=True):
            assert torch.allclose(mine, theirs, atol=0.02)


def test_a_narrower_network_gives_finite_answers_of_the_same_shapes() -> None:
    large, given = network(), batch(1, 96, 128)
    with torch.no_grad():
        for mine, theirs in zip(pruned(large, NARROW, given)(given.images), large(given.images), strict=True):
            assert mine.shape == theirs.shape
            assert torch.isfinite(mine).all()


def test_channels_that_say_the_same_are_not_both_kept() -> None:
    torch.manual_seed(0)
    signals = torch.randn(500, 3, dtype=torch.float64)
    channels = torch.stack([signals[:, 0], signals[:, 0], signals[:, 1], 0.01 * signals[:, 2]], dim=1)
    wanted = signals[:, :2]
    kept = chosen_by_pursuit(channels.T @ channels, channels.T @ wanted, 2).tolist()
    assert 2 in kept
    assert len({0, 1} & set(kept)) == 1


def test_a_plan_wider_than_the_network_is_refused() -> None:
    with pytest.raises(BadInput):
        pruned(network(), replace(LARGE, stem=24), batch(1, 64, 64))
