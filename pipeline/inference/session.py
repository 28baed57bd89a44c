"""One way to run a model: a batch in, a list of float32 arrays out, whichever runtime does the work.

A batch is float32, or uint8, which says the same in a quarter of the memory: pictures need no copy as floats then. The
first axis of the input and of every output is the batch. Callers on several threads are served one after another.
OpenVINO is the default on CPUs (measured two to three times faster than ONNX Runtime on the project's models); ONNX
Runtime is the fallback for machines OpenVINO does not know. Both compute in float32 unless asked for bfloat16 or, where
the file tells how, int8, which only OpenVINO does. The torch reference lives in the stages that own the networks; what
theirs have in common is `torch_session.py`, which only they import.

On failure: NotFound or BadInput when the model cannot be opened, BadInput when a batch does not fit its input;
nothing is ever answered with an empty result instead.
"""

from __future__ import annotations

import math
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import BadInput
from pipeline.inference.eight_bits import in_eight_bits, ranges_of
from pipeline.inference.graph import in_long_rows
from pipeline.inference.precision import Precision
from pipeline.inference.weights import model_of

Batch = NDArray[np.float32]
Given = NDArray[np.float32] | NDArray[np.uint8]
_PIECES, _SMALL_PIECES = (4, 1), (4, 2, 1)
"""Items that one stream takes at once: more win nothing, and every size is compiled apart."""
_SMALL = 128 * 192 * 3
"""Numbers in a small item: the window around a plate. Beyond it a stream alone takes one item at a time."""
_MOST_STREAMS = 4
"""Where there are more threads than this, each stream has several: a batch is seldom longer."""
_SHAPES_KEPT = 24
_HINTS: dict[Precision, str] = {"float32": "f32", "bfloat16": "bf16", "int8": "f32"}


class Runtime(StrEnum):
    """What executes the model."""

    OPENVINO = "openvino"
    ONNXRUNTIME = "onnxruntime"


class Session(Protocol):
    """Runs one model. An empty batch gives empty outputs."""

    @property
    def at_once(self) -> int:
        """Items in one call beyond which more win nothing and hold more memory: callers cut what is longer."""
        ...

    def run(self, batch: Given) -> list[Batch]: ...


def open_session(
    path: Path,
    runtime: Runtime = Runtime.OPENVINO,
    threads: int = 1,
    precision: Precision = "float32",
    *,
    soonest: bool = True,
) -> Session:
    """Return a session on the model in `path` that uses at most `threads` threads (0: as many as the runtime likes).

    With `soonest` they share what comes alone, without it one takes it. ONNX Runtime knows neither that nor the
    `precision`: it computes in float32.
    """
    model_of(path)
    if runtime is Runtime.OPENVINO:
        return OpenVinoSession(path, threads, precision, soonest=soonest)
    return OnnxRuntimeSession(path, threads)


def is_small(shape: tuple[int | None, ...]) -> bool:
    """Tell whether the items of such a batch are all of one small size."""
    lengths = [length for length in shape[1:] if length is not None]
    return len(lengths) == len(shape) - 1 and math.prod(lengths) <= _SMALL


def worth_at_once(shape: tuple[int | None, ...]) -> int:
    """Return how many items of such a batch one call on a processor is worth."""
    return 16 if is_small(shape) else 8


def _shares(items: int, streams: int, *, small: bool) -> Iterator[tuple[int, int, int]]:
    """Yield how a batch is cut: the size of a piece, the streams that share the pieces, and how many pieces."""
    for size in _PIECES if streams > 1 else ():
        count = items // (size * streams) * streams
        if count:
            yield size, streams, count
            items -= size * count
    for size in _SMALL_PIECES if small else (1,):
        count = items // size
        if count:
            yield size, 1, count
            items -= size * count


class OpenVinoSession:
    """Compiles the model once for every shape it meets, because fixed shapes run faster than dynamic ones.

    One item is shared by all threads where it is to be answered soonest. Where cameras' frames come alone one thread
    takes each: threads that wait for one another after every layer took a fifth of what a node's models used. A batch
    is cut into pieces that run side by side, each on threads of its own: nothing waits for the slower of two threads
    after every layer, which matters when decoding takes a core now and then. Measured on two cores: batches of 8 in 2
    to 6 per cent less time. What is small goes through in fours also where one stream takes it, because each call has a
    price: a plate's corners in 0.27 instead of 0.40 ms, the window around it in 0.61 instead of 0.86, its text in 2.3
    instead of 2.6 (a core with AMX, bfloat16; without it 0.52 and 0.70, 0.72 and 0.87, 6.7 and 6.8).
    """

    def __init__(self, path: Path, threads: int = 1, precision: Precision = "float32", *, soonest: bool = True) -> None:
        import openvino

        self._openvino: Any = openvino
        self._core: Any = openvino.Core()
        self._path = path
        self._threads = threads or os.cpu_count() or 1
        self._threads_alone = self._threads if soonest else 1
        if precision not in _HINTS:
            raise BadInput(f"OpenVINO computes in {', '.join(_HINTS)} here, not in {precision}")
        self._hint = _HINTS[precision]
        self._ranges = ranges_of(path) if precision == "int8" else None
        self._kept: OrderedDict[tuple[str | int, ...], Any] = OrderedDict()
        self._one_caller = threading.Lock()
        shape = self._core.read_model(str(path)).input(0).get_partial_shape()
        self._shape = tuple(dimension.get_length() if dimension.is_static else None for dimension in shape)
        self.at_once = worth_at_once(self._shape)

    def run(self, batch: Given) -> list[Batch]:
        """Return the model's outputs for `batch`, in the order of the graph."""
        check_shape(batch, self._shape)
        if not len(batch):
            nothing = self.run(np.zeros((1, *batch.shape[1:]), batch.dtype))
            return [output[:0] for output in nothing]
        batch = cast(Given, np.ascontiguousarray(batch))
        found: list[list[Batch]] = []
        with self._one_caller:
            small = batch[0].size <= _SMALL
            for size, streams, count in _shares(len(batch), min(self._threads, _MOST_STREAMS), small=small):
                pieces, batch = batch[: size * count], batch[size * count :]
                found += self._run([pieces[at : at + size] for at in range(0, len(pieces), size)], streams)
        return found[0] if len(found) == 1 else [np.concatenate(parts) for parts in zip(*found, strict=True)]

    def _run(self, pieces: list[Given], streams: int) -> list[list[Batch]]:
        """Return the outputs of pieces of one shape, in order."""
        running = self._running(pieces[0], streams)
        if streams == 1:
            # Nobody to wait for, nobody to be called back by: that alone is a fifth of a millisecond.
            return [running.answered(piece) for piece in pieces]
        found: list[list[Batch]] = [[] for _ in pieces]

        def keep(request: Any, place: int) -> None:
            found[place] = _outputs(request)

        running.set_callback(keep)
        for place, piece in enumerate(pieces):
            running.start_async([piece], place, share_inputs=True)
        running.wait_all()
        return found

    def _running(self, like: Given, streams: int) -> Any:
        """Return what runs the model on such a batch: one request alone, or a queue of as many as there are streams."""
        key = (like.dtype.char, streams, *like.shape)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        model = self._core.read_model(str(self._path))
        if self._ranges is not None:
            in_eight_bits(model, self._ranges)
        model.reshape(list(like.shape))
        if self._ranges is None:
            in_long_rows(model)
        if like.dtype == np.uint8:
            model = self._of_bytes(model)
        settings = {
            "INFERENCE_PRECISION_HINT": self._hint,
            "INFERENCE_NUM_THREADS": self._threads if streams > 1 else self._threads_alone,
            "NUM_STREAMS": streams,
        }
        compiled = self._core.compile_model(model, "CPU", settings)
        self._kept[key] = (
            _Alone(compiled, self._openvino.Tensor)
            if streams == 1
            else self._openvino.AsyncInferQueue(compiled, streams)
        )
        if len(self._kept) > _SHAPES_KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]

    def _of_bytes(self, model: Any) -> Any:
        """Return `model` with an input of bytes, which its first layer makes floats of."""
        processing = self._openvino.preprocess.PrePostProcessor(model)
        processing.input().tensor().set_element_type(self._openvino.Type.u8)
        return processing.build()


class _Alone:
    """The one request of a model whose shapes are all fixed."""

    def __init__(self, compiled: Any, tensor_of: Any) -> None:
        self.request = compiled.create_infer_request()
        self._tensor_of = tensor_of
        self._outputs: list[Any] = []

    def answered(self, piece: Given) -> list[Batch]:
        """Return the outputs for `piece`."""
        # OpenVINO's own way from arrays to tensors takes a tenth of a millisecond more, of 0.4 for a plate's corners.
        self.request.set_input_tensor(self._tensor_of(piece, shared_memory=True))
        self.request.infer(share_outputs=True)
        # they stay where they are: asking for them anew takes longer than copying them
        self._outputs = self._outputs or _tensors(self.request)
        return [np.array(one.data, np.float32) for one in self._outputs]


def _outputs(request: Any) -> list[Batch]:
    """Return what a request computed, in the order of the graph."""
    return [np.array(one.data, np.float32) for one in _tensors(request)]


def _tensors(request: Any) -> list[Any]:
    return [request.get_output_tensor(i) for i in range(len(request.model_outputs))]


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
        self.at_once = worth_at_once(self._shape)

    def run(self, batch: Given) -> list[Batch]:
        """Return the model's outputs for `batch`, in the order of the graph."""
        check_shape(batch, self._shape)
        if not len(batch):
            outputs = self._session.run(None, {self._input: np.zeros((1, *batch.shape[1:]), np.float32)})
            return [output[:0] for output in outputs]
        outputs = self._session.run(None, {self._input: np.ascontiguousarray(batch, np.float32)})
        return [np.asarray(output, np.float32) for output in outputs]


def check_shape(batch: Given, shape: tuple[int | None, ...]) -> None:
    """Raise BadInput unless `batch` is of that shape, in which None is any length."""
    fits = batch.ndim == len(shape) and all(
        wanted is None or wanted == given for wanted, given in zip(shape[1:], batch.shape[1:], strict=True)
    )
    if batch.dtype not in (np.float32, np.uint8) or not fits:
        raise BadInput(f"the model takes float32 or uint8 {shape}, got {batch.dtype} {batch.shape}")
