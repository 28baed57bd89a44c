"""The small network in torch, meant to read every plate and to leave those it is unsure of to the large one.

Input and output are those of `network.py`. Dense convolutions of 3 x 3 with few channels, because on a processor
without matrix instructions they come closest to its peak: 64 million multiply-adds a patch, a sixth of the large
network's. While it is trained every convolution is followed by a batch norm, which is folded in before it is exported.

On failure: torch raises on a wrong shape; nothing is caught here.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from pipeline.recognise.network import CLASSES

_STEPS_MIXED = 3


class Unit(nn.Module):
    """A convolution and what follows it: a batch norm while training, a shortcut where shapes allow, a ReLU."""

    def __init__(
        self,
        inward: int,
        outward: int,
        kernel: tuple[int, int] = (3, 3),
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (1, 1),
        *,
        shortcut: bool = False,
        normed: bool = False,
    ) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inward, outward, kernel, stride, padding)
        self.norm: nn.Module = nn.BatchNorm2d(outward) if normed else nn.Identity()
        self._shortcut = shortcut

    def forward(self, features: Tensor) -> Tensor:
        computed: Tensor = self.norm(self.convolution(features))
        return functional.relu(computed + features if self._shortcut else computed)


class SmallNetwork(nn.Module):
    """Pixels to a CTC posterior. `normed` is for training."""

    def __init__(self, *, normed: bool = False) -> None:
        super().__init__()

        def changed(inward: int, outward: int, stride: tuple[int, int]) -> Unit:
            return Unit(inward, outward, stride=stride, normed=normed)

        def kept(width: int, kernel: tuple[int, int] = (3, 3)) -> Unit:
            around = kernel[0] // 2, kernel[1] // 2
            return Unit(width, width, kernel, padding=around, shortcut=True, normed=normed)

        self.trunk = nn.Sequential(
            changed(3, 16, (2, 2)),
            changed(16, 32, (2, 1)),
            changed(32, 48, (1, 2)),
            kept(48),
            changed(48, 64, (2, 1)),
            kept(64),
            changed(64, 96, (2, 2)),
            kept(96),
            Unit(96, 160, padding=(0, 1), normed=normed),
            *(kept(160, (1, 5)) for _ in range(_STEPS_MIXED)),
        )
        self.head = nn.Conv2d(160, CLASSES, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        scores: Tensor = self.head(self.trunk(pixels / 127.5 - 1.0))
        return scores.squeeze(2).transpose(1, 2).log_softmax(dim=2)
