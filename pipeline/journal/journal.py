"""The journal: the node's durable queue between the cameras and everything that follows.

Promise: `append` returns only when its records are on disk (WAL, fsync); callers that append at the same time share one
fsync. The same `read_id` is kept once. Offsets rise and are never given again, also after `discard_up_to`.

On failure: nothing of a failed append is acknowledged, and it may be offered again: Unavailable for a full or failing
disk, IntegrityError (naming the offset) for a record that is not what was written.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.domain.read import CaptureRecord
from pipeline.errors import AnprError, Unavailable
from pipeline.journal.database import (
    Entry,
    checksum_of,
    entries_after,
    identity_of,
    last_offset_of,
    open_to_read,
    open_to_write,
    translated,
)
from pipeline.journal.settings import JournalSettings
from pipeline.wire.read_proto import encode_record

_DAY_SECONDS = 86_400


class _Append:
    """One caller's records on their way to disk."""

    def __init__(self, records: Sequence[CaptureRecord]) -> None:
        self.rows = [(record.read.read_id, content, checksum_of(content)) for record, content in _encoded(records)]
        self.done = threading.Event()
        self.offset = 0
        self.error: AnprError | None = None


def _encoded(records: Sequence[CaptureRecord]) -> list[tuple[CaptureRecord, bytes]]:
    return [(record, encode_record(record)) for record in records]


class Journal:
    """The one writer of the file. Safe for many threads."""

    def __init__(self, path: Path, settings: JournalSettings) -> None:
        self._path = path
        self._remember_seconds = settings.remember_ids_days * _DAY_SECONDS
        self._connection = open_to_write(path, settings)
        self._lock = threading.Lock()
        self._arrived = threading.Condition()
        self._queue: list[_Append] = []
        self._closing = False
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    def append(self, records: Sequence[CaptureRecord]) -> int:
        """Make `records` durable and return the journal's newest offset."""
        append = _Append(records)
        with self._arrived:
            if self._closing or not self._thread.is_alive():
                raise Unavailable("the journal is closed")
            self._queue.append(append)
            self._arrived.notify()
        append.done.wait()
        if append.error is not None:
            raise append.error
        return append.offset

    def after(self, offset: int, limit: int) -> list[Entry]:
        """Return up to `limit` entries beyond `offset`, in order."""
        with self._lock, translated(self._path):
            return entries_after(self._connection, offset, limit)

    def last_offset(self) -> int:
        """Return the newest offset ever given, 0 before the first."""
        with self._lock, translated(self._path):
            return last_offset_of(self._connection)

    def discard_up_to(self, offset: int) -> int:
        """Delete the entries up to `offset`, which every consumer has taken; return how many went."""
        with self._lock, translated(self._path):
            self._connection.execute("DELETE FROM known WHERE at < ?", (int(time.time()) - self._remember_seconds,))
            return self._connection.execute("DELETE FROM entries WHERE offset <= ?", (offset,)).rowcount

    def close(self) -> None:
        """Write what was offered, then close the file."""
        with self._arrived:
            self._closing = True
            self._arrived.notify()
        self._thread.join()
        self._connection.close()

    def _write(self) -> None:
        while True:
            with self._arrived:
                while not self._queue and not self._closing:
                    self._arrived.wait()
                group, self._queue = self._queue, []
            if not group:
                return
            # whatever arrives during this commit shares the next one
            self._commit(group)

    def _commit(self, group: list[_Append]) -> None:
        # should this thread die of an error nobody foresaw, its callers must not wait for ever
        error: AnprError | None = Unavailable("the journal's writer died; its error is on the error output")
        offset = 0
        try:
            with self._lock, translated(self._path):
                offset = self._transaction(group)
            error = None
        except AnprError as fault:
            error = fault
        finally:
            for append in group:
                append.offset, append.error = offset, error
                append.done.set()

    def _transaction(self, group: list[_Append]) -> int:
        now = int(time.time())
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for append in group:
                for read_id, content, checksum in append.rows:
                    new = self._connection.execute("INSERT OR IGNORE INTO known VALUES (?, ?)", (read_id, now)).rowcount
                    if new:
                        self._connection.execute(
                            "INSERT INTO entries (checksum, content) VALUES (?, ?)", (checksum, content)
                        )
            offset = last_offset_of(self._connection)
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            # SQLite has rolled back by itself for some errors, and then this would be one more
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return offset

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class JournalReader:
    """Reads a journal that another process writes. Raises NotFound when there is none yet."""

    def __init__(self, path: Path, settings: JournalSettings) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection = open_to_read(path, settings)
        with translated(path):
            self.identity = identity_of(self._connection)

    def after(self, offset: int, limit: int) -> list[Entry]:
        """Return up to `limit` entries beyond `offset`, in order."""
        with self._lock, translated(self._path):
            return entries_after(self._connection, offset, limit)

    def last_offset(self) -> int:
        """Return the newest offset ever given, 0 before the first."""
        with self._lock, translated(self._path):
            return last_offset_of(self._connection)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
