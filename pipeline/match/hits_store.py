"""The hits, each once and durable before anybody is told, in one SQLite file with the place in the journal they reach.

Hits and position are one commit (WAL, fsync): after a crash both are as they were before it or after it. That a hit is
there once is the file's own unique key, so nothing about old hits is held in memory. Hits are numbered; who follows
them remembers the newest number. Where a camera stands is never written here.

On failure: Unavailable for a full or failing disk, with nothing lost: the same hits may be offered again.
IntegrityError for a damaged file.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pipeline import sqlite
from pipeline.domain.hotlist import Hit
from pipeline.domain.read import Read
from pipeline.errors import BadInput, IntegrityError
from pipeline.match.instants import instant_of, micros_of
from pipeline.sqlite import transaction
from pipeline.wire.read_proto import decode_read, encode_read

_HIT = TypeAdapter(Hit)
_HOLDING = "hits"
_NEVER = datetime.min.replace(tzinfo=UTC)
_TABLES = (
    "CREATE TABLE IF NOT EXISTS hits (number INTEGER PRIMARY KEY AUTOINCREMENT, hit_id TEXT NOT NULL UNIQUE,"
    " captured_at INTEGER NOT NULL, matched_at INTEGER NOT NULL, hit BLOB NOT NULL, read BLOB NOT NULL)",
    "CREATE INDEX IF NOT EXISTS hits_by_capture ON hits (captured_at)",
    "CREATE TABLE IF NOT EXISTS reached (journal TEXT PRIMARY KEY, position INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
)
# damage may turn bytes into text, and SQLite's complaint about bad text quotes it
_COLUMNS = "SELECT number, matched_at, CAST(hit AS BLOB), CAST(read AS BLOB) FROM hits"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHit:
    """A hit with its number, its read (without the camera's location), and when it was matched."""

    number: int
    hit: Hit
    read: Read
    matched_at: datetime


class HitsStore:
    """Takes hits; `position` is the offset in `journal` up to which reads have been matched. One process writes."""

    def __init__(self, path: Path, journal: str, *, busy_seconds: float = sqlite.BUSY_SECONDS) -> None:
        self._path = path
        self._journal = journal
        self._connection = sqlite.open_to_write(path, _TABLES, holding=_HOLDING, busy_seconds=busy_seconds)
        with translated(path):
            with transaction(self._connection):
                self._connection.execute("INSERT OR IGNORE INTO about VALUES ('identity', ?)", (uuid.uuid4().hex,))
            row = self._connection.execute("SELECT position FROM reached WHERE journal = ?", (journal,)).fetchone()
        self.position = int(row[0]) if row else 0

    def append(self, hits: Sequence[tuple[Hit, Read]], *, position: int, at: datetime) -> list[tuple[Hit, Read]]:
        """Make the hits that are new, and the position, durable together; return the new ones."""
        new: list[tuple[Hit, Read]] = []
        with translated(self._path), transaction(self._connection):
            for hit, read in hits:
                done = self._connection.execute(
                    "INSERT OR IGNORE INTO hits (hit_id, captured_at, matched_at, hit, read) VALUES (?, ?, ?, ?, ?)",
                    (
                        hit.hit_id,
                        micros_of(read.captured_at),
                        micros_of(at),
                        _HIT.dump_json(hit),
                        encode_read(replace(read, location=None)),
                    ),
                )
                if done.rowcount:
                    new.append((hit, read))
            self._connection.execute("INSERT OR REPLACE INTO reached VALUES (?, ?)", (self._journal, position))
        self.position = position
        return new

    def expire(self, before: datetime) -> Mapping[str, int]:
        """Erase the hits of vehicles captured before that instant; return how many."""
        with translated(self._path), transaction(self._connection):
            gone = self._connection.execute("DELETE FROM hits WHERE captured_at < ?", (micros_of(before),)).rowcount
        with translated(self._path):
            # or the write-ahead log would still hold what was erased
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return {"hits": gone}

    def close(self) -> None:
        self._connection.close()


class StoredHits:
    """The reading end, in this process or another. No file is no hits."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def identity(self) -> str:
        """Return the name of this file, another one for a file that took its place; empty while there is none."""
        with translated(self._path):
            connection = self._opened()
            row = connection and connection.execute("SELECT value FROM about WHERE key = 'identity'").fetchone()
        return str(row[0]) if row else ""

    def newest(self) -> int:
        """Return the number of the newest hit ever written, 0 before the first."""
        with translated(self._path):
            connection = self._opened()
            row = connection and connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'hits'").fetchone()
        return int(row[0]) if row else 0

    def after(self, number: int, limit: int) -> list[StoredHit]:
        """Return up to `limit` hits with a higher number, in order."""
        return self._asked("WHERE number > ? ORDER BY number LIMIT ?", number, limit)

    def by_id(self, hit_id: str) -> StoredHit | None:
        """Return that hit, None when it is not (or no longer) there."""
        return next(iter(self._asked("WHERE hit_id = ?", hit_id)), None)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _asked(self, which: str, *given: int | str) -> list[StoredHit]:
        with translated(self._path):
            connection = self._opened()
            if connection is None:
                return []
            rows = connection.execute(f"{_COLUMNS} {which}", given).fetchall()
        return [self._stored(*row) for row in rows]

    def _opened(self) -> sqlite3.Connection | None:
        if self._connection is None and self._path.is_file():
            self._connection = sqlite.open_to_read(self._path, holding=_HOLDING)
        return self._connection

    def _stored(self, number: int, matched_at: int, hit: bytes, read: bytes) -> StoredHit:
        try:
            return StoredHit(
                number=number,
                hit=_HIT.validate_json(hit),
                read=decode_read(read),
                matched_at=instant_of(matched_at) or _NEVER,
            )
        except (ValidationError, BadInput):
            # the causes quote what they could not read, which holds a mark
            raise IntegrityError(f"{self._path.name}: hit {number} is damaged; restore the file") from None


def translated(path: Path) -> AbstractContextManager[None]:
    """Turn the errors of SQLite and of the disk into the project's."""
    return sqlite.translated(path, _HOLDING)
