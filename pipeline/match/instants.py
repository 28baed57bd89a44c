"""Instants as columns hold them: microseconds since 1970 in UTC, with two that no clock shows for open ends.

On failure: nothing here can fail.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

OPEN_START = -(2**63)
"""Has always begun."""
OPEN_END = 2**63 - 1
"""Never ends."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros_of(at: datetime) -> int:
    """Return the aware instant `at` as microseconds."""
    return (at - _EPOCH) // _MICROSECOND


def instant_of(micros: int) -> datetime | None:
    """Return the instant, None for an open end."""
    if micros in (OPEN_START, OPEN_END):
        return None
    return _EPOCH + timedelta(microseconds=micros)
