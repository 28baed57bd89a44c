"""One way to run a model: a float32 batch in, a list of float32 arrays out, whichever runtime does the work.

The first axis of the input and of every output is the batch. A session serves one caller at a time. OpenVINO is the
default on CPUs (measured two to three times faster than ONNX Runtime on the project's models); ONNX Runtime is the
fallback for machines OpenVINO does not know. Both compute in float32, so that reads do not depend on the machine.
The torch reference lives in the stages that own the networks, because only they may import torch.

On failure: NotFound or BadInput when the model cannot be opened, BadInput when a batch does not fit its input;
nothing is ever answered with an empty result instead.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import BadInput
from pipeline.inference.weights import model_of

Batch = NDArray[np.float32]
_BATCH_SIZES = (1, 2, 4, 8, 16)
"""Batches are cut into pieces of these, the largest first: padding 9 up to 16 would cost nearly twice as much."""
_SHAPES_KEPT = 12


class Runtime(StrEnum):
    """What executes the model."""

    OPENVINO = "openvino"
    ONNXRUNTIME = "onnxruntime"


class Session(Protocol):
    """Runs one model. An empty batch gives empty outputs."""

    def run(self, batch: Batch) -> list[Batch]: ...


def open_session(path: Path, runtime: Runtime = Runtime.OPENVINO, threads: int = 1) -> Session:
    """Return a session on the model in `path` that uses at most `threads` threads (0: as many as the runtime likes)."""
    model_of(path)
    if runtime is Runtime.OPENVINO:
        return OpenVinoSession(path, threads)
    return OnnxRuntimeSession(path, threads)


def _pieces(batch: Batch) -> Iterator[Batch]:
    """Yield `batch` in pieces of the sizes that models are compiled for, in order."""
    start = 0
    while start < len(batch):
        size = max(one for one in _BATCH_SIZES if one <= len(batch) - start)
        yield batch[start : start + size]
        start += size


class OpenVinoSession:
    """Compiles the model once for every shape it meets, because fixed shapes run faster than dynamic ones."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        import openvino

        self._core: Any = openvino.Core()
        self._path = path
        self._settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        if threads:
            self._settings["INFERENCE_NUM_THREADS"] = threads
        self._requests: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        shape = self._core.read_model(str(path)).input(0).get_partial_shape()
        self._shape = tuple(dimension.get_length() if dimension.is_static else None for dimension in shape)

    def run(self, batch: Batch) -> list[Batch]:
        """Return the model's outputs for `batch`, in the order of the graph."""
        _check_shape(batch, self._shape)
        if not len(batch):
            outputs = self._infer(np.zeros((1, *batch.shape[1:]), np.float32))
            return [output[:0] for output in outputs]
        pieces = [self._infer(piece) for piece in _pieces(batch)]
        return pieces[0] if len(pieces) == 1 else [np.concatenate(parts) for parts in zip(*pieces, strict=True)]

    def _infer(self, piece: Batch) -> list[Batch]:
        request = self._request_for(piece.shape)
        request.infer([np.ascontiguousarray(piece)], share_inputs=True)
        count = len(request.model_outputs)
        return [np.array(request.get_output_tensor(i).data, np.float32) for i in range(count)]

    def _request_for(self, shape: tuple[int, ...]) -> Any:
        if shape in self._requests:
            self._requests.move_to_end(shape)
            return self._requests[shape]
        model = self._core.read_model(str(self._path))
        model.reshape(list(shape))
        request = self._core.compile_model(model, "CPU", self._settings).create_infer_request()
        self._requests[shape] = request
        if len(self._requests) > _SHAPES_KEPT:
            self._requests.popitem(last=False)
        return request


class OnnxRuntimeSession:
    """ONNX Runtime on the CPU."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        shape = self._session.get_inputs()[0].shape
        self._shape = tuple(length if isinstance(length, int) else None for length in shape)

    def run(self, batch: Batch) -> list[Batch]:
        """Return the model's outputs for `batch`, in the order of the graph."""
        _check_shape(batch, self._shape)
        if not len(batch):
            outputs = self._session.run(None, {self._input: np.zeros((1, *batch.shape[1:]), np.float32)})
            return [output[:0] for output in outputs]
        outputs = self._session.run(None, {self._input: np.ascontiguousarray(batch)})
        return [np.asarray(output, np.float32) for output in outputs]


def _check_shape(batch: Batch, shape: tuple[int | None, ...]) -> None:
    fits = batch.ndim == len(shape) and all(
        wanted is None or wanted == given for wanted, given in zip(shape[1:], batch.shape[1:], strict=True)
    )
    if batch.dtype != np.float32 or not fits:
        raise BadInput(f"the model takes float32 {shape}, got {batch.dtype} {batch.shape}")
