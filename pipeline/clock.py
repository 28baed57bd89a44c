"""The real clock; tests use a manual one, because time is an argument everywhere."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """This machine's time. `monotonic` is shared by all processes of one machine since it was started."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()
