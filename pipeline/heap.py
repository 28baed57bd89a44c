"""Freed memory goes back to the system.

glibc keeps what was freed below what is still in use, for later. After something large and rare (a stall of a camera's
frames) that is most of it, and a process would look for good as if it were still there.
On failure: where the C library has no `malloc_trim` (it is not glibc), nothing happens.
"""

from __future__ import annotations

import ctypes

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Give back what is freed and whole pages long. Some milliseconds, during which the interpreter is free."""
    if _trim is not None:
        _trim(0)
