"""Start the detector's trunk from PP-OCRv4's mobile text detector (Apache-2.0, in the `rapidocr-onnxruntime` wheel).

`load_trunk` copies its weights and folds what stands between the convolutions into them: the batch norm after the
stem and the scalar affine layers before and after each activation. Folding an affine's shift through a zero-padded
depthwise convolution changes the outermost pixels only; `verify` shows it by padding with the value that makes the
folded network exactly equal to the original.

On failure: a graph of another shape raises BadInput; `verify` returns the largest difference, and never hides it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from pipeline.detect.network import LARGE, TAPS, Separable, SqueezeExcite, Trunk
from pipeline.errors import BadInput

_STEM_NORM_EPSILON = 1e-5
_TAP_OUTPUTS = ("p2o.Add.71", "p2o.Add.147", "p2o.Add.215")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Affine:
    scale: float
    shift: float


class _Graph:
    """The exported graph's convolutions and affine layers, handed out in the order they run."""

    def __init__(self, path: Path) -> None:
        self.model = onnx.load(str(path))
        self._arrays = {item.name: numpy_helper.to_array(item) for item in self.model.graph.initializer}
        for node in self.model.graph.node:
            if node.op_type == "Constant":
                self._arrays[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        self._steps: Iterator[tuple[str, list[NDArray[np.float32]]]] = iter(list(self._read()))

    def _read(self) -> Iterator[tuple[str, list[NDArray[np.float32]]]]:
        nodes = [node for node in self.model.graph.node if node.op_type != "Constant"]
        for index, node in enumerate(nodes):
            weights = [self._arrays[name] for name in node.input if name in self._arrays]
            if node.op_type in ("Conv", "BatchNormalization"):
                yield node.op_type, weights
            elif node.op_type == "Mul" and weights and "w_0" in node.input[0]:
                shift = self._arrays[nodes[index + 1].input[1]]
                yield "Affine", [weights[0], shift]

    def take(self, kind: str) -> list[NDArray[np.float32]]:
        """Return the weights of the next step, which must be a `kind`."""
        found, weights = next(self._steps)
        if found != kind:
            raise BadInput(f"expected the text detector's next layer to be {kind}, found {found}")
        return weights

    def affine(self) -> _Affine:
        scale, shift = self.take("Affine")
        return _Affine(scale=float(scale.item()), shift=float(shift.item()))


def load_trunk(trunk: Trunk, path: Path) -> tuple[dict[nn.Conv2d, float], list[_Affine]]:
    """Load the text detector at `path` into `trunk`.

    Returns what `verify` needs: the value each depthwise layer must be padded with, and the affine after each block,
    which the layers that take a tap learn for themselves.
    """
    graph = _Graph(path)
    (stem,) = graph.take("Conv")
    gamma, beta, mean, variance = graph.take("BatchNormalization")
    scale = gamma / np.sqrt(variance + _STEM_NORM_EPSILON)
    _assign(trunk.stem, stem * scale[:, None, None, None], beta - mean * scale)
    affine = _Affine(scale=1.0, shift=0.0)
    padding: dict[nn.Conv2d, float] = {}
    after: list[_Affine] = []
    for block in trunk.blocks:
        assert isinstance(block, Separable)
        padding[block.depthwise] = -affine.shift / affine.scale
        _fold(block.depthwise, graph, affine)
        affine = graph.affine() if block.activate else _Affine(scale=1.0, shift=0.0)
        if block.excite is not None:
            affine = _fold_excite(block.excite, graph, affine)
        _fold(block.pointwise, graph, affine)
        affine = graph.affine()
        after.append(affine)
    return padding, after


def _fold(layer: nn.Conv2d, graph: _Graph, before: _Affine) -> None:
    weight, bias = graph.take("Conv")
    behind = graph.affine()
    bias = bias + before.shift * weight.sum(axis=(1, 2, 3))
    _assign(layer, weight * before.scale * behind.scale, bias * behind.scale + behind.shift)


def _fold_excite(excite: SqueezeExcite, graph: _Graph, before: _Affine) -> _Affine:
    reduce_weight, reduce_bias = graph.take("Conv")
    _assign(excite.reduce, reduce_weight * before.scale, reduce_bias)
    _assign(excite.expand, *graph.take("Conv"))
    with torch.no_grad():
        excite.shift.fill_(before.shift / before.scale)
    return _Affine(scale=before.scale, shift=0.0)


def _assign(layer: nn.Conv2d, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
    assert layer.bias is not None
    if weight.shape != tuple(layer.weight.shape):
        raise BadInput(f"expected a layer of shape {tuple(layer.weight.shape)}, found {weight.shape}")
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.array(weight)))
        layer.bias.copy_(torch.from_numpy(np.array(bias)))


def verify(path: Path, seed: int = 0) -> float:
    """Return the largest difference, relative to the largest value, between the folded trunk and the original."""
    trunk = Trunk(LARGE).eval()
    padding, after = load_trunk(trunk, path)
    for layer, value in padding.items():
        _pad_with(layer, value)
    model = _Graph(path).model
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in _TAP_OUTPUTS)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    images = np.random.default_rng(seed).normal(size=(1, 3, 192, 320)).astype(np.float32)
    expected = session.run(list(_TAP_OUTPUTS), {model.graph.input[0].name: images})
    with torch.no_grad():
        found = trunk(torch.from_numpy(images))
    worst = 0.0
    for tap, index, original in zip(found, TAPS, expected, strict=True):
        ours = tap.numpy() * after[index].scale + after[index].shift
        worst = max(worst, float(np.abs(ours - original).max() / np.abs(original).max()))
    return worst


def _pad_with(layer: nn.Conv2d, value: float) -> None:
    margin = layer.kernel_size[0] // 2
    layer.padding = (0, 0)

    def pad(_: nn.Module, inputs: tuple[Tensor]) -> Tensor:
        return functional.pad(inputs[0], (margin,) * 4, value=value)

    layer.register_forward_pre_hook(pad)
