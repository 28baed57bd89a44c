"""The recogniser's network in torch: the reference, the trainer's network and the one for GPUs.

Input: N x 3 x 48 x 192, blue-green-red, 0 to 255 as float32. Output: N x 24 x 37 natural logarithms of probabilities,
blank first, then 0-9 and A-Z. The architecture is PP-OCRv4's mobile recogniser (PP-LCNetV3 trunk at 0.95 width and an
SVTR neck with two attention blocks; Apache-2.0, PaddleOCR authors), written plainly: batch norms and learnable affine
blocks are folded into their convolutions, which is what freezing them while training means.

On failure: torch raises on a wrong shape; nothing is caught here.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

HEIGHT, WIDTH, STEPS, CLASSES = 48, 192, 24, 37
_HEADS, _WIDE = 8, 120
# (kernel, stride, hidden channels of squeeze-and-excite or 0) of each block
_BLOCKS: tuple[tuple[int, tuple[int, int], int], ...] = (
    (3, (1, 1), 0),
    (3, (1, 1), 0),
    (3, (1, 1), 0),
    (3, (2, 1), 0),
    (3, (1, 1), 0),
    (3, (1, 2), 0),
    (5, (1, 1), 0),
    (5, (1, 1), 0),
    (5, (1, 1), 0),
    (5, (1, 1), 0),
    (5, (2, 1), 60),
    (5, (1, 1), 120),
    (5, (2, 1), 0),
    (5, (1, 1), 0),
)
Widths = tuple[int, ...]
"""Channels of the stem and of every block's output."""
LARGE: Widths = (16, 32, 64, 64, 128, 128, 240, 240, 240, 240, 240, 480, 480, 480, 480)
NARROW: Widths = (16, 32, 64, 64, 128, 128, 208, 208, 208, 208, 200, 288, 424, 440, 480)
"""What is left of LARGE by `training/recogniser/pruning.py`; see the model card for how well it reads."""


def widths_of(parameters: Mapping[str, NDArray[np.float32]]) -> Widths:
    """Return the widths of the network whose parameters these are; where one is missing, the large network's."""
    names = ("stem.weight", *(f"blocks.{index}.pointwise.weight" for index in range(len(_BLOCKS))))
    return tuple(
        len(parameters[name]) if name in parameters else width for name, width in zip(names, LARGE, strict=True)
    )


class Excite(nn.Module):
    """Squeeze and excitation."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, hidden, 1)
        self.expand = nn.Conv2d(hidden, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        pooled = features.mean(dim=(2, 3), keepdim=True)
        gate = self.expand(functional.relu(self.squeeze(pooled)))
        return features * functional.hardsigmoid(gate)


class Block(nn.Module):
    """Depthwise then pointwise convolution, a hard swish after each, and what the folding leaves: a shift."""

    def __init__(self, inward: int, outward: int, kernel: int, stride: tuple[int, int], hidden: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(inward, inward, kernel, stride, kernel // 2, groups=inward)
        self.pointwise = nn.Conv2d(inward, outward, 1)
        self.excite = Excite(inward, hidden) if hidden else None
        if hidden:
            self.inner_shift = nn.Parameter(torch.zeros(1))
        self.shift = nn.Parameter(torch.zeros(1))

    def spread(self, features: Tensor) -> Tensor:
        """Return what the pointwise convolution takes."""
        features = functional.hardswish(self.depthwise(features))
        return features if self.excite is None else self.excite(features + self.inner_shift)

    def forward(self, features: Tensor) -> Tensor:
        return functional.hardswish(self.pointwise(self.spread(features))) + self.shift


class Attention(nn.Module):
    """Self-attention over the steps."""

    def __init__(self) -> None:
        super().__init__()
        self.mixed = nn.Linear(_WIDE, 3 * _WIDE)
        self.joined = nn.Linear(_WIDE, _WIDE)

    def forward(self, steps: Tensor) -> Tensor:
        split = self.mixed(steps).unflatten(2, (3, _HEADS, _WIDE // _HEADS)).permute(2, 0, 3, 1, 4)
        query, key, value = split[0], split[1], split[2]
        weights = ((query * (_WIDE // _HEADS) ** -0.5) @ key.transpose(2, 3)).softmax(dim=3)
        joined: Tensor = self.joined((weights @ value).transpose(1, 2).flatten(2))
        return joined


class Mixer(nn.Module):
    """One transformer block with its norms in front."""

    def __init__(self) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(_WIDE, eps=1e-5)
        self.attention = Attention()
        self.norm_dense = nn.LayerNorm(_WIDE, eps=1e-5)
        self.widen = nn.Linear(_WIDE, 2 * _WIDE)
        self.narrow = nn.Linear(2 * _WIDE, _WIDE)

    def forward(self, steps: Tensor) -> Tensor:
        steps = steps + self.attention(self.norm_attention(steps))
        added: Tensor = self.narrow(functional.silu(self.widen(self.norm_dense(steps))))
        return steps + added


class Network(nn.Module):
    """Pixels to a CTC posterior."""

    def __init__(self, widths: Widths = LARGE) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, widths[0], 3, 2, 1)
        self.blocks = nn.Sequential(
            *(Block(before, after, *shape) for (before, after), shape in zip(pairwise(widths), _BLOCKS, strict=True))
        )
        self.reduce = nn.Conv2d(widths[-1], 60, (1, 3), padding=(0, 1))
        self.enter = nn.Conv2d(60, _WIDE, 1)
        self.mixers = nn.Sequential(Mixer(), Mixer())
        self.norm = nn.LayerNorm(_WIDE, eps=1e-6)
        self.leave = nn.Conv2d(_WIDE, 480, 1)
        self.merge = nn.Conv2d(widths[-1] + 480, 60, (1, 3), padding=(0, 1))
        self.finish = nn.Conv2d(60, _WIDE, 1)
        self.head = nn.Linear(_WIDE, CLASSES)

    def forward(self, pixels: Tensor) -> Tensor:
        features = self.blocks(self.stem(pixels / 127.5 - 1.0))
        pooled = functional.avg_pool2d(features, (3, 2))
        entered = functional.silu(self.enter(functional.silu(self.reduce(pooled))))
        steps = self.norm(self.mixers(entered.squeeze(2).transpose(1, 2)))
        left = functional.silu(self.leave(steps.transpose(1, 2).unsqueeze(2)))
        merged = functional.silu(self.merge(torch.cat([pooled, left], dim=1)))
        finished = functional.silu(self.finish(merged)).squeeze(2).transpose(1, 2)
        scores: Tensor = self.head(finished)
        return scores.log_softmax(dim=2)
