"""Reads put aside: what others sent that cannot be right, and what a peer would not have of ours.

Promise: durable when `add` returns; the same bytes with the same fault lie here once. They go when their time is up.
On failure: Unavailable for a full or failing disk, IntegrityError for a damaged file.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline import sqlite
from pipeline.domain.read import ReadId
from pipeline.domain.sharing import Fault, Organisation

_HOLDING = "quarantine"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS aside (number INTEGER PRIMARY KEY, sender TEXT NOT NULL, fault TEXT NOT NULL,"
    " read_id TEXT NOT NULL, at REAL NOT NULL, digest BLOB NOT NULL, content BLOB NOT NULL,"
    " UNIQUE (sender, fault, digest))",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAside:
    """A read in quarantine. `sender` is who sent it, or the peer that refused it."""

    sender: Organisation
    read_id: ReadId
    fault: Fault
    at: datetime
    content: bytes


class Quarantine:
    """The file at `path`. Safe for many threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection = sqlite.open_to_write(path, _TABLES, holding=_HOLDING)

    def add(self, aside: Sequence[PutAside]) -> None:
        """Make `aside` durable."""
        rows = [
            (one.sender, one.fault.value, one.read_id, one.at.timestamp(), _digest(one.content), one.content)
            for one in aside
        ]
        with self._lock, sqlite.translated(self._path, _HOLDING), sqlite.transaction(self._connection):
            self._connection.executemany(
                "INSERT OR IGNORE INTO aside (sender, fault, read_id, at, digest, content) VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )

    def remove(self, aside: Sequence[PutAside]) -> None:
        """Take `aside` out for good."""
        rows = [(one.sender, one.fault.value, _digest(one.content)) for one in aside]
        with self._lock, sqlite.translated(self._path, _HOLDING), sqlite.transaction(self._connection):
            self._connection.executemany("DELETE FROM aside WHERE sender = ? AND fault = ? AND digest = ?", rows)

    def count(self, sender: Organisation) -> int:
        """Return how many reads of that sender lie here."""
        with self._lock, sqlite.translated(self._path, _HOLDING):
            row = self._connection.execute("SELECT count(*) FROM aside WHERE sender = ?", (sender,)).fetchone()
        return int(row[0])

    def by_fault(self) -> dict[tuple[Organisation, Fault], int]:
        """Return how many lie here of each sender, for each reason."""
        with self._lock, sqlite.translated(self._path, _HOLDING):
            rows = self._connection.execute("SELECT sender, fault, count(*) FROM aside GROUP BY 1, 2").fetchall()
        return {(Organisation(sender), Fault(fault)): number for sender, fault, number in rows}

    def all_of(self, sender: Organisation) -> list[PutAside]:
        """Return what lies here of that sender, oldest first."""
        with self._lock, sqlite.translated(self._path, _HOLDING):
            rows = self._connection.execute(
                "SELECT read_id, fault, at, content FROM aside WHERE sender = ? ORDER BY number", (sender,)
            ).fetchall()
        return [
            PutAside(
                sender=sender,
                read_id=ReadId(read_id),
                fault=Fault(fault),
                at=datetime.fromtimestamp(at, UTC),
                content=content,
            )
            for read_id, fault, at, content in rows
        ]

    def expire(self, before: datetime) -> Mapping[str, int]:
        """Erase what was put aside before that instant; return how many."""
        with self._lock, sqlite.translated(self._path, _HOLDING):
            with sqlite.transaction(self._connection):
                gone = self._connection.execute("DELETE FROM aside WHERE at < ?", (before.timestamp(),)).rowcount
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return {"quarantined reads": gone}

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def paths_in(folder: Path) -> list[Path]:
    """Return the quarantines that there are in `folder`."""
    return sorted((*folder.glob("quarantine.db"), *folder.glob("refused-*.db")))


class Quarantines:
    """All quarantines in `folder`: of what others sent, and of what peers did not take."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def expire(self, before: datetime) -> Mapping[str, int]:
        """Erase what was put aside before that instant; return how many."""
        gone: Counter[str] = Counter()
        for path in paths_in(self._folder):
            one = Quarantine(path)
            gone.update(one.expire(before))
            one.close()
        return gone
