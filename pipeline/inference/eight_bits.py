"""Turns a network that searches pictures into one whose pointwise convolutions multiply 8 bits, while it is compiled.

No second file of weights: 8-bit weights are made of those of the file, and the file's metadata says between which
numbers the inputs of each such layer lie (`python -m training.detector quantise` measures that on pictures). Layers
that are not named there stay in float32. The first layer takes the picture's bytes as they are, because what its
network does to them before (a scale and a shift for each colour) goes into its weights; beyond the picture's edge it
sees mid grey.

Weights use 7 of their 8 bits. Processors without VNNI add two products of bytes in 16 bits, which overflow with all 8,
and so every processor computes the same integers.

Sources of figures: none but those rules. On failure: BadInput when the file names no ranges, or another network's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import BadInput
from pipeline.inference.graph import numbers, take
from pipeline.inference.weights import metadata_of

RANGES_KEY = "int8_ranges"
Ranges = dict[str, tuple[float, float]]
"""The least and the greatest input of a convolution, by the name of its node in the file."""
_Floats = NDArray[np.float32]
_HIGHEST, _LARGEST = 63, 127
"""The largest weight that is used, and that there is."""
_MID_GREY = 114
"""Of bytes, the one that counts as nothing: the detector's padding."""


def has_ranges(path: Path) -> bool:
    """Tell whether the network in `path` can compute in 8 bits."""
    return RANGES_KEY in metadata_of(path)


def ranges_of(path: Path) -> Ranges:
    """Return the ranges that the file in `path` names."""
    if not has_ranges(path):
        raise BadInput(f"{path} names no ranges for 8 bits")
    return {name: (low, high) for name, (low, high) in json.loads(metadata_of(path)[RANGES_KEY]).items()}


def convolutions(model: Any) -> dict[str, Any]:
    """Return an OpenVINO model's convolutions but for the depthwise ones, in order, by their names in the file."""
    return {
        node.get_friendly_name().removesuffix("/WithoutBiases"): node
        for node in model.get_ordered_ops()
        if node.get_type_name() == "Convolution"
    }


def in_eight_bits(model: Any, ranges: Ranges) -> None:
    """Change `model`, which takes pictures and was not compiled yet, in place."""
    layers = convolutions(model)
    unknown = ranges.keys() - layers.keys()
    if unknown or not layers:
        raise BadInput(f"ranges for layers that the network has not: {sorted(unknown)[:5]}")
    for name, (low, high) in ranges.items():
        layer = layers[name]
        least, greatest = _around_nothing(low, high)
        take(layer, 0, _rounded(layer.input_value(0), least, greatest, least, greatest, levels=256))
        take(layer, 1, _rounded_weights(numbers(layer, 1)))
    _from_bytes(next(iter(layers.values())))
    model.validate_nodes_and_infer_types()


def _from_bytes(stem: Any) -> None:
    """Let the first layer take bytes, with what was done to them before in its weights."""
    from openvino import opset13

    turned = stem.input_value(0).get_node()
    shifted = turned.input_value(0).get_node()
    scaled = shifted.input_value(0).get_node()
    biased = [one.get_node() for one in stem.output(0).get_target_inputs() if one.get_node().get_type_name() == "Add"]
    kinds = [node.get_type_name() for node in (turned, shifted, scaled)]
    if kinds != ["Transpose", "Add", "Multiply"] or len(biased) != 1:
        raise BadInput(f"the network's first layer does not take scaled and shifted pictures, but {kinds}")
    weights, scale, shift = numbers(stem, 1), numbers(scaled, 1), numbers(shifted, 1)
    grey = (shift + _MID_GREY * scale).reshape(1, -1, 1, 1)
    bias = (weights * grey).sum(axis=(1, 2, 3)).reshape(1, -1, 1, 1)
    levels = (0.0, 255.0, -float(_MID_GREY), 255.0 - _MID_GREY)
    take(turned, 0, _rounded(scaled.input_value(0), *levels, levels=256))
    take(stem, 1, _rounded_weights(np.asarray(weights * scale.reshape(1, -1, 1, 1), np.float32)))
    take(biased[0], 1, opset13.add(biased[0].input_value(1), opset13.constant(np.asarray(bias, np.float32))))


def _around_nothing(low: float, high: float) -> tuple[float, float]:
    """Return a range of 256 levels around both, of which one is 0 exactly."""
    low, high = min(low, 0.0), max(high, 0.0, low + 1e-6)
    step = (high - low) / 255
    below = round(-low / step)
    return -below * step, (255 - below) * step


def _rounded_weights(weights: _Floats) -> Any:
    """Return weights that are whole multiples of a step of each output's own."""
    from openvino import opset13

    step = np.maximum(np.abs(weights).max(axis=(1, 2, 3), keepdims=True), 1e-12) / _HIGHEST
    whole = opset13.constant(np.asarray(np.round(weights / step) * step, np.float32))
    most = np.asarray(_LARGEST * step, np.float32)
    return opset13.fake_quantize(whole, -most, most, -most, most, 2 * _LARGEST + 1)


def _rounded(numbers: Any, *bounds: float, levels: int) -> Any:
    from openvino import opset13

    return opset13.fake_quantize(numbers, *(np.full((1, 1, 1, 1), one, np.float32) for one in bounds), levels)
