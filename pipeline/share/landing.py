"""Where reads of others land: durable at once as the batches they came in, and in the journal soon after.

A batch is one row, whatever its size, and batches that come while another is being synced share the next sync; the
journal has an index over the ids of two weeks, whose pages are all over the file. So many batches go there together,
while the next ones land.

Promise: `append_encoded` returns when what is new of its records is on disk. What is known is told as if all were in
the journal already, and each record gets there once, in the order they came. A start goes on with what a crash left:
what had reached the journal is known there and not doubled.

On failure: Unavailable for a full or failing disk with nothing of the batch acknowledged, Overloaded when the journal
has kept `most_bytes` waiting for too long; while the journal is away batches wait and are tried again. IntegrityError
when this file or the journal is damaged: it is in `failure`, and nothing more is taken.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline import metrics
from pipeline.domain.ports import EncodedJournal, KnownKeys
from pipeline.domain.sharing import EncodedRecord
from pipeline.errors import AnprError, Overloaded, Unavailable
from pipeline.share.landing_file import LandingFile

log = logging.getLogger(__name__)
_MOST_AT_ONCE = 8000
"""Records that go to the journal together: more gain little, and the cameras of this node share it."""


class _Landed(NamedTuple):
    number: int
    at: float
    records: int
    size: int


class _Arrival:
    """One caller's records on their way into the file; `known` are those of their keys that the journal has."""

    def __init__(self, records: Sequence[EncodedRecord], known: set[str]) -> None:
        self.records, self.known = records, known
        self.new: list[bool] = []
        self.fresh: Sequence[EncodedRecord] = ()
        self.has_ended = False
        self.error: AnprError | None = None

    def look(self, held: set[str], arriving: set[str]) -> None:
        """Find out which records are new: not `held`, and not among the keys `arriving` in the same moment."""
        keys = [one.key for one in self.records]
        known = self.known.union(held.intersection(keys), arriving.intersection(keys))
        different = set(keys)
        if not known and len(different) == len(keys):
            self.new, self.fresh = [True] * len(keys), self.records
        else:
            for key in keys:
                self.new.append(key not in known)
                known.add(key)
            self.fresh = [one for one, is_new in zip(self.records, self.new, strict=True) if is_new]
        arriving |= different


class Landing:
    """An `EncodedJournal` before `journal`, in the file at `path`. `held` tells what the journal has without waiting
    for its writer. What has landed waits `gather_seconds` for others to go to the journal with, unless half of
    `most_bytes` are here; while more than that are, callers wait, for `room_seconds` at most. For many threads.
    """

    def __init__(
        self,
        path: Path,
        journal: EncodedJournal,
        held: KnownKeys,
        *,
        most_bytes: int,
        gather_seconds: float = 0.1,
        room_seconds: float = 10.0,
        retry_seconds: float = 1.0,
    ) -> None:
        self._journal = journal
        self._held = held
        self._most_bytes = most_bytes
        self._gather_seconds = gather_seconds
        self._room_seconds, self._retry_seconds = room_seconds, retry_seconds
        self._changed = threading.Condition()
        self._file = LandingFile(path)
        self._arriving: list[_Arrival] = []
        self._is_landing = False
        self._landed: deque[_Landed] = deque()
        self._keys: set[str] = set()
        self._bytes = 0
        self._closing = threading.Event()
        self.failure: AnprError | None = None
        """What has ended the carrying to the journal."""
        for number in self._file.numbers():
            # what a former process left
            self._note(number, self._file.records(number))
        self._thread = threading.Thread(target=self._carry, name="landing", daemon=True)
        self._thread.start()

    def append_encoded(self, records: Sequence[EncodedRecord]) -> list[bool]:
        """Make what is new of `records` durable together; return which of them were new, in order."""
        arrival = _Arrival(records, self.knows([one.key for one in records]))
        with self._changed:
            self._wait_for_room()
            self._arriving.append(arrival)
            while not arrival.has_ended:
                if self._is_landing:
                    self._changed.wait()
                else:
                    self._land()
        if arrival.error is not None:
            # callers must not share one exception: each adds its own traceback
            raise type(arrival.error)(*arrival.error.args) from arrival.error
        return arrival.new

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
        self._file.close()

    def _wait_for_room(self) -> None:
        roomy = self._changed.wait_for(
            lambda: self._bytes <= self._most_bytes or self.failure is not None, timeout=self._room_seconds
        )
        if self.failure is not None:
            raise type(self.failure)(*self.failure.args) from self.failure
        if not roomy:
            raise Overloaded(f"{len(self._keys)} reads wait for the journal: offer these again later")

    def _land(self) -> None:
        """Land all that has arrived, with one sync. Holds the lock before and after, but not while the disk works."""
        group, self._arriving = self._arriving, []
        arriving: set[str] = set()
        for one in group:
            one.look(self._keys, arriving)
        fresh = [one.fresh for one in group if one.fresh]
        numbers: list[int] = []
        error: AnprError | None = Unavailable("what lands reads has died; its error is on the error output")
        self._is_landing = True
        self._changed.release()
        try:
            numbers = self._file.add(fresh) if fresh else []
            error = None
        except AnprError as fault:
            error = fault
        finally:
            self._changed.acquire()
            self._is_landing = False
            for number, batch in zip(numbers, fresh, strict=False):
                self._note(number, batch)
            for one in group:
                one.error, one.has_ended = error, True
            self._changed.notify_all()

    def _note(self, number: int, records: Sequence[EncodedRecord]) -> None:
        size = sum([len(one.content) for one in records])
        self._landed.append(_Landed(number, time.monotonic(), len(records), size))
        self._keys.update(_keys_of(records))
        self._bytes += size
        metrics.INTAKE_LANDED.set(len(self._keys))

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
                waited = time.monotonic() - self._landed[0].at
                self._changed.wait_for(
                    lambda: self._bytes > self._most_bytes / 2 or self._closing.is_set(),
                    timeout=max(0.0, self._gather_seconds - waited),
                )
            try:
                self._carry_some()
            except AnprError as error:
                metrics.CONSUMER_FAILURES.labels("landing").inc()
                if not error.retry_can_help:
                    metrics.CONSUMER_ENDED.labels("landing").set(1)
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
        records = [record for one in chosen for record in self._file.records(one.number)]
        self._journal.append_encoded(records)
        self._file.forget(chosen[-1].number)
        with self._changed:
            for one in chosen:
                self._landed.popleft()
                self._bytes -= one.size
            self._keys.difference_update(_keys_of(records))
            metrics.INTAKE_LANDED.set(len(self._keys))
            self._changed.notify_all()


def _keys_of(records: Sequence[EncodedRecord]) -> list[str]:
    keys = [one.key for one in records]
    for one in records:
        if one.also:
            keys += one.also
    return keys
