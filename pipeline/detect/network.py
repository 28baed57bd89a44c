"""The plate detector's network: PP-LCNetV3 trunk, a slim pyramid neck and heads at stride 8.

Promise: `PlateNetwork` takes images as batch x height x width x 3, blue-green-red, 0..255 (uint8 or float), height and
width multiples of 32 (others work, but were never trained), and returns
  * `scores`  batch x height/8 x width/8: how likely a plate is centred in that cell, 0..1;
  * `corners` batch x 8 x height/8 x width/8: x and y of the four corners (top left, top right, bottom right, bottom
    left as one reads the plate) in pixels from the centre of the cell;
  * `two_line` batch x height/8 x width/8: how likely that plate has two lines, 0..1.
Normalising and decoding belong to the network, so every runtime of the exported weights gives the same numbers.

The trunk is the one of PP-OCRv4's mobile text detector (PP-LCNetV3 at width 0.75, Apache-2.0), with the parallel
branches, batch norms and scalar affine layers it was trained with folded into plain convolutions.

Figures: the trunk's shape is read off the exported graph of `ch_PP-OCRv4_det_infer.onnx`; the mean and deviation are
PaddleOCR's. On failure: tensors of another rank raise torch's own error; the detector never passes them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 8
GRANULE = 32
_NECK_CHANNELS = 64
# PaddleOCR normalises with these in blue-green-red order; the trunk's weights expect it.
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
# (kernel, inputs, outputs, stride, squeeze-and-excite) of each depthwise-separable block, from the exported graph.
_BLOCKS: tuple[tuple[int, int, int, int, bool], ...] = (
    (3, 16, 32, 1, False),
    (3, 32, 48, 2, False),
    (3, 48, 48, 1, False),
    (3, 48, 96, 2, False),
    (3, 96, 96, 1, False),
    (3, 96, 192, 2, False),
    (5, 192, 192, 1, False),
    (5, 192, 192, 1, False),
    (5, 192, 192, 1, False),
    (5, 192, 192, 1, False),
    (5, 192, 384, 2, True),
    (5, 384, 384, 1, True),
    (5, 384, 384, 1, False),
    (5, 384, 384, 1, False),
)
TAPS = (4, 9, 13)
"""The last blocks at strides 8, 16 and 32."""


class SqueezeExcite(nn.Module):
    """Weigh the channels by what the whole picture holds."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, channels // 4, 1)
        self.expand = nn.Conv2d(channels // 4, channels, 1)
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

    def __init__(self, kernel: int, inputs: int, outputs: int, stride: int, excite: bool) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, kernel, stride, kernel // 2, groups=inputs)
        # The original has no activation where the stride is 2.
        self.activate = stride == 1
        self.excite = SqueezeExcite(inputs) if excite else None
        self.pointwise = nn.Conv2d(inputs, outputs, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return the block's output."""
        features = self.depthwise(features)
        if self.activate:
            features = functional.hardswish(features)
        if self.excite is not None:
            features = self.excite(features)
        return functional.hardswish(self.pointwise(features))


class Trunk(nn.Module):
    """PP-LCNetV3: normalised images in, features at strides 8, 16 and 32 (96, 192 and 384 channels) out."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 2, 1)
        self.blocks = nn.ModuleList(Separable(*block) for block in _BLOCKS)

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

    def __init__(self) -> None:
        super().__init__()
        width = _NECK_CHANNELS
        self.lateral = nn.ModuleList(nn.Conv2d(channels, width, 1) for channels in (96, 192, 384))
        self.mix_coarse = Separable(5, width, width, 1, False)
        self.mix_fine = nn.Sequential(Separable(5, width, width, 1, False), Separable(5, width, width, 1, False))

    def forward(self, taps: list[Tensor]) -> Tensor:
        """Return the mixed features at stride 8."""
        fine, middle, coarse = (lateral(tap) for lateral, tap in zip(self.lateral, taps, strict=True))
        middle = self.mix_coarse(middle + functional.interpolate(coarse, size=middle.shape[2:], mode="nearest"))
        mixed: Tensor = self.mix_fine(fine + functional.interpolate(middle, size=fine.shape[2:], mode="nearest"))
        return mixed


class PlateNetwork(nn.Module):
    """The whole detector network; see the module's promise."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.neck = Neck()
        self.heads = nn.Conv2d(_NECK_CHANNELS, 11, 1)
        """Centre logit, two-line logit, logarithm of the size in cells, eight corner co-ordinates in sizes."""
        self.scale: Tensor
        self.shift: Tensor
        self.register_buffer("scale", 1.0 / (255.0 * torch.tensor(_DEVIATION).view(1, 3, 1, 1)), persistent=False)
        self.register_buffer("shift", -(torch.tensor(_MEAN) / torch.tensor(_DEVIATION)).view(1, 3, 1, 1), False)
        self._start_heads()

    def _start_heads(self) -> None:
        """Start as if every cell thought of a small plate 4:1, and almost none believed in it (as focal loss needs)."""
        bias = torch.tensor([-4.6, -2.0, 1.0, -1.0, -0.25, 1.0, -0.25, 1.0, 0.25, -1.0, 0.25])
        with torch.no_grad():
            self.heads.weight.normal_(0.0, 0.01)
            self.heads.bias = nn.Parameter(bias)

    def raw(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return centre logits, corners in pixels and two-line logits: what the losses take."""
        planes = images.permute(0, 3, 1, 2).to(self.heads.weight.dtype)
        outputs = self.heads(self.neck(self.trunk(planes * self.scale + self.shift)))
        size = torch.exp(outputs[:, 2:3].clamp(-3.0, 5.0)) * float(STRIDE)
        return outputs[:, 0], outputs[:, 3:] * size, outputs[:, 1]

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return scores, corners and two_line."""
        centre, corners, two_line = self.raw(images)
        return centre.sigmoid(), corners, two_line.sigmoid()
