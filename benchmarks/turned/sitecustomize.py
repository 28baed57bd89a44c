"""Python loads this by itself where its folder is on PYTHONPATH: the project's wall clock goes wrong by as many seconds
as the file in ANPR_SOAK_CLOCK says. Clocks that only count up are left alone, as a time server leaves them.

Machines' clocks cannot be moved for one process alone, and libfaketime breaks Python's sleep (clock_nanosleep) as soon
as it leaves the monotonic clock as it is; all of the project's time comes from `SystemClock`.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.clock import SystemClock

_LOOK_SECONDS = 0.2
_FILE = Path(os.environ["ANPR_SOAK_CLOCK"])
_real = SystemClock.now
_wrong, _looked = timedelta(), float("-inf")


def _now(self: SystemClock) -> datetime:
    global _wrong, _looked
    if time.monotonic() - _looked > _LOOK_SECONDS:
        _wrong, _looked = timedelta(seconds=int(_FILE.read_text(encoding="utf-8"))), time.monotonic()
    return _real(self) + _wrong


SystemClock.now = _now  # type: ignore[method-assign]
