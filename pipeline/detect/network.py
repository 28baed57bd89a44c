"""The network that finds plates roughly: a PP-LCNetV3 trunk, a pyramid neck and heads at stride 8.

Promise: `PlateNetwork` takes images as batch x height x width x 3, blue-green-red, 0..255 (uint8 or float), height and
width multiples of 32 (others work, but were never trained), and returns
  * `scores`  batch x height/8 x width/8: how likely a plate is centred in that cell, 0..1;
  * `corners` batch x 8 x height/8 x width/8: x and y of the four corners (top left, top right, bottom right, bottom
    left as one reads the plate) in pixels from the centre of the cell;
  * `two_line` batch x height/8 x width/8: how likely that plate has two lines, 0..1.
Normalising and decoding belong to the network, so every runtime of the exported weights gives the same numbers.

The trunk is the one of PP-OCRv4's mobile text detector (PP-LCNetV3 at width 0.75, Apache-2.0), with the parallel
branches, batch norms and scalar affine layers it was trained with folded into plain convolutions. LARGE is the trunk
as it was published; SHIPPED keeps the channels of it that the others can be computed from.

Figures: the trunk's shape is read off the exported graph of `ch_PP-OCRv4_det_infer.onnx`; the mean and deviation are
PaddleOCR's. Widths of SHIPPED are multiples of 8 (an AVX2 register) and were chosen by what a least-squares fit of the
next layer lost without the other channels: little at strides 16 and 32, more in the first layers.
On failure: tensors of another rank raise torch's own error; the detector never passes them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 8
# PaddleOCR normalises with these in blue-green-red order; the trunk's weights expect it.
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
# (kernel, stride, hidden channels of squeeze-and-excite or 0) of each depthwise-separable block, from the graph.
_BLOCKS: tuple[tuple[int, int, int], ...] = (
    (3, 1, 0),
    (3, 2, 0),
    (3, 1, 0),
    (3, 2, 0),
    (3, 1, 0),
    (3, 2, 0),
    (5, 1, 0),
    (5, 1, 0),
    (5, 1, 0),
    (5, 1, 0),
    (5, 2, 48),
    (5, 1, 96),
    (5, 1, 0),
    (5, 1, 0),
)
TAPS = (4, 9, 13)
"""The last blocks at strides 8, 16 and 32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Channels: of the stem, of each block's output, of the neck's sums at strides 16 and 8, and of its last layers."""

    stem: int
    blocks: tuple[int, ...]
    middle: int
    fine: int
    last: tuple[int, int]


LARGE = Plan(
    stem=16,
    blocks=(32, 48, 48, 96, 96, 192, 192, 192, 192, 192, 384, 384, 384, 384),
    middle=64,
    fine=64,
    last=(64, 64),
)
SHIPPED = Plan(
    stem=12,
    blocks=(24, 40, 40, 72, 72, 128, 128, 112, 96, 80, 96, 128, 128, 128),
    middle=64,
    fine=56,
    last=(56, 56),
)


class SqueezeExcite(nn.Module):
    """Weigh the channels by what the whole picture holds."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, hidden, 1)
        self.expand = nn.Conv2d(hidden, channels, 1)
        # The original's scalar affine layer before this one: its shift cannot be folded through the product below.
        self.shift = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        """Return `features` scaled channel by channel."""
        features = features + self.shift
        pooled = features.mean(dim=(2, 3), keepdim=True)
        weights = functional.hardsigmoid(self.expand(functional.relu(self.reduce(pooled))))
        return features * weights


class Separable(nn.Module):
    """Depthwise convolution, optional squeeze-and-excite, pointwise convolution."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, hidden: int = 0) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, kernel, stride, kernel // 2, groups=inputs)
        # The original has no activation where the stride is 2.
        self.activate = stride == 1
        self.excite = SqueezeExcite(inputs, hidden) if hidden else None
        self.pointwise = nn.Conv2d(inputs, outputs, 1)

    def spread(self, features: Tensor) -> Tensor:
        """Return what the pointwise convolution takes."""
        features = self.depthwise(features)
        if self.activate:
            features = functional.hardswish(features)
        return features if self.excite is None else self.excite(features)

    def forward(self, features: Tensor) -> Tensor:
        """Return the block's output."""
        return functional.hardswish(self.pointwise(self.spread(features)))


class Trunk(nn.Module):
    """PP-LCNetV3: normalised images in, features at strides 8, 16 and 32 out."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, plan.stem, 3, 2, 1)
        inputs = (plan.stem, *plan.blocks)
        self.blocks = nn.ModuleList(
            Separable(before, after, *shape) for before, after, shape in zip(inputs, plan.blocks, _BLOCKS, strict=False)
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the three taps, finest first."""
        features: Tensor = self.stem(images)
        taps = []
        for index, block in enumerate(self.blocks):
            features = block(features)
            if index in TAPS:
                taps.append(features)
        return taps


class Neck(nn.Module):
    """Bring strides 32 and 16 down to stride 8 and mix."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        widths = zip(TAPS, (plan.fine, plan.middle, plan.middle), strict=True)
        self.lateral = nn.ModuleList(nn.Conv2d(plan.blocks[tap], width, 1) for tap, width in widths)
        self.mix_coarse = Separable(plan.middle, plan.fine, 5)
        first, second = plan.last
        self.mix_fine = nn.Sequential(Separable(plan.fine, first, 5), Separable(first, second, 5))

    def sum_middle(self, middle: Tensor, coarse: Tensor) -> Tensor:
        """Return the sum at stride 16 of the taps at strides 16 and 32."""
        coarse = self.lateral[2](coarse)
        added: Tensor = self.lateral[1](middle) + functional.interpolate(coarse, size=middle.shape[2:], mode="nearest")
        return added

    def sum_fine(self, fine: Tensor, middle: Tensor) -> Tensor:
        """Return the sum at stride 8 of its tap and the mixed sum at stride 16."""
        added: Tensor = self.lateral[0](fine) + functional.interpolate(middle, size=fine.shape[2:], mode="nearest")
        return added

    def forward(self, taps: list[Tensor]) -> Tensor:
        """Return the mixed features at stride 8."""
        fine, middle, coarse = taps
        mixed: Tensor = self.mix_fine(self.sum_fine(fine, self.mix_coarse(self.sum_middle(middle, coarse))))
        return mixed


class PlateNetwork(nn.Module):
    """The whole network; see the module's promise."""

    def __init__(self, plan: Plan = SHIPPED) -> None:
        super().__init__()
        self.trunk = Trunk(plan)
        self.neck = Neck(plan)
        self.heads = nn.Conv2d(plan.last[1], 11, 1)
        """Centre logit, two-line logit, logarithm of the size in cells, eight corner co-ordinates in sizes."""
        self.scale: Tensor
        self.shift: Tensor
        self.register_buffer("scale", 1.0 / (255.0 * torch.tensor(_DEVIATION)), persistent=False)
        self.register_buffer("shift", -torch.tensor(_MEAN) / torch.tensor(_DEVIATION), persistent=False)
        self._start_heads()

    def _start_heads(self) -> None:
        """Start as if every cell thought of a small plate 4:1, and almost none believed in it (as focal loss needs)."""
        bias = torch.tensor([-4.6, -2.0, 1.0, -1.0, -0.25, 1.0, -0.25, 1.0, 0.25, -1.0, 0.25])
        with torch.no_grad():
            self.heads.weight.normal_(0.0, 0.01)
            self.heads.bias = nn.Parameter(bias)

    def normalised(self, images: Tensor) -> Tensor:
        """Return what the trunk takes of images."""
        # Scaled before the axes are turned: OpenVINO keeps pixels in this order, and then need not move them twice.
        return (images.to(self.heads.weight.dtype) * self.scale + self.shift).permute(0, 3, 1, 2)

    def raw(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return centre logits, corners in pixels and two-line logits: what the losses take."""
        outputs = self.heads(self.neck(self.trunk(self.normalised(images))))
        size = torch.exp(outputs[:, 2:3].clamp(-3.0, 5.0)) * float(STRIDE)
        return outputs[:, 0], outputs[:, 3:] * size, outputs[:, 1]

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return scores, corners and two_line."""
        centre, corners, two_line = self.raw(images)
        return centre.sigmoid(), corners, two_line.sigmoid()
