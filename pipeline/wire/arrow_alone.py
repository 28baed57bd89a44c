"""pyarrow without pandas, of which nothing here makes use.

The first time that pyarrow makes an array of Python objects in a process it looks whether they are pandas' own, and
imports pandas for that: half a second of a core on a slow machine and 40 MiB, in every process that touches a table.
What is asked for pandas by name (Ray Data's tables, `to_pandas`) still gets it. Until somebody does in a process,
`pyarrow.array` takes a pandas series for any other sequence (not a number is not null there): use `Array.from_pandas`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import pyarrow as pa


class _Withheld:
    """Finds no pandas for the thread that made it, and leaves everything else to others."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == "pandas" and threading.get_ident() == self._thread:
            raise ModuleNotFoundError("pandas is not looked for yet", name=name)
        return None


def leave_pandas_out() -> None:
    """Let pyarrow look for pandas now, in vain: it looks by itself only once."""
    if "pandas" in sys.modules:
        return
    withheld = _Withheld()
    sys.meta_path.insert(0, withheld)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(withheld)
