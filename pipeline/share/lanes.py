"""Stretches of the journal on their way to a peer, in lanes.

Reads of one camera always take the same lane, and a lane has one batch under way at a time: so no read overtakes
another of its camera within a stretch. A stretch with an end is a backlog; the one without is what comes now.
On failure: nothing here can fail.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple


class Parcel(NamedTuple):
    """A read on its way, encoded without its pictures. `received_at` is in seconds from 1970."""

    offset: int
    read_id: str
    camera_id: str
    received_at: int
    content: bytes


class Lane:
    """A queue with one batch under way."""

    def __init__(self) -> None:
        self._waiting: deque[Parcel] = deque()
        self._under_way: list[Parcel] = []
        self._since = 0.0
        self.most_reads = 0
        """A smaller limit of its own while a batch that was refused as a whole is taken apart; 0: none."""

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def oldest(self) -> Parcel | None:
        """The first parcel that has not arrived."""
        if self._under_way:
            return self._under_way[0]
        return self._waiting[0] if self._waiting else None

    @property
    def is_idle(self) -> bool:
        return not self._under_way

    def put(self, parcel: Parcel, now: float) -> None:
        if not self._waiting:
            self._since = now
        self._waiting.append(parcel)

    def is_due(self, now: float, *, full: int, wait_seconds: float) -> bool:
        """Tell whether the next batch should go: it is full, or its first read has waited long enough."""
        if not self._waiting or self._under_way:
            return False
        return len(self._waiting) >= (self.most_reads or full) or now - self._since >= wait_seconds

    def send(self, most_reads: int, most_bytes: int, now: float) -> list[Parcel]:
        """Take the next batch: as many as fit, but at least one."""
        most_reads = min(most_reads, self.most_reads or most_reads)
        room = most_bytes
        while self._waiting and len(self._under_way) < most_reads:
            room -= len(self._waiting[0].content) + 4
            if room < 0 and self._under_way:
                break
            self._under_way.append(self._waiting.popleft())
        self._since = now
        return list(self._under_way)

    def arrived(self) -> None:
        self._under_way, self.most_reads = [], 0

    def came_back(self) -> None:
        self._waiting.extendleft(reversed(self._under_way))
        self._under_way = []


class Stretch:
    """Offsets beyond `begin` up to `end` (None: whatever comes)."""

    def __init__(self, begin: int, end: int | None, lanes: int) -> None:
        self.end = end
        self.read_to = begin
        """Up to there the journal has been read."""
        self.lanes = [Lane() for _ in range(lanes)]

    @property
    def waiting(self) -> int:
        return sum(map(len, self.lanes))

    @property
    def oldest(self) -> Parcel | None:
        """The parcel with the lowest offset that has not arrived."""
        outstanding = [lane.oldest for lane in self.lanes]
        return min((one for one in outstanding if one is not None), default=None, key=lambda one: one.offset)

    @property
    def begin(self) -> int:
        """Everything up to there has arrived."""
        oldest = self.oldest
        return self.read_to if oldest is None else oldest.offset - 1

    @property
    def is_read(self) -> bool:
        return self.end is not None and self.read_to >= self.end

    @property
    def is_done(self) -> bool:
        return self.is_read and self.oldest is None

    def put(self, parcels: Sequence[Parcel], read_to: int, now: float) -> None:
        """Queue what was read from the journal up to `read_to`."""
        for parcel in parcels:
            self.lanes[zlib.crc32(parcel.camera_id.encode()) % len(self.lanes)].put(parcel, now)
        self.read_to = read_to
