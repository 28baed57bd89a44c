"""The networks in each runtime that can run them, by batch and threads."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import pipeline.detect
import pipeline.recognise
from pipeline.detect.detector import CORNER_WEIGHTS
from pipeline.errors import BadInput
from pipeline.inference.precision import multiplies_bfloat16
from pipeline.inference.session import Runtime, Session, open_session
from pipeline.inference.weights import model_of

IN_BFLOAT16 = "openvino in bfloat16"
BATCHES, THREADS, RUNTIMES = (1, 2, 4, 8, 16), (1, 2), ("openvino", IN_BFLOAT16, "onnxruntime", "torch")
_FRAME = (384, 640, 3)
"""What a frame of 16:9 becomes at the default size; the other networks' inputs are of one size."""


def networks() -> dict[str, tuple[Path, tuple[int, ...]]]:
    """Return every shipped network by name: its file and the shape of one input, without the batch's axis."""
    found = {}
    for stage in (pipeline.detect, pipeline.recognise):
        for path in sorted((Path(stage.__path__[0]) / "weights").glob("*.onnx")):
            axes = model_of(path).graph.input[0].type.tensor_type.shape.dim[1:]
            shape = tuple(axis.dim_value or free for axis, free in zip(axes, _FRAME, strict=True))
            found[f"{path.stem}, {' x '.join(map(str, shape))}"] = (path, shape)
    return found


def session_of(path: Path, runtime: str, threads: int) -> Session:
    """Return the network in the runtime. Raises ImportError or BadInput where the runtime cannot run it."""
    if runtime == IN_BFLOAT16:
        if not multiplies_bfloat16():
            raise BadInput("this processor has no instructions for bfloat16")
        return open_session(path, threads=threads, precision="bfloat16")
    if runtime != "torch":
        return open_session(path, Runtime(runtime), threads)
    if "detect" in path.parts:
        from pipeline.detect.torch_session import TorchSession as Detecting

        return Detecting(path, threads, "corners" if path == CORNER_WEIGHTS else "rough")
    from pipeline.recognise.torch_session import TorchSession as Recognising

    return Recognising(path, threads)


def milliseconds_an_item(session: Session, shape: tuple[int, ...], batch: int, seconds: float) -> float:
    """Return the median time of an item in batches of `batch`, measured for about `seconds`."""
    given = np.random.default_rng(batch).uniform(0, 255, (batch, *shape)).astype(np.float32)
    return median_of(lambda: session.run(given), seconds) / batch


def median_of(work: Callable[[], object], seconds: float) -> float:
    """Return the median milliseconds of `work`, after two calls that do not count."""
    for _ in range(2):
        work()
    spent: list[float] = []
    ends = time.perf_counter() + seconds
    while len(spent) < 3 or time.perf_counter() < ends:
        started = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - started))
    return statistics.median(spent)
