"""Initialises the network from PP-OCRv4's mobile recogniser (Apache-2.0), as the `rapidocr-onnxruntime` wheel holds it.

Of its 6,625 output rows those of the blank, 0-9 and A-Z stay. Batch norms and the scalar scales and shifts after every
convolution and activation are folded into the convolutions; what cannot be folded exactly, because a convolution pads
with zeros, stays as one shift.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from pipeline.domain.posterior import ALPHABET
from pipeline.errors import BadInput
from pipeline.recognise.network import Network

Array = NDArray[np.float64]
_EPSILON = 1e-5
_STEM, _NORM_STEM = "conv2d_10", 2
_FIRST_BLOCK_CONVOLUTION = 157
_EXCITES = {10: (106, 107), 11: (117, 118)}
_NECK = {"reduce": (142, 148), "enter": (143, 149), "leave": (144, 150), "merge": (145, 151), "finish": (146, 152)}


def constants_of(path: Path) -> tuple[dict[str, Array], str]:
    """Return the model's constants by name and its dictionary of characters."""
    model = onnx.load(str(path))
    found = {node.output[0]: numpy_helper.to_array(node.attribute[0].t).astype(np.float64)
             for node in model.graph.node if node.op_type == "Constant"}  # fmt: skip
    found.update({i.name: numpy_helper.to_array(i).astype(np.float64) for i in model.graph.initializer})
    characters = next((entry.value for entry in model.metadata_props if entry.key == "character"), "")
    return found, characters


def started(path: Path) -> Network:
    """Return the network that computes what the wheel's model computes, on the 37 classes of plates."""
    constants, characters = constants_of(path)
    if not characters:
        raise BadInput(f"{path} is not the text recogniser of that wheel: it carries no dictionary")
    state: dict[str, Array] = {}
    stem = constants[f"{_STEM}.w_0"]
    state["stem.weight"], state["stem.bias"] = _normed(constants, _NORM_STEM, stem, np.zeros(len(stem)))
    _fold_blocks(constants, state)
    for name, (convolution, norm) in _NECK.items():
        weight = constants[f"conv2d_{convolution}.w_0"]
        if name == "reduce":
            weight = weight * constants["whswish_b_28.w_0"]
        elif name == "merge":
            weight = np.concatenate([weight[:, :480] * constants["whswish_b_28.w_0"], weight[:, 480:]], axis=1)
        state[f"{name}.weight"], state[f"{name}.bias"] = _normed(constants, norm, weight, np.zeros(len(weight)))
    for mixer, (linear, norm) in enumerate(((77, 43), (81, 45))):
        for offset, name in enumerate(("attention.mixed", "attention.joined", "widen", "narrow")):
            state[f"mixers.{mixer}.{name}.weight"] = constants[f"linear_{linear + offset}.w_0"].T
            state[f"mixers.{mixer}.{name}.bias"] = constants[f"linear_{linear + offset}.b_0"]
        for offset, name in enumerate(("norm_attention", "norm_dense")):
            state[f"mixers.{mixer}.{name}.weight"] = constants[f"layer_norm_{norm + offset}.w_0"]
            state[f"mixers.{mixer}.{name}.bias"] = constants[f"layer_norm_{norm + offset}.b_0"]
    state["norm.weight"], state["norm.bias"] = constants["layer_norm_47.w_0"], constants["layer_norm_47.b_0"]
    listed = characters.split("\n")
    rows = [0, *(listed.index(character) + 1 for character in ALPHABET)]
    state["head.weight"] = constants["linear_85.w_0"].T[rows]
    state["head.bias"] = constants["linear_85.b_0"][rows]
    network = Network()
    network.load_state_dict({key: torch.from_numpy(value.astype(np.float32)) for key, value in state.items()})
    return network


def _normed(constants: dict[str, Array], norm: int, weight: Array, bias: Array) -> tuple[Array, Array]:
    gain, shift, mean, variance = (constants[f"batch_norm2d_{norm}.{key}"] for key in ("w_0", "b_0", "w_1", "w_2"))
    scale = gain / np.sqrt(variance + _EPSILON)
    return weight * scale[:, None, None, None], (bias - mean) * scale + shift


def _fold_blocks(constants: dict[str, Array], state: dict[str, Array]) -> None:
    carried = 1.0
    for block in range(14):
        inner, outer = 2 * block, 2 * block + 1
        weight, bias = _unit(constants, inner)
        state[f"blocks.{block}.depthwise.weight"], state[f"blocks.{block}.depthwise.bias"] = weight * carried, bias
        scale, shift = (float(constants[f"whswish_b_{inner + 1}.w_{i}"][0]) for i in (0, 1))
        weight, bias = _unit(constants, outer)
        if block in _EXCITES:
            squeeze, expand = _EXCITES[block]
            state[f"blocks.{block}.excite.squeeze.weight"] = constants[f"conv2d_{squeeze}.w_0"] * scale
            state[f"blocks.{block}.excite.squeeze.bias"] = constants[f"conv2d_{squeeze}.b_0"]
            state[f"blocks.{block}.excite.expand.weight"] = constants[f"conv2d_{expand}.w_0"]
            state[f"blocks.{block}.excite.expand.bias"] = constants[f"conv2d_{expand}.b_0"]
            state[f"blocks.{block}.inner_shift"] = np.array([shift / scale])
        else:
            bias = bias + weight.sum(axis=(1, 2, 3)) * shift
        state[f"blocks.{block}.pointwise.weight"], state[f"blocks.{block}.pointwise.bias"] = weight * scale, bias
        carried, shift = (float(constants[f"whswish_b_{outer + 1}.w_{i}"][0]) for i in (0, 1))
        state[f"blocks.{block}.shift"] = np.array([shift / carried])


def _unit(constants: dict[str, Array], index: int) -> tuple[Array, Array]:
    """Return the convolution of half a block with the scale and shift that follow it folded in."""
    name = f"conv2d_{_FIRST_BLOCK_CONVOLUTION + index}"
    scale, shift = (float(constants[f"mobile_one_block_{index}.w_{i}"][0]) for i in (0, 1))
    return constants[f"{name}.w_0"] * scale, constants[f"{name}.b_0"] * scale + shift
