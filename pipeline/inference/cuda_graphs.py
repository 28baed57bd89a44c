"""Replays on a CUDA device what a network launches for a batch, instead of launching it anew.

Networks this small are a hundred and more short kernels: launching them one by one from Python takes longer than they
run. What was launched once for a batch of one shape is kept as a CUDA graph, and replayed with other numbers. Graphs
are captured here and not by `torch.compile(mode="reduce-overhead")`: that keeps them for the thread that captured them
(and failed in others, pytorch/pytorch#123177), where an actor's calls come from several threads.

Promise: `Graphs.answer` gives what `compute` gives; its outputs hold until the next call. Its callers take turns, with
all else that captures in this process: CUDA allows one capture at a time.
On failure: what the device raises is raised; a shape beyond the last that is kept is computed without a graph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Compute = Callable[[Tensor], tuple[Tensor, ...]]
MOST_GRAPHS = 48
"""Two or three shapes of cameras in all their parts, at every length. What comes after is launched kernel by kernel: to
forget one and capture it again would cost more."""
_WARM_RUNS = 2
"""Libraries choose their ways and take their memory at the first; neither may happen while a graph is captured."""


@dataclass(frozen=True, slots=True, eq=False)
class _Captured:
    """`given` and `outputs` are where the graph reads and writes, whenever it is replayed."""

    graph: torch.cuda.CUDAGraph
    given: Tensor
    outputs: tuple[Tensor, ...]


class Graphs:
    """What `compute` launches on `device`, by the shape and type of what it is given."""

    def __init__(self, compute: Compute, device: torch.device) -> None:
        self._compute = compute
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        # One pool for all: only one graph runs at a time, and its outputs are fetched before the next.
        self._pool = torch.cuda.graph_pool_handle()
        self._captured: dict[tuple[object, ...], _Captured] = {}

    def answer(self, host: Tensor) -> tuple[Tensor, ...]:
        """Return what `compute` makes of `host`, which lies in the processor's memory."""
        key = (host.dtype, *host.shape)
        if key not in self._captured:
            if len(self._captured) >= MOST_GRAPHS:
                return self._compute(host.to(self._device, non_blocking=True))
            self._captured[key] = self._capture(host)
        one = self._captured[key]
        one.given.copy_(host, non_blocking=True)
        one.graph.replay()
        return one.outputs

    def _capture(self, host: Tensor) -> _Captured:
        given = torch.empty_like(host, device=self._device, pin_memory=False).copy_(host)
        before = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(before)
        with torch.cuda.stream(self._stream):
            for _ in range(_WARM_RUNS):
                self._compute(given)
        before.wait_stream(self._stream)
        graph = torch.cuda.CUDAGraph()
        # Other threads may go on taking memory meanwhile: "global", the default, would end the capture for that.
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
            outputs = self._compute(given)
        return _Captured(graph, given, outputs)
