"""One way to run a model: a float32 batch in, a list of float32 arrays out, whichever runtime does the work.

The first axis of the input and of every output is the batch. Callers on several threads are served one after another.
OpenVINO is the default on CPUs (measured two to three times faster than ONNX Runtime on the project's models); ONNX
Runtime is the fallback for machines OpenVINO does not know. Both compute in float32 unless asked for bfloat16, which
only OpenVINO does. The torch reference lives in the stages that own the networks, because only they may import torch.

On failure: NotFound or BadInput when the model cannot be opened, BadInput when a batch does not fit its input;
nothing is ever answered with an empty result instead.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import BadInput
from pipeline.inference.precision import Precision
from pipeline.inference.weights import model_of

Batch = NDArray[np.float32]
_PIECES = (4, 1)
"""Items that one stream takes at once: more win nothing, and every size is compiled apart."""
_MOST_STREAMS = 4
"""Where there are more threads than this, each stream has several: a batch is seldom longer."""
_SHAPES_KEPT = 24


class Runtime(StrEnum):
    """What executes the model."""

    OPENVINO = "openvino"
    ONNXRUNTIME = "onnxruntime"


class Session(Protocol):
    """Runs one model. An empty batch gives empty outputs."""

    def run(self, batch: Batch) -> list[Batch]: ...


def open_session(
    path: Path, runtime: Runtime = Runtime.OPENVINO, threads: int = 1, precision: Precision = "float32"
) -> Session:
    """Return a session on the model in `path` that uses at most `threads` threads (0: as many as the runtime likes).

    ONNX Runtime computes in float32 whatever the `precision`.
    """
    model_of(path)
    if runtime is Runtime.OPENVINO:
        return OpenVinoSession(path, threads, precision)
    return OnnxRuntimeSession(path, threads)


def _shares(items: int, streams: int) -> Iterator[tuple[int, int, int]]:
    """Yield how a batch is cut: the size of a piece, the streams that share the pieces, and how many pieces."""
    for size in _PIECES if streams > 1 else ():
        count = items // (size * streams) * streams
        if count:
            yield size, streams, count
            items -= size * count
    if items:
        yield 1, 1, items


class OpenVinoSession:
    """Compiles the model once for every shape it meets, because fixed shapes run faster than dynamic ones.

    One item is shared by all threads, which answers soonest. A batch is cut into pieces that run side by side, each on
    threads of its own: nothing waits for the slower of two threads after every layer, which matters when decoding
    takes a core now and then. Measured on two cores: batches of 8 in 2 to 6 per cent less time.
    """

    def __init__(self, path: Path, threads: int = 1, precision: Precision = "float32") -> None:
        import openvino

        self._openvino: Any = openvino
        self._core: Any = openvino.Core()
        self._path = path
        self._threads = threads or os.cpu_count() or 1
        self._hint = {"float32": "f32", "bfloat16": "bf16"}[precision]
        self._kept: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self._one_caller = threading.Lock()
        shape = self._core.read_model(str(path)).input(0).get_partial_shape()
        self._shape = tuple(dimension.get_length() if dimension.is_static else None for dimension in shape)

    def run(self, batch: Batch) -> list[Batch]:
        """Return the model's outputs for `batch`, in the order of the graph."""
        _check_shape(batch, self._shape)
        if not len(batch):
            nothing = self.run(np.zeros((1, *batch.shape[1:]), np.float32))
            return [output[:0] for output in nothing]
        batch = np.ascontiguousarray(batch)
        found: list[list[Batch]] = []
        with self._one_caller:
            for size, streams, count in _shares(len(batch), min(self._threads, _MOST_STREAMS)):
                pieces, batch = batch[: size * count], batch[size * count :]
                found += self._run([pieces[at : at + size] for at in range(0, len(pieces), size)], streams)
        return found[0] if len(found) == 1 else [np.concatenate(parts) for parts in zip(*found, strict=True)]

    def _run(self, pieces: list[Batch], streams: int) -> list[list[Batch]]:
        """Return the outputs of pieces of one shape, in order."""
        running = self._running(pieces[0].shape, streams)
        if streams == 1:
            # Nobody to wait for, nobody to be called back by: that alone is a fifth of a millisecond.
            return [self._answered(running, piece) for piece in pieces]
        found: list[list[Batch]] = [[] for _ in pieces]

        def keep(request: Any, place: int) -> None:
            found[place] = _outputs(request)

        running.set_callback(keep)
        for place, piece in enumerate(pieces):
            running.start_async([piece], place, share_inputs=True)
        running.wait_all()
        return found

    def _answered(self, request: Any, piece: Batch) -> list[Batch]:
        # OpenVINO's own way from arrays to tensors takes a tenth of a millisecond more, of 0.4 for a plate's corners.
        request.set_input_tensor(self._openvino.Tensor(piece, shared_memory=True))
        request.infer(share_outputs=True)
        return _outputs(request)

    def _running(self, shape: tuple[int, ...], streams: int) -> Any:
        """Return what runs the model on that shape: one request, or a queue of as many as there are streams."""
        key = (streams, *shape)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        model = self._core.read_model(str(self._path))
        model.reshape(list(shape))
        settings = {
            "INFERENCE_PRECISION_HINT": self._hint,
            "INFERENCE_NUM_THREADS": self._threads,
            "NUM_STREAMS": streams,
        }
        compiled = self._core.compile_model(model, "CPU", settings)
        self._kept[key] = (
            compiled.create_infer_request() if streams == 1 else self._openvino.AsyncInferQueue(compiled, streams)
        )
        if len(self._kept) > _SHAPES_KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]


def _outputs(request: Any) -> list[Batch]:
    """Return what a request computed, in the order of the graph."""
    return [np.array(request.get_output_tensor(i).data, np.float32) for i in range(len(request.model_outputs))]


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
