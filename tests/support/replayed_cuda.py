"""What torch offers for CUDA graphs, played on the processor, for machines without a CUDA device.

A captured graph is the operations that ran while it was captured, with the very tensors they read and wrote; replaying
runs them again on what these tensors hold by then. That is what a CUDA graph does, but for the speed: whoever hands it
other tensors, or keeps what it wrote for later, is found out here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class PlayedGraph(TorchDispatchMode):
    """Writes down what runs, and runs it again."""

    def __init__(self) -> None:
        super().__init__()
        self.replays = 0
        self._ran: list[tuple[Any, Any, Any, Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        wrote = func(*args, **given)
        self._ran.append((func, args, given, wrote))
        return wrote

    def replay(self) -> None:
        self.replays += 1
        for func, args, given, wrote in self._ran:
            for before, now in zip(tree_leaves(wrote), tree_leaves(func(*args, **given)), strict=True):
                # the same place is a view, or what was changed where it lies
                if isinstance(before, torch.Tensor) and before.data_ptr() != now.data_ptr():
                    before.copy_(now)


class _Stream:
    def __init__(self, device: torch.device | None = None) -> None:
        self.waited_for: list[_Stream] = []

    def wait_stream(self, other: _Stream) -> None:
        self.waited_for.append(other)

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, at: TracebackType | None
    ) -> None:
        pass


@contextmanager
def _captured(graph: PlayedGraph, pool: object, stream: _Stream, capture_error_mode: str) -> Iterator[None]:
    assert capture_error_mode == "thread_local"
    with graph:
        yield


def play_cuda_graphs(monkeypatch: pytest.MonkeyPatch) -> list[PlayedGraph]:
    """Let graphs be captured on the processor; return the list that will hold them."""
    made: list[PlayedGraph] = []

    def graph() -> PlayedGraph:
        made.append(PlayedGraph())
        return made[-1]

    now = _Stream()
    played = {
        "Stream": _Stream,
        "stream": lambda stream: stream,
        "current_stream": lambda device: now,
        "graph_pool_handle": lambda: (0, 1),
        "CUDAGraph": graph,
        "graph": _captured,
    }
    for name, one in played.items():
        monkeypatch.setattr(torch.cuda, name, one)
    return made
