"""A local Ray that does not start, in the project's own words; nothing of the attempt stays behind.

Ray has no type of its own for it: a node that is not ready in time is a bare Exception, or a RuntimeError when it was
its first process, the head, already. That process it leaves running.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from pipeline.errors import Unavailable

_TIMED_OUT = "Timed out waiting for file"
_HEAD = "gcs_server"


class Starting:
    """Around `ray.init`. On failure: Unavailable when Ray was not ready in time; what else it raises stays as it is."""

    def __init__(self) -> None:
        self._before = _heads()

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        late = kind is RuntimeError and _TIMED_OUT in str(error)
        if kind is Exception or late:
            for head in _heads() - self._before:
                os.kill(head, signal.SIGKILL)
                os.waitpid(head, 0)
            raise Unavailable(
                "Ray did not start within its 30 seconds: this machine has too much else to do, or too little memory;"
                " what is durable stays, start again when it has less"
            ) from error


@contextmanager
def inherited(name: str, value: str) -> Iterator[None]:
    """Let processes that are started within have the variable; this one has what it had afterwards.

    As part of a `runtime_env` Ray would start each of its workers twice: first what sets the variable, which loads all
    of Ray for it, then the worker. Those that it keeps ready would be of no use either. The price is that Ray's own
    processes have it as well: of those that count, files lie in the folder of the run that no node's endpoint reads.
    """
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _heads() -> set[int]:
    """Return the heads among this process's children."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        # a process may end while it is looked at
        with suppress(OSError):
            began, _, rest = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")
            number, _, name = began.partition(" (")
            if name.startswith(_HEAD) and int(rest.split()[1]) == os.getpid():
                found.add(int(number))
    return found
