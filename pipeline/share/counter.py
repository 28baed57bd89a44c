"""What came from whom: counts and times for people to look at, and what senders told of their erasures.

Promise: erasures are durable when `erased` returns. Counts are written every second: a crash may take the last of them,
never a read. How many reads are held is asked of the store, not of these.
On failure: Unavailable for a full or failing disk, IntegrityError for a damaged file.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline import sqlite
from pipeline.domain.ports import Clock
from pipeline.domain.sharing import ErasureNotice, Organisation
from pipeline.errors import AnprError

log = logging.getLogger(__name__)
_HOLDING = "counts of the intake"
_WRITE_EVERY_SECONDS = 1.0
_TABLES = (
    "CREATE TABLE IF NOT EXISTS senders (sender TEXT PRIMARY KEY, accepted INTEGER NOT NULL, duplicates INTEGER NOT"
    " NULL, quarantined INTEGER NOT NULL, refused INTEGER NOT NULL, pictures INTEGER NOT NULL, newest INTEGER NOT"
    " NULL, offset REAL, last_at REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS erasures (sender TEXT NOT NULL, erasure_id TEXT NOT NULL, at REAL NOT NULL, before"
    " REAL NOT NULL, because TEXT NOT NULL, counts TEXT NOT NULL, PRIMARY KEY (sender, erasure_id)) WITHOUT ROWID",
)
_ADD = (
    "INSERT INTO senders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sender) DO UPDATE SET"
    " accepted = accepted + excluded.accepted, duplicates = duplicates + excluded.duplicates,"
    " quarantined = quarantined + excluded.quarantined, refused = refused + excluded.refused,"
    " pictures = pictures + excluded.pictures, newest = max(newest, excluded.newest),"
    " offset = coalesce(excluded.offset, offset), last_at = excluded.last_at"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What came of a sender. `newest_captured` is in seconds from 1970; the offset is our clock less theirs."""

    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    refused: int = 0
    pictures: int = 0
    newest_captured: int = 0
    clock_offset_seconds: float | None = None

    def plus(self, other: Counted) -> Counted:
        """Return both together, `other` the later."""
        offset = other.clock_offset_seconds
        return Counted(
            accepted=self.accepted + other.accepted,
            duplicates=self.duplicates + other.duplicates,
            quarantined=self.quarantined + other.quarantined,
            refused=self.refused + other.refused,
            pictures=self.pictures + other.pictures,
            newest_captured=max(self.newest_captured, other.newest_captured),
            clock_offset_seconds=self.clock_offset_seconds if offset is None else offset,
        )


class CounterBook:
    """The file at `path`. Safe for many threads."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._connection = sqlite.open_to_write(path, _TABLES, holding=_HOLDING)
        self._waiting: dict[Organisation, tuple[Counted, datetime]] = {}
        self._written_at = clock.monotonic()
        self._later: threading.Timer | None = None

    def note(self, sender: Organisation, counted: Counted, *, at: datetime) -> None:
        """Add what came; it is written within a second or so, also if nothing more comes."""
        with self._lock:
            before = self._waiting.get(sender)
            self._waiting[sender] = (before[0].plus(counted) if before else counted, at)
            if self._clock.monotonic() - self._written_at >= _WRITE_EVERY_SECONDS:
                self._write()
            elif self._later is None:
                self._later = threading.Timer(_WRITE_EVERY_SECONDS, self._write_later)
                self._later.daemon = True
                self._later.start()

    def erased(self, sender: Organisation, notices: Sequence[ErasureNotice]) -> None:
        """Keep what a sender erased; telling it again changes nothing."""
        rows = [
            (
                sender,
                one.erasure_id,
                one.at.timestamp(),
                one.before.timestamp(),
                one.because,
                json.dumps(dict(one.counts), sort_keys=True),
            )
            for one in notices
        ]
        with self._lock, sqlite.translated(self._path, _HOLDING), sqlite.transaction(self._connection):
            self._connection.executemany("INSERT OR IGNORE INTO erasures VALUES (?, ?, ?, ?, ?, ?)", rows)

    def counted(self) -> dict[Organisation, tuple[Counted, datetime]]:
        """Return what came of each sender, and when the last came."""
        with self._lock:
            self._write()
            with sqlite.translated(self._path, _HOLDING):
                rows = self._connection.execute("SELECT * FROM senders ORDER BY sender").fetchall()
        return {
            Organisation(sender): (
                Counted(
                    accepted=accepted,
                    duplicates=duplicates,
                    quarantined=quarantined,
                    refused=refused,
                    pictures=pictures,
                    newest_captured=newest,
                    clock_offset_seconds=offset,
                ),
                datetime.fromtimestamp(last_at, UTC),
            )
            for sender, accepted, duplicates, quarantined, refused, pictures, newest, offset, last_at in rows
        }

    def erasures(self) -> dict[Organisation, list[ErasureNotice]]:
        """Return what each sender told of its erasures, oldest first."""
        with self._lock, sqlite.translated(self._path, _HOLDING):
            rows = self._connection.execute("SELECT * FROM erasures ORDER BY sender, at").fetchall()
        told: dict[Organisation, list[ErasureNotice]] = {}
        for sender, erasure_id, at, before, because, counts in rows:
            notice = ErasureNotice(
                erasure_id=erasure_id,
                at=datetime.fromtimestamp(at, UTC),
                before=datetime.fromtimestamp(before, UTC),
                because=because,
                counts=json.loads(counts),
            )
            told.setdefault(Organisation(sender), []).append(notice)
        return told

    def close(self) -> None:
        with self._lock:
            self._write()
            self._connection.close()
            later, self._later = self._later, None
        if later is not None:
            later.cancel()
            later.join()

    def _write_later(self) -> None:
        with self._lock:
            self._later = None
            try:
                self._write()
            except AnprError as error:
                # they wait for the next that comes, which then fails as it does
                log.warning("what came from whom cannot be written now: %s", error)

    def _write(self) -> None:
        if not self._waiting:
            return
        rows = [
            (
                sender,
                one.accepted,
                one.duplicates,
                one.quarantined,
                one.refused,
                one.pictures,
                one.newest_captured,
                one.clock_offset_seconds,
                at.timestamp(),
            )
            for sender, (one, at) in self._waiting.items()
        ]
        with sqlite.translated(self._path, _HOLDING), sqlite.transaction(self._connection):
            self._connection.executemany(_ADD, rows)
        self._waiting.clear()
        self._written_at = self._clock.monotonic()
