"""A narrower network without training: those channels are kept from which the next layer can be fitted best.

Block by block from the image on, as the detector was cut (`training/detector/pruning.py`): channels are chosen for what
the next block's pointwise layer makes of all of them, and pointwise weights are fitted to the features that the narrow
network really has, so that what one block loses the next can mend. The last block's channels all stay, and with them
everything behind it.

On failure: widths beyond the large network's raise BadInput.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm  # type: ignore[import-untyped]

from pipeline.errors import BadInput
from pipeline.recognise.network import LARGE, Block, Network, Widths
from training.detector.pruning import chosen_by_pursuit

_RIDGE = 1e-4


@torch.no_grad()
def pruned(large: Network, widths: Widths, pixels: Tensor) -> Network:
    """Return a network of `widths` that does what `large` does as well as a fit on `pixels` can make it."""
    if widths[-1] != LARGE[-1] or any(few > many for few, many in zip(widths, LARGE, strict=True)):
        raise BadInput("widths must not exceed the large network's, and the last must be the same")
    small = Network(widths).eval()
    found = true = large.stem(pixels / 127.5 - 1.0)
    kept = chosen(true, widths[0], _block(large, 0))
    small.stem.weight.copy_(large.stem.weight[kept])
    _bias(small.stem).copy_(_bias(large.stem)[kept])
    found = small.stem(pixels / 127.5 - 1.0)
    for index in tqdm(range(len(widths) - 1), desc="pruning"):
        theirs, mine = _block(large, index), _block(small, index)
        whole = found.shape == true.shape and torch.equal(found, true)
        _keep(theirs, mine, kept)
        if not whole:
            _squeeze(theirs, mine, true, found)
        inputs, wanted = mine.spread(found), theirs.pointwise(theirs.spread(true))
        true = functional.hardswish(wanted) + theirs.shift
        last = index + 2 == len(widths)
        kept = torch.arange(widths[-1]) if last else chosen(true, widths[index + 1], _block(large, index + 1))
        if whole:
            mine.pointwise.weight.copy_(theirs.pointwise.weight[kept])
            _bias(mine.pointwise).copy_(_bias(theirs.pointwise)[kept])
        else:
            _fit(mine.pointwise, inputs, wanted[:, kept])
        mine.shift.copy_(theirs.shift)
        found = functional.hardswish(mine.pointwise(inputs)) + mine.shift
    behind = {key: value for key, value in large.state_dict().items() if not key.startswith(("stem.", "blocks."))}
    small.load_state_dict(behind, strict=False)
    return small


def chosen(features: Tensor, count: int, reader: Block) -> Tensor:
    """Return the `count` channels of `features` from which what `reader` makes of all of them can best be fitted."""
    if count >= features.shape[1]:
        return torch.arange(features.shape[1])
    inputs = reader.spread(features)
    own, cross = _moments(inputs, reader.pointwise(inputs))
    return chosen_by_pursuit(own, cross, count)


def _block(network: Network, index: int) -> Block:
    block = network.blocks[index]
    assert isinstance(block, Block)
    return block


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias


def _keep(theirs: Block, mine: Block, kept: Tensor) -> None:
    """Give `mine` the kept channels of what comes before its pointwise layer."""
    mine.depthwise.weight.copy_(theirs.depthwise.weight[kept])
    _bias(mine.depthwise).copy_(_bias(theirs.depthwise)[kept])
    if theirs.excite is not None and mine.excite is not None:
        if len(kept) == len(theirs.excite.expand.weight):
            mine.excite.squeeze.load_state_dict(theirs.excite.squeeze.state_dict())
        mine.excite.expand.weight.copy_(theirs.excite.expand.weight[kept])
        _bias(mine.excite.expand).copy_(_bias(theirs.excite.expand)[kept])
        mine.inner_shift.copy_(theirs.inner_shift)


def _squeeze(theirs: Block, mine: Block, true: Tensor, found: Tensor) -> None:
    """Let `mine` squeeze what `theirs` does: channels that are gone are squeezed as the others foretell them."""
    if theirs.excite is None or mine.excite is None:
        return
    inputs = functional.hardswish(mine.depthwise(found)) + mine.inner_shift
    wanted = functional.hardswish(theirs.depthwise(true)) + theirs.inner_shift
    weight, bias = _fitted(inputs, wanted)
    squeeze = theirs.excite.squeeze.weight.flatten(1)
    mine.excite.squeeze.weight.copy_((squeeze @ weight)[:, :, None, None])
    _bias(mine.excite.squeeze).copy_(_bias(theirs.excite.squeeze) + squeeze @ bias)


def _fit(layer: nn.Conv2d, inputs: Tensor, wanted: Tensor) -> None:
    """Give the pointwise `layer` the weights and bias that make `wanted` of `inputs`."""
    weight, bias = _fitted(inputs, wanted)
    layer.weight.copy_(weight[:, :, None, None])
    _bias(layer).copy_(bias)


def _fitted(inputs: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Return weights and bias of the least-squares fit of `wanted` by `inputs`."""
    own, cross = _moments(inputs, wanted)
    ridge = _RIDGE * own.diagonal().mean() * torch.eye(len(own), dtype=torch.float64)
    weight = torch.linalg.solve(own + ridge, cross).T.float()
    return weight, _rows(wanted).mean(dim=0) - weight @ _rows(inputs).mean(dim=0)


def _moments(inputs: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor]:
    """Return the covariances of the inputs, and of inputs with outputs."""
    x, y = _rows(inputs), _rows(outputs)
    x, y = x - x.mean(dim=0), y - y.mean(dim=0)
    return (x.T @ x).double() / len(x), (x.T @ y).double() / len(x)


def _rows(features: Tensor) -> Tensor:
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])
