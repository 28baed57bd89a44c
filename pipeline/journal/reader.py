"""The reading end of the journal, for its own process and for others.

On failure: NotFound while there is no journal, Unavailable while its file cannot be read, IntegrityError (naming the
offset) for a record that is not what was written. Reading never changes the journal.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.domain.read import CaptureRecord, ReadId
from pipeline.errors import IntegrityError
from pipeline.journal.database import (
    Entry,
    entries_after,
    expired_offset_of,
    identity_of,
    known_of,
    last_offset_of,
    oldest_offset_of,
    open_to_read,
    translated,
    used_bytes_of,
)
from pipeline.journal.settings import JournalSettings

MOST_BYTES = 256 * 2**20
"""So much of the journal is taken into memory at once, unless the caller says otherwise."""


class Readable:
    """What can be asked of an open journal. Safe for many threads."""

    identity: str

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._lock = threading.Lock()
        with translated(path):
            self.identity = identity_of(connection)

    def after(self, offset: int, limit: int, most_bytes: int = MOST_BYTES) -> list[Entry]:
        """Return up to `limit` entries beyond `offset`, in order, as many as `most_bytes` hold but at least one."""
        with self._lock, translated(self._path):
            return entries_after(self._connection, offset, limit, most_bytes)

    def record_of(self, read_id: ReadId) -> CaptureRecord | None:
        """Return the record of that read; None when it was never here, or has been discarded."""
        entry = self.entry_of(read_id)
        record = entry.record if entry is not None else None
        return record if record is not None and record.read.read_id == read_id else None

    def entry_of(self, read_id: ReadId) -> Entry | None:
        """Return the entry of that read; None when it was never here, or has been discarded."""
        with self._lock, translated(self._path):
            row = self._connection.execute("SELECT offset FROM known WHERE read_id = ?", (read_id,)).fetchone()
        found = self.after(int(row[0]) - 1, 1) if row else []
        return found[0] if found and found[0].offset == row[0] else None

    def knows(self, keys: Sequence[str]) -> set[str]:
        """Return those of `keys` that were appended, and are remembered."""
        with self._lock, translated(self._path):
            return known_of(self._connection, keys)

    def bytes_per_read(self) -> float:
        """Return about how much of the disk an entry takes; at least 1."""
        with self._lock, translated(self._path):
            entries = last_offset_of(self._connection) + 1 - oldest_offset_of(self._connection)
            return max(1.0, used_bytes_of(self._connection) / max(1, entries))

    def last_offset(self) -> int:
        """Return the newest offset ever given, 0 before the first."""
        with self._lock, translated(self._path):
            return last_offset_of(self._connection)

    def lag_of(self, offset: int) -> int:
        """Return how many reads a consumer that has taken everything up to `offset` has yet to take.

        Raises IntegrityError for an offset that was never given: an older copy of this journal has been put in its
        place, and the reads that come next would be taken for ones that the consumer has.
        """
        newest = self.last_offset()
        if offset > newest:
            raise IntegrityError(
                f"journal {self._path.name} has given {newest} offsets, but a consumer has taken {offset}: an older"
                " copy was put in its place; restore the newest one, or move it away to begin a new journal"
            )
        return newest - offset

    def missing_after(self, offset: int) -> int:
        """Return how many of the reads after `offset` are no longer here, though their time was not up."""
        with self._lock, translated(self._path):
            oldest, expired = oldest_offset_of(self._connection), expired_offset_of(self._connection)
        return max(0, oldest - 1 - max(offset, expired))

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class JournalReader(Readable):
    """Reads a journal that another process writes. Raises NotFound when there is none yet."""

    def __init__(self, path: Path, settings: JournalSettings) -> None:
        super().__init__(path, open_to_read(path, settings))
