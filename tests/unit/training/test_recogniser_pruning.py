"""Fewer channels of the recogniser that do the same."""

from __future__ import annotations

import pytest
import torch

from pipeline.errors import BadInput
from pipeline.recognise.network import LARGE, Network
from training.recogniser.pruning import pruned

NARROW = (*LARGE[:11], 400, 480, 480, 480)


def network() -> Network:
    torch.manual_seed(0)
    return Network(LARGE).eval()


def patches(count: int) -> torch.Tensor:
    return torch.rand(count, 3, 48, 192, generator=torch.Generator().manual_seed(1)) * 255


def test_a_network_cut_to_its_own_width_gives_its_own_answers() -> None:
    large, given = network(), patches(1)
    with torch.no_grad():
        assert torch.equal(pruned(large, LARGE, given)(given), large(given))


def test_a_narrower_network_says_nearly_the_same_also_where_what_was_cut_was_squeezed() -> None:
    large, given = network(), patches(4)
    with torch.no_grad():
        small = pruned(large, NARROW, given)
        assert small.blocks[11].depthwise.weight.shape[0] == 400
        assert torch.allclose(small(given), large(given), atol=0.05)


def test_widths_beyond_the_networks_are_refused() -> None:
    with pytest.raises(BadInput):
        pruned(network(), (*LARGE[:-2], 512, LARGE[-1]), patches(1))
