"""Scaling a row of a picture at a time changes no answer."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from pipeline.detect.detector import WEIGHTS
from pipeline.inference import session as sessions
from pipeline.inference.session import open_session


def scaling(path: Path, colours: int) -> Path:
    """A model that scales and shifts each colour, and gives a picture's first one."""
    numbers = {"scale": np.arange(1.0, colours + 1), "shift": -np.arange(colours)}
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["pictures", "scale"], ["scaled"]),
            helper.make_node("Add", ["scaled", "shift"], ["shifted"]),
            helper.make_node("ReduceSum", ["shifted"], ["out"], keepdims=1),
            helper.make_node("Add", ["shifted", "out"], ["answer"]),
        ],
        "scaling",
        [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, [None, None, None, colours])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [None, None, None, colours])],
        [helper.make_tensor(n, TensorProto.FLOAT, [len(v)], v.astype(np.float32)) for n, v in numbers.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, path)
    return path


def answers(path: Path, pictures: np.ndarray, monkeypatch: pytest.MonkeyPatch, *, in_rows: bool) -> list[np.ndarray]:
    with monkeypatch.context() as patched:
        if not in_rows:
            patched.setattr(sessions, "in_long_rows", lambda model: None)
        return open_session(path).run(pictures)


@pytest.mark.parametrize("bytes_", [True, False])
def test_the_search_answers_the_same_to_the_bit(monkeypatch: pytest.MonkeyPatch, bytes_: bool) -> None:
    pictures = np.random.default_rng(3).integers(0, 256, (2, 64, 96, 3), np.uint8)
    given = pictures if bytes_ else pictures.astype(np.float32)
    plain, rows = (answers(WEIGHTS, given, monkeypatch, in_rows=in_rows) for in_rows in (False, True))
    for one, other in zip(plain, rows, strict=True):
        assert np.array_equal(one, other)


def test_the_search_does_scale_whole_rows() -> None:
    session = open_session(WEIGHTS)
    session.run(np.zeros((1, 64, 96, 3), np.uint8))
    [alone] = session._kept.values()  # type: ignore[attr-defined]
    runtime = alone.request.get_compiled_model().get_runtime_model()
    shapes = [tuple(node.output(0).get_shape()) for node in runtime.get_ops()]
    assert (1, 64, 96 * 3) in shapes


@pytest.mark.parametrize("colours", [1, 3, 4])
def test_each_colour_keeps_its_own_numbers(tmp_path: Path, colours: int) -> None:
    pictures = np.random.default_rng(4).integers(0, 256, (1, 5, 7, colours)).astype(np.float32)
    scaled = pictures * np.arange(1.0, colours + 1) - np.arange(colours)
    path = scaling(tmp_path / "scaling.onnx", colours)
    assert open_session(path).run(pictures)[0] == pytest.approx(scaled + scaled.sum(), rel=1e-5)
