"""What the detector is punished for."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.detector.batches import Batch

_CORNER_SHARE, _TWO_LINE_SHARE = 4.0, 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Losses:
    """The parts, each a scalar tensor, and their weighted sum."""

    centre: Tensor
    corner: Tensor
    two_line: Tensor

    @property
    def total(self) -> Tensor:
        return self.centre + _CORNER_SHARE * self.corner + _TWO_LINE_SHARE * self.two_line


def losses_of(outputs: tuple[Tensor, Tensor, Tensor], batch: Batch) -> Losses:
    """Return the losses of the network's raw outputs (centre logits, corners, two-line logits) on `batch`.

    The centres' is the penalty-reduced focal loss of CornerNet (arXiv:1808.01244, eq. 1); corners' is the mean
    distance along each axis in heights of the plate.
    """
    centre, corners, two_line = outputs
    positive = (batch.heat >= 1.0).float() * (batch.heat_weight > 0)
    chance = centre.sigmoid()
    found = functional.logsigmoid(centre) * (1 - chance) ** 2 * positive
    invented = functional.logsigmoid(-centre) * chance**2 * (1 - batch.heat) ** 4 * (1 - positive) * batch.heat_weight
    centre_loss = -(found + invented).sum() / positive.sum().clamp(min=1.0)
    distance = functional.smooth_l1_loss(corners, batch.corners, beta=0.25, reduction="none").mean(dim=1)
    weighted = (distance * batch.corner_weight).sum()
    corner_loss = weighted / (batch.corner_weight > 0).sum().clamp(min=1)
    doubt = functional.binary_cross_entropy_with_logits(two_line, batch.two_line, reduction="none")
    two_line_loss = (doubt * batch.two_line_weight).sum() / batch.two_line_weight.sum().clamp(min=1.0)
    return Losses(centre=centre_loss, corner=corner_loss, two_line=two_line_loss)


def finite(losses: Losses) -> bool:
    """False where the training has gone wrong beyond repair."""
    return bool(torch.isfinite(losses.total))
