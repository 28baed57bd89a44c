"""What this process has open: of the files and connections, those that a test is about.

All descriptors of a process would tell of whatever else it does: what a test before left is closed meanwhile, or not.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

PATIENCE_SECONDS = 20.0


def open_files() -> Counter[str]:
    """Return the files this process has open, deleted ones as well, each as often as it is.

    Not sockets and event queues, which threads that other tests of this process left may make.
    """
    found: Counter[str] = Counter()
    for number in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            found[str(number.readlink())] += 1
    return Counter({name: times for name, times in found.items() if name.startswith("/")})


def connections(*ports: int) -> int:
    """Return how many ends of connections to and from these ports this process has open; who listens is none."""
    ends = psutil.Process().net_connections("tcp")
    return sum(bool(one.raddr) and bool({one.laddr.port, one.raddr.port} & {*ports}) for one in ends)


@contextmanager
def nothing_kept_open(*ports: int) -> Iterator[None]:
    """Fail unless what is opened within, of files and of connections with `ports`, is closed a moment after it."""
    files, before = open_files(), connections(*ports)
    yield
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while (left := open_files() - files) or connections(*ports) > before:
        # what a peer has hung up on is closed a moment later
        assert time.monotonic() < give_up_at, f"{connections(*ports) - before} connections and {left} are kept open"
        time.sleep(0.01)
