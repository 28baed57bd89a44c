"""The journal: the node's durable queue between the cameras and everything that follows.

Promise: `append` returns only when its records are on disk (WAL, fsync); callers that append at the same time share one
fsync. The same `read_id` is kept once. Offsets rise by one and are never given again, also after `discard_up_to`. What
is discarded is overwritten on disk, in the file and in its log.

On failure: nothing of a failed append is acknowledged, and it may be offered again: Unavailable for a full or failing
disk, Overloaded when too much waits for the disk, IntegrityError (naming the offset) for a damaged record.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pipeline.clock import SystemClock
from pipeline.domain.ports import Clock
from pipeline.domain.read import CaptureRecord
from pipeline.domain.sharing import EncodedRecord
from pipeline.errors import AnprError, Overloaded, Unavailable
from pipeline.journal.database import (
    checksum_of,
    empty_log,
    insert,
    last_offset_of,
    open_to_write,
    translated,
)
from pipeline.journal.reader import Readable
from pipeline.journal.settings import JournalSettings
from pipeline.sqlite import transaction
from pipeline.wire.read_proto import encode_record

_DAY_SECONDS = 86_400
_SYSTEM_CLOCK = SystemClock()


class _Append:
    """One caller's records on their way to disk."""

    def __init__(self, records: Sequence[EncodedRecord]) -> None:
        self.rows = [(*record, checksum_of(record.content)) for record in records]
        self.offset = 0
        self.new: list[bool] = []
        self.error: AnprError | None = None
        self._done = threading.Event()

    def end(self, offset: int, error: AnprError | None) -> None:
        self.offset, self.error = offset, error
        self._done.set()

    def wait(self) -> None:
        self._done.wait()
        if self.error is not None:
            # callers that shared a commit must not share one exception: each adds its own traceback
            raise type(self.error)(*self.error.args) from self.error


class Journal(Readable):
    """The one writer of the file. Safe for many threads."""

    def __init__(self, path: Path, settings: JournalSettings, clock: Clock = _SYSTEM_CLOCK) -> None:
        super().__init__(path, open_to_write(path, settings))
        self._settings = settings
        self._clock = clock
        self._arrived = threading.Condition()
        self._queue: list[_Append] = []
        self._waiting_reads = 0
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    def append(self, records: Sequence[CaptureRecord]) -> int:
        """Make `records` durable together; return the newest offset."""
        return self._append([EncodedRecord(one.read.read_id, encode_record(one)) for one in records]).offset

    def append_encoded(self, records: Sequence[EncodedRecord]) -> list[bool]:
        """Make `records` durable together; return which of them were new, in order."""
        return self._append(records).new

    def _append(self, records: Sequence[EncodedRecord]) -> _Append:
        append = _Append(records)
        with self._arrived:
            if self._closed:
                raise Unavailable("the journal is closed")
            if self._waiting_reads and self._waiting_reads + len(append.rows) > self._settings.most_waiting_reads:
                raise Overloaded(f"{self._waiting_reads} reads wait for the journal's disk: offer these again later")
            self._waiting_reads += len(append.rows)
            self._queue.append(append)
            self._arrived.notify()
        append.wait()
        return append

    def discard_up_to(self, offset: int) -> int:
        """Delete the entries up to `offset`, which every consumer has taken; return how many went.

        Their ids stay known for `remember_ids_days`, so that a late retry is still the same read.
        """
        oldest = int(self._clock.now().timestamp()) - self._settings.remember_ids_days * _DAY_SECONDS
        with self._lock, translated(self._path), transaction(self._connection):
            self._connection.execute("DELETE FROM known WHERE at < ? AND offset <= ?", (oldest, offset))
            discarded = self._connection.execute("DELETE FROM entries WHERE offset <= ?", (offset,)).rowcount
        self._empty_log()
        return discarded

    def expire(self, before: datetime) -> Mapping[str, int]:
        """Erase the entries appended before that instant, taken or not; return how many. The log is emptied as well.

        Raises Unavailable while a reader keeps the log from being emptied.
        """
        instant = int(before.timestamp())
        with self._lock, translated(self._path), transaction(self._connection):
            newest = (
                self._connection.execute("SELECT max(offset) FROM known WHERE at < ?", (instant,)).fetchone()[0] or 0
            )
            # entries are appended in the order of time; where the clock was set back, the later ones go a little early
            gone = self._connection.execute("DELETE FROM entries WHERE offset <= ?", (newest,)).rowcount
            self._connection.execute("DELETE FROM known WHERE at < ?", (instant,))
            if gone:
                self._connection.execute("INSERT OR REPLACE INTO about VALUES ('expired', ?)", (str(newest),))
        if not self._empty_log() and gone:
            raise Unavailable("the journal's log is being read; what expired is erased from it by the next try")
        return {"journal entries": gone}

    def _empty_log(self) -> bool:
        with self._lock, translated(self._path):
            return empty_log(self._connection)

    def close(self) -> None:
        """Write what was offered, then close the file."""
        with self._arrived:
            self._closed = True
            self._arrived.notify()
        self._thread.join()
        super().close()

    def _write(self) -> None:
        group: list[_Append] = []
        try:
            while True:
                with self._arrived:
                    while not self._queue and not self._closed:
                        self._arrived.wait()
                    group, self._queue, self._waiting_reads = self._queue, [], 0
                if not group:
                    return
                # whatever arrives during this commit shares the next one
                self._commit(group)
        finally:
            # should this thread die of an error nobody foresaw, its callers must not wait for ever
            with self._arrived:
                self._closed = True
                group, self._queue = group + self._queue, []
            for append in group:
                append.end(0, Unavailable("the journal's writer has died; its error is on the error output"))

    def _commit(self, group: list[_Append]) -> None:
        offset, error = 0, None
        try:
            with self._lock, translated(self._path), transaction(self._connection):
                offset, now = last_offset_of(self._connection), int(self._clock.now().timestamp())
                for append in group:
                    offset = insert(self._connection, append.rows, append.new, offset, now)
        except AnprError as fault:
            error = fault
        while group:
            group.pop(0).end(offset, error)
