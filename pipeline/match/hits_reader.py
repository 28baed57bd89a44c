"""The hits for whoever raises alerts of them.

A position is "<the file's identity> <number of the last hit taken>": a file that was replaced or restored is noticed,
and everything is read again from the beginning.

On failure: Unavailable while the file cannot be read; IntegrityError, naming the number, for a damaged hit.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.domain.alert import AlertedHit, AlertedRead
from pipeline.match.hits_store import StoredHits


class HitsReader:
    """A `HitLog` over the file that a `HitsStore` writes, in this process or another. No file is no hits."""

    def __init__(self, path: Path) -> None:
        self._stored = StoredHits(path)

    def after(self, position: str, limit: int) -> list[tuple[str, AlertedHit]]:
        identity = self._stored.identity()
        if not identity:
            return []
        return [
            (f"{identity} {one.number}", AlertedHit(hit=one.hit, read=AlertedRead.of(one.read)))
            for one in self._stored.after(self._number(position, identity), limit)
        ]

    def close(self) -> None:
        self._stored.close()

    def _number(self, position: str, identity: str) -> int:
        """Return the number that `position` names, 0 when it is of another file or ahead of this one."""
        known, _, number = position.partition(" ")
        if known != identity or not number.isdecimal():
            return 0
        return int(number) if int(number) <= self._stored.newest() else 0
