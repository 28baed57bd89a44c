"""The floor counts what a network computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from benchmarks.recognise_floor import floor_milliseconds, multiply_adds


def saved(folder: Path, nodes: list[onnx.NodeProto], weights: dict[str, tuple[int, ...]]) -> Path:
    held = [numpy_helper.from_array(np.zeros(shape, np.float32), name) for name, shape in weights.items()]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 4, None, None])
    answer = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "tiny", [given], [answer], held)
    path = folder / "tiny.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def test_a_convolution_takes_a_filter_for_every_output_point(tmp_path: Path) -> None:
    node = helper.make_node("Conv", ["x", "w"], ["y"], strides=[2, 2], pads=[1, 1, 1, 1])
    path = saved(tmp_path, [node], {"w": (8, 4, 3, 3)})
    assert multiply_adds(path, (1, 4, 10, 20)) == {"Conv": 5 * 10 * 8 * 4 * 9}


def test_a_grouped_convolution_takes_only_the_channels_of_its_group(tmp_path: Path) -> None:
    node = helper.make_node("Conv", ["x", "w"], ["y"], group=4, pads=[1, 1, 1, 1])
    path = saved(tmp_path, [node], {"w": (4, 1, 3, 3)})
    assert multiply_adds(path, (2, 4, 10, 20)) == {"Conv": 2 * 10 * 20 * 4 * 9}


def test_a_transposed_convolution_takes_a_filter_for_every_input_point(tmp_path: Path) -> None:
    node = helper.make_node("ConvTranspose", ["x", "w"], ["y"], strides=[2, 2])
    path = saved(tmp_path, [node], {"w": (4, 6, 2, 2)})
    assert multiply_adds(path, (1, 4, 10, 20)) == {"ConvTranspose": 10 * 20 * 4 * 6 * 4}


def test_matrix_products_are_counted_and_the_rest_is_not(tmp_path: Path) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("MatMul", ["r", "w"], ["y"])]
    path = saved(tmp_path, nodes, {"w": (20, 7)})
    assert multiply_adds(path, (1, 4, 10, 20)) == {"MatMul": 4 * 10 * 20 * 7}


def test_the_floor_counts_two_operations_for_a_multiply_add() -> None:
    assert floor_milliseconds(500_000_000, 100.0) == pytest.approx(10.0)
