"""The least time a network could take here: its multiply-adds over the rate at which this machine multiplies matrices.

Counted are convolutions and matrix products, which are nearly all of the work; what moves memory is not, so the floor
is below what can be reached. But the rate is what torch's kernels reached at another moment, and wavers: 0.9 times the
floor is noise, and says that a network is as fast as matrix products are here.
"""

from __future__ import annotations

import time
from math import prod
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from pipeline.inference.precision import Precision
from pipeline.inference.weights import model_of

_SIDE, _ROUNDS = 1536, 7
Shapes = dict[str, tuple[int, ...]]


def multiply_adds(path: Path, shape: tuple[int, ...]) -> dict[str, int]:
    """Return the multiply-adds of every kind of layer for one input of `shape` (with the batch's axis)."""
    model = model_of(path)
    shapes = _shapes_of(model, shape)
    counted: dict[str, int] = {}
    for node in model.graph.node:
        work = _work_of(node, shapes)
        if work:
            counted[node.op_type] = counted.get(node.op_type, 0) + work
    return counted


def gemm_gigaflops(threads: int, precision: Precision = "float32") -> float:
    """Return the best rate of matrix products on `threads` threads, 2 operations a multiply-add."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    kind = {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]
    left, right = (
        torch.from_numpy(np.random.default_rng(one).random((_SIDE, _SIDE), np.float32)).to(kind) for one in (1, 2)
    )
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        torch.mm(left, right)
        best = min(best, time.perf_counter() - started)
    torch.set_num_threads(before)
    return 2 * _SIDE**3 / best / 1e9


def floor_milliseconds(work: int, gigaflops: float) -> float:
    """Return the floor for `work` multiply-adds."""
    return 2 * work / gigaflops / 1e6


def _shapes_of(model: onnx.ModelProto, shape: tuple[int, ...]) -> Shapes:
    """Return every tensor's shape as it is when the graph runs: free axes leave inference without an answer."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    known = {one.name for one in model.graph.output}
    names = [name for node in model.graph.node for name in node.output if name not in known]
    watched.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    given = {model.graph.input[0].name: np.zeros(shape, np.float32)}
    shapes = {
        one.name: np.shape(value) for one, value in zip(session.get_outputs(), session.run(None, given), strict=True)
    }
    shapes |= {name: value.shape for name, value in given.items()}
    return shapes | {one.name: tuple(one.dims) for one in model.graph.initializer}


def _work_of(node: onnx.NodeProto, shapes: Shapes) -> int:
    if node.op_type in ("Conv", "ConvTranspose"):
        weights = shapes[node.input[1]]
        # one output (or, transposed, one input) point takes all of a filter's weights
        points = shapes[node.output[0] if node.op_type == "Conv" else node.input[0]]
        return prod(points) * prod(weights[1:])
    if node.op_type in ("MatMul", "Gemm"):
        turned = node.op_type == "Gemm" and any(one.name == "transA" and one.i for one in node.attribute)
        left = shapes[node.input[0]]
        return prod(shapes[node.output[0]]) * left[0 if turned else -1]
    return 0
