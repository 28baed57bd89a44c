"""Where reads of others land: durable at once as the batches they came in, and in the journal soon after.

A batch is one row and one sync, whatever its size; the journal has an index over the ids of two weeks, whose pages are
all over the file. So many batches go there together, while the next ones land.

Promise: `append_encoded` returns when what is new of its records is on disk. What is known is told as if all were in
the journal already, and each record gets there once, in the order they came. A start goes on with what a crash left:
what had reached the journal is known there and not doubled.

On failure: Unavailable for a full or failing disk with nothing of the batch acknowledged, Overloaded when the journal
has kept `most_bytes` waiting for too long; while the journal is away batches wait and are tried again. IntegrityError
when this file or the journal is damaged: it is in `failure`, and nothing more is taken.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import deque
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline import metrics, sqlite
from pipeline.domain.ports import EncodedJournal, KnownKeys
from pipeline.domain.sharing import EncodedRecord
from pipeline.errors import AnprError, BadInput, IntegrityError, Overloaded, Unavailable
from pipeline.wire.bundle import bundle_of, records_in_bundle

log = logging.getLogger(__name__)
_HOLDING = "landing"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS landed (number INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL,"
    " bundle BLOB NOT NULL)",
)
_MOST_AT_ONCE = 8000
"""Records that go to the journal together: more gain little, and the cameras of this node share it."""


class _Landed(NamedTuple):
    number: int
    records: int
    size: int


class Landing:
    """An `EncodedJournal` before `journal`, in the file at `path`. `held` tells what the journal has without waiting
    for its writer. While more than `most_bytes` are here callers wait, for `room_seconds` at most. For many threads.
    """

    def __init__(
        self,
        path: Path,
        journal: EncodedJournal,
        held: KnownKeys,
        *,
        most_bytes: int,
        room_seconds: float = 10.0,
        retry_seconds: float = 1.0,
    ) -> None:
        self._path = path
        self._journal = journal
        self._held = held
        self._most_bytes = most_bytes
        self._room_seconds, self._retry_seconds = room_seconds, retry_seconds
        self._changed = threading.Condition()
        self._connection = sqlite.open_to_write(path, _TABLES, holding=_HOLDING)
        self._landed: deque[_Landed] = deque()
        self._keys: set[str] = set()
        self._bytes = 0
        self._closing = threading.Event()
        self.failure: AnprError | None = None
        """What has ended the carrying to the journal."""
        self._take_up()
        self._thread = threading.Thread(target=self._carry, name="landing", daemon=True)
        self._thread.start()

    def append_encoded(self, records: Sequence[EncodedRecord]) -> list[bool]:
        """Make what is new of `records` durable together; return which of them were new, in order."""
        known = self.knows([one.key for one in records])
        with self._changed:
            self._wait_for_room()
            new, keys = [], known
            for one in records:
                new.append(one.key not in keys and one.key not in self._keys)
                keys.add(one.key)
            fresh = [one for one, is_new in zip(records, new, strict=True) if is_new]
            if fresh:
                self._land(fresh)
        return new

    def knows(self, keys: Sequence[str]) -> set[str]:
        """Return those of `keys` that have landed, or are remembered by the journal."""
        with self._changed:
            waiting = self._keys.intersection(keys)
        # in this order: what leaves the landing meanwhile is in the journal by then
        others = [key for key in keys if key not in waiting] if waiting else keys
        return waiting | self._held.knows(others)

    def close(self) -> None:
        """Carry what can be carried to the journal, then close the file; the rest is for the next start."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join()
        self._connection.close()

    def _wait_for_room(self) -> None:
        roomy = self._changed.wait_for(
            lambda: self._bytes <= self._most_bytes or self.failure is not None, timeout=self._room_seconds
        )
        if self.failure is not None:
            # callers must not share one exception: each adds its own traceback
            raise type(self.failure)(*self.failure.args) from self.failure
        if not roomy:
            raise Overloaded(f"{len(self._keys)} reads wait for the journal: offer these again later")

    def _land(self, fresh: Sequence[EncodedRecord]) -> None:
        bundle = bundle_of(fresh)
        with sqlite.translated(self._path, _HOLDING), sqlite.transaction(self._connection):
            row = (_digest(bundle), bundle)
            number = self._connection.execute("INSERT INTO landed (digest, bundle) VALUES (?, ?)", row).lastrowid
        self._note(number or 0, fresh)
        self._changed.notify_all()

    def _note(self, number: int, records: Sequence[EncodedRecord]) -> None:
        size = sum(len(one.content) for one in records)
        self._landed.append(_Landed(number, len(records), size))
        self._keys.update(_keys_of(records))
        self._bytes += size
        metrics.INTAKE_LANDED.set(len(self._keys))

    def _take_up(self) -> None:
        """Find what a former process left."""
        with sqlite.translated(self._path, _HOLDING):
            numbers = self._connection.execute("SELECT number FROM landed ORDER BY number").fetchall()
        for (number,) in numbers:
            self._note(number, self._records(number))

    # to the journal

    def _carry(self) -> None:
        failure: AnprError | None = Unavailable(
            "what carries to the journal has died; its error is on the error output"
        )
        try:
            failure = self._carry_on()
        finally:
            with self._changed:
                self.failure = failure
                self._changed.notify_all()

    def _carry_on(self) -> AnprError | None:
        """Carry until it is closed, or until what no retry can mend, which is returned."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._landed or self._closing.is_set())
                if not self._landed:
                    return None
            try:
                self._carry_some()
            except AnprError as error:
                metrics.CONSUMER_FAILURES.labels("landing").inc()
                if not error.retry_can_help:
                    log.error("the landing has stopped: %s", error)
                    return error
                log.warning("landing: %s", error)
                if self._closing.wait(self._retry_seconds):
                    return None

    def _carry_some(self) -> None:
        chosen: list[_Landed] = []
        with self._changed:
            room = _MOST_AT_ONCE
            for one in self._landed:
                room -= one.records
                if chosen and room < 0:
                    break
                chosen.append(one)
        records = [record for one in chosen for record in self._records(one.number)]
        self._journal.append_encoded(records)
        with self._changed:
            with sqlite.translated(self._path, _HOLDING):
                with sqlite.transaction(self._connection):
                    self._connection.execute("DELETE FROM landed WHERE number <= ?", (chosen[-1].number,))
                if len(chosen) == len(self._landed):
                    # what is gone is gone from the log as well
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            for one in chosen:
                self._landed.popleft()
                self._bytes -= one.size
            self._keys.difference_update(_keys_of(records))
            metrics.INTAKE_LANDED.set(len(self._keys))
            self._changed.notify_all()

    def _records(self, number: int) -> list[EncodedRecord]:
        with self._changed, sqlite.translated(self._path, _HOLDING):
            digest, bundle = self._connection.execute(
                "SELECT CAST(digest AS BLOB), CAST(bundle AS BLOB) FROM landed WHERE number = ?", (number,)
            ).fetchone()
        try:
            if digest == _digest(bundle):
                return records_in_bundle(bundle)
        except BadInput as error:
            raise IntegrityError(self._damaged(number)) from error
        raise IntegrityError(self._damaged(number))

    def _damaged(self, number: int) -> str:
        return f"landing {self._path.name}: batch {number} is damaged; quarantine the file and restore it"


def _keys_of(records: Sequence[EncodedRecord]) -> Collection[str]:
    return [key for one in records for key in (one.key, *one.also)]


def _digest(bundle: bytes) -> bytes:
    return hashlib.blake2b(bundle, digest_size=16).digest()
