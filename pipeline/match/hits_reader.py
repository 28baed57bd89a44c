"""The hits for whoever raises alerts of them.

A position is "<the file's identity> <number of the last hit taken>": a file that was replaced or restored is noticed,
and everything is read again from the beginning.

On failure: Unavailable while the file cannot be read; IntegrityError, naming the number, for a damaged hit.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.domain.alert import AlertedHit, AlertedRead
from pipeline.domain.read import Read
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
            (f"{identity} {one.number}", AlertedHit(hit=one.hit, read=_alerted(one.read)))
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


def _alerted(read: Read) -> AlertedRead:
    return AlertedRead(
        read_id=read.read_id,
        feed_id=read.feed_id,
        source_id=read.source_id,
        camera_id=read.camera_id,
        captured_at=read.captured_at,
        received_at=read.received_at,
        clock_state=read.clock_state,
        vrm=read.vrm,
        confidence=read.confidence,
        direction=read.direction,
        patch_digest=read.patch_digest,
        overview_digest=read.overview_digest,
    )
