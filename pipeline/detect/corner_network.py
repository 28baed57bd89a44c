"""The network that finds the corners of a plate in the window on a rough find, and says whether it is one.

Promise: `CornerNetwork` takes windows (batch x 64 x 128 x 3, blue-green-red, 0..255, uint8 or float) and returns
  * `corners`  batch x 4 x 2: top left, top right, bottom right, bottom left as one reads the plate, in window pixels;
  * `plate`    batch: how likely the window is on a plate, 0..1;
  * `two_line` batch: how likely that plate has two lines, 0..1.
Each corner is the mean place of a probability map at stride 4, so it is found where the picture shows it, to parts of
a pixel, and never outside of the window.

Figures: the widths were chosen for half a millisecond a window. On failure: tensors of another rank raise torch's own
error; the detector never passes them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.detect.windows import HEIGHT, WIDTH

_STRIDE = 4
_CORNERS = 4


class Layer(nn.Module):
    """A 3 x 3 convolution and ReLU; `norm` puts a batch norm between, for training."""

    def __init__(self, inputs: int, outputs: int, stride: int, norm: bool) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 3, stride, 1)
        self.norm = nn.BatchNorm2d(outputs) if norm else None

    def forward(self, features: Tensor) -> Tensor:
        """Return the layer's output."""
        features = self.convolution(features)
        return functional.relu(features if self.norm is None else self.norm(features))


class CornerNetwork(nn.Module):
    """See the module's promise. With `norm` it is the network as it trains; `training` folds the norms away."""

    def __init__(self, norm: bool = False) -> None:
        super().__init__()
        self.fine = nn.Sequential(Layer(3, 16, 2, norm), Layer(16, 24, 2, norm), Layer(24, 24, 1, norm))
        self.middle = nn.Sequential(Layer(24, 48, 2, norm), Layer(48, 48, 1, norm))
        self.coarse = nn.Sequential(Layer(48, 96, 2, norm), Layer(96, 96, 1, norm), Layer(96, 96, 1, norm))
        self.to_middle = nn.Conv2d(96, 48, 1)
        self.mix_middle = Layer(48, 48, 1, norm)
        self.to_fine = nn.Conv2d(48, 24, 1)
        self.mix_fine = Layer(24, 24, 1, norm)
        self.maps = nn.Conv2d(24, _CORNERS, 1)
        self.judge = nn.Sequential(nn.Linear(96 * 8, 48), nn.ReLU(), nn.Linear(48, 2))
        rows, columns = HEIGHT // _STRIDE, WIDTH // _STRIDE
        y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
        middle = torch.tensor(0.5)
        places = torch.stack([x.reshape(-1) + middle, y.reshape(-1) + middle], dim=1) * _STRIDE
        self.places: Tensor
        self.register_buffer("places", places, persistent=False)

    def raw(self, windows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return corner maps (batch x 4 x cells, logits), plate logits and two-line logits: what the losses take."""
        planes = windows.permute(0, 3, 1, 2).to(self.maps.weight.dtype)
        fine = self.fine(planes * (1 / 64.0) - 2.0)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        middle = middle + functional.interpolate(self.to_middle(coarse), scale_factor=2.0, mode="nearest")
        middle = self.mix_middle(middle)
        fine = self.mix_fine(fine + functional.interpolate(self.to_fine(middle), scale_factor=2.0, mode="nearest"))
        judged = self.judge(functional.max_pool2d(coarse, 2).flatten(1))
        return self.maps(fine).flatten(2), judged[:, 0], judged[:, 1]

    def placed(self, maps: Tensor) -> Tensor:
        """Return corner maps as corners."""
        return torch.matmul(maps.softmax(dim=2), self.places)

    def forward(self, windows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return corners, plate and two_line."""
        maps, plate, two_line = self.raw(windows)
        return self.placed(maps), plate.sigmoid(), two_line.sigmoid()
