"""Fewer channels without training: those are kept from which a least-squares fit of the next layers loses least.

Layer by layer from the image on: the next layers' outputs in the large network are what must be kept; channels are
chosen greedily for it (orthogonal matching pursuit), and the pointwise weights are then fitted to the features that the
smaller network really has, so that what one layer loses the next can mend. Cells near plates count more than others.

On failure: a plan that is wider than the large network raises BadInput.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm  # type: ignore[import-untyped]

from pipeline.detect.network import LARGE, TAPS, Plan, PlateNetwork, Separable
from pipeline.errors import BadInput
from training.detector.batches import Batch

_NEAR_PLATES_WEIGHT = 12.0
_RIDGE = 1e-4
_Reader = Separable | nn.Conv2d


@dataclass(slots=True, kw_only=True, eq=False)
class _Cells:
    """What counts how much, at every resolution."""

    heat: Tensor

    def weights(self, features: Tensor) -> Tensor:
        """Return a weight for each cell of `features` (batch x channels x rows x columns), flat."""
        size = (features.shape[2], features.shape[3])
        near = functional.interpolate(self.heat, size=size, mode="bilinear")
        near = functional.max_pool2d((near > 0.02).float(), 3, 1, 1)
        return (1 + _NEAR_PLATES_WEIGHT * near).flatten()


@torch.no_grad()
def pruned(large: PlateNetwork, plan: Plan, batch: Batch) -> PlateNetwork:
    """Return a network of `plan` that does what `large` does as well as a fit on `batch` can make it."""
    if any(few > many for few, many in zip((plan.stem, *plan.blocks), (LARGE.stem, *LARGE.blocks), strict=True)):
        raise BadInput("the plan is wider than the network it is to be cut from")
    small, cells = PlateNetwork(plan).eval(), _Cells(heat=batch.heat[:, None])
    images = large.normalised(batch.images)
    true: Tensor = large.trunk.stem(images)
    blocks = [(_block(one), _block(other)) for one, other in zip(large.trunk.blocks, small.trunk.blocks, strict=True)]
    kept = _chosen(true, plan.stem, cells, [_block(large.trunk.blocks[0])])
    _keep_outputs(large.trunk.stem, small.trunk.stem, kept)
    found: Tensor = small.trunk.stem(images)
    true_taps, taps, tap_kept = [], [], []
    for index, (theirs, mine) in enumerate(tqdm(blocks, desc="pruning")):
        found = _inside(theirs, mine, kept, found)
        wanted = theirs.pointwise(theirs.spread(true))
        true = functional.hardswish(wanted)
        readers: list[_Reader] = [blocks[index + 1][0]] if index + 1 < len(blocks) else []
        readers += [_pointwise(large.neck.lateral[TAPS.index(index)])] if index in TAPS else []
        kept = _chosen(true, plan.blocks[index], cells, readers)
        _fit(mine.pointwise, found, wanted[:, kept], cells)
        found = functional.hardswish(mine.pointwise(found))
        if index in TAPS:
            true_taps.append(true)
            taps.append(found)
            tap_kept.append(kept)
    _neck(large, small, plan, (true_taps, taps), cells)
    return small


def _neck(
    large: PlateNetwork, small: PlateNetwork, plan: Plan, taps: tuple[list[Tensor], list[Tensor]], cells: _Cells
) -> None:
    (fine, middle, coarse), (my_fine, my_middle, my_coarse) = taps
    theirs, mine = large.neck, small.neck
    true = theirs.sum_middle(middle, coarse)
    kept = _chosen(true, plan.middle, cells, [_block(theirs.mix_coarse)])
    _fit(_pointwise(mine.lateral[2]), my_coarse, theirs.lateral[2](coarse)[:, kept], cells)
    _fit(_pointwise(mine.lateral[1]), my_middle, theirs.lateral[1](middle)[:, kept], cells)
    found = _inside(theirs.mix_coarse, mine.mix_coarse, kept, mine.sum_middle(my_middle, my_coarse))
    wanted = theirs.mix_coarse.pointwise(theirs.mix_coarse.spread(true))
    true = theirs.sum_fine(fine, functional.hardswish(wanted))
    kept = _chosen(true, plan.fine, cells, [_block(theirs.mix_fine[0])])
    _fit(mine.mix_coarse.pointwise, found, wanted[:, kept], cells)
    _fit(_pointwise(mine.lateral[0]), my_fine, theirs.lateral[0](fine)[:, kept], cells)
    found = mine.sum_fine(my_fine, functional.hardswish(mine.mix_coarse.pointwise(found)))
    last: list[list[_Reader]] = [[_block(theirs.mix_fine[1])], [large.heads]]
    for index, readers in enumerate(last):
        block, my_block = _block(theirs.mix_fine[index]), _block(mine.mix_fine[index])
        found = _inside(block, my_block, kept, found)
        wanted = block.pointwise(block.spread(true))
        true = functional.hardswish(wanted)
        kept = _chosen(true, plan.last[index], cells, readers)
        _fit(my_block.pointwise, found, wanted[:, kept], cells)
        found = functional.hardswish(my_block.pointwise(found))
    _fit(small.heads, found, large.heads(true), cells)


def _block(layer: nn.Module) -> Separable:
    assert isinstance(layer, Separable)
    return layer


def _pointwise(layer: nn.Module) -> nn.Conv2d:
    assert isinstance(layer, nn.Conv2d)
    return layer


def _chosen(features: Tensor, count: int, cells: _Cells, readers: list[_Reader]) -> Tensor:
    """Return the `count` channels of `features` from which what `readers` make of all of them can best be fitted."""
    channels = features.shape[1]
    if count >= channels:
        return torch.arange(channels)
    gram, residual = torch.zeros(channels, channels, dtype=torch.float64), []
    for reader in readers:
        inputs = reader.spread(features) if isinstance(reader, Separable) else features
        layer = reader.pointwise if isinstance(reader, Separable) else reader
        own, cross = _moments(inputs, layer(inputs), cells)
        # Each reader counts by the share of its own output that would be lost.
        scale = float(torch.trace(layer.weight.flatten(1).double() @ own @ layer.weight.flatten(1).double().T))
        gram += own / scale
        residual.append((own / scale, cross / scale))
    return chosen_by_pursuit(gram, torch.cat([cross for _, cross in residual], dim=1), count)


def chosen_by_pursuit(gram: Tensor, cross: Tensor, count: int) -> Tensor:
    """Orthogonal matching pursuit on second moments: channels by what each adds to the fit."""
    least = 1e-7 * float(gram.diagonal().mean())
    gram, cross = gram.clone(), cross.clone()
    free = torch.ones(len(gram), dtype=torch.bool)
    for _ in range(count):
        left = gram.diagonal().clamp(min=least)
        gain = ((cross**2).sum(dim=1) / left).masked_fill(~free, -1.0)
        best = int(gain.argmax())
        free[best] = False
        root = left[best].sqrt()
        column, row = gram[:, best] / root, cross[best] / root
        cross -= column[:, None] * row[None]
        gram -= column[:, None] * column[None]
    return torch.nonzero(~free).flatten()


def _moments(inputs: Tensor, outputs: Tensor, cells: _Cells) -> tuple[Tensor, Tensor]:
    """Return the weighted covariances of the inputs, and of inputs with outputs."""
    x, y, weight = _rows(inputs), _rows(outputs), cells.weights(inputs)[:, None]
    x = x - (x * weight).sum(dim=0) / weight.sum()
    y = y - (y * weight).sum(dim=0) / weight.sum()
    total = weight.sum().double()
    return ((x * weight).T @ x).double() / total, ((x * weight).T @ y).double() / total


def _fit(layer: nn.Conv2d, inputs: Tensor, wanted: Tensor, cells: _Cells) -> None:
    """Give the pointwise `layer` the weights and bias that make `wanted` of `inputs`."""
    own, cross = _moments(inputs, wanted, cells)
    ridge = _RIDGE * own.diagonal().mean() * torch.eye(len(own), dtype=torch.float64)
    weight = torch.linalg.solve(own + ridge, cross).T.float()
    share = cells.weights(inputs)[:, None]
    means = [(_rows(part) * share).sum(dim=0) / share.sum() for part in (inputs, wanted)]
    assert layer.bias is not None
    layer.weight.copy_(weight[:, :, None, None])
    layer.bias.copy_(means[1] - weight @ means[0])


def _rows(features: Tensor) -> Tensor:
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])


def _inside(theirs: Separable, mine: Separable, kept: Tensor, features: Tensor) -> Tensor:
    """Give `mine` the kept channels of what comes before its pointwise layer; return what that layer takes."""
    _keep_outputs(theirs.depthwise, mine.depthwise, kept)
    if theirs.excite is not None and mine.excite is not None:
        assert mine.excite.reduce.bias is not None
        assert theirs.excite.reduce.bias is not None
        # The channels that are gone no longer add to what is squeezed; those kept stand for them in proportion.
        share = theirs.excite.reduce.weight.shape[1] / len(kept)
        mine.excite.reduce.weight.copy_(theirs.excite.reduce.weight[:, kept] * share)
        mine.excite.reduce.bias.copy_(theirs.excite.reduce.bias)
        _keep_outputs(theirs.excite.expand, mine.excite.expand, kept)
        mine.excite.shift.copy_(theirs.excite.shift)
    return mine.spread(features)


def _keep_outputs(theirs: nn.Conv2d, mine: nn.Conv2d, kept: Tensor) -> None:
    assert theirs.bias is not None
    assert mine.bias is not None
    mine.weight.copy_(theirs.weight[kept])
    mine.bias.copy_(theirs.bias[kept])
