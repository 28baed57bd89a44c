"""The store of all hotlists: durable, outside any process, with every revision under one sequence.

Promise: a revision is seen whole or not at all, by every reader; what a reader opens is what was written; two loads
never mix. Revisions' times rise even when the clock is set back. State at a revision = its checkpoint and the changes
since. On disk: the catalogue, and one table a change or checkpoint, in a folder that only its owner may enter.

On failure: nothing changed. Unavailable for a full disk or while another load is going on, IntegrityError for damage,
NotFound for a revision whose tables newer ones have replaced.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.domain.hotlist import HotlistId, HotlistTerms
from pipeline.domain.ports import Clock
from pipeline.errors import NotFound, Unavailable
from pipeline.match.instants import OPEN_END, micros_of
from pipeline.match.lists.catalogue import (
    CATALOGUE,
    Checkpoint,
    Head,
    Kind,
    ListStep,
    Revision,
    add_checkpoint,
    add_refusal,
    add_revision,
    checkpoint_of,
    files_of,
    forget_files,
    head_of,
    open_catalogue,
    revisions_of,
    steps_of,
    transaction,
    translated,
)
from pipeline.match.lists.entries import in_order, joined, numbers_of, with_numbers
from pipeline.match.lists.held import Change, Held, Layer
from pipeline.match.lists.segments import open_segment, remove_segments, write_segment

_REMOVAL = 0
"""`removed_at` of a row that takes a mark off: before any entry was ever held."""
_LARGE_SHARE = 0.2
_LARGE_ROWS = 100_000


class HotlistStore:
    """One process's hold on the store in `folder`. Safe for many threads of few writers."""

    def __init__(self, folder: Path, clock: Clock, *, wait_seconds: float = 120.0) -> None:
        self._folder = folder
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._path = folder / CATALOGUE
        self._connection = open_catalogue(self._path)
        self._lock = threading.Lock()

    def close(self) -> None:
        self._connection.close()

    def now(self) -> int:
        """Return the clock's time (µs)."""
        return micros_of(self._clock.now())

    def head(self) -> Head:
        """Return the newest revision and all lists."""
        with self._transaction(writing=False):
            return head_of(self._connection)

    def terms(self) -> dict[HotlistId, HotlistTerms]:
        """Return what every list is for and who answers for it."""
        return {one.terms.hotlist_id: one.terms for one in self.head().lists}

    def steps(self, number: int) -> list[tuple[Revision, ListStep]]:
        """Return what every revision did to a list."""
        with self._transaction(writing=False):
            steps = steps_of(self._connection, number)
            revisions = {one.sequence: one for one in revisions_of(self._connection, 0, OPEN_END)}
        return [(revisions[sequence], step) for sequence, step in steps]

    def revisions(self, after: int, to: int) -> list[Revision]:
        """Return the revisions beyond `after` up to `to`."""
        with self._transaction(writing=False):
            return revisions_of(self._connection, after, to)

    def history_from(self, sequence: int) -> int:
        """Return since when (µs) the past is known at that revision."""
        with self._transaction(writing=False):
            checkpoint = checkpoint_of(self._connection, sequence)
        return checkpoint.history_from if checkpoint else 0

    def has_checkpoint(self, sequence: int) -> bool:
        """Tell whether one table holds everything as it is at that revision."""
        with self._transaction(writing=False):
            checkpoint = checkpoint_of(self._connection, sequence)
        return checkpoint is not None and checkpoint.sequence == sequence

    def held_at(self, sequence: int, *, whole: bool = True) -> Held:
        """Return everything held at a revision, mapped from disk where it can be. Raises NotFound if it is too old.

        Every byte is checked unless `whole` is False: whoever indexes it checks it again.
        """
        with self._transaction(writing=False):
            checkpoint = checkpoint_of(self._connection, sequence)
        held, start = Held(), 0
        if checkpoint is not None:
            table = open_segment(self._folder / checkpoint.file, checkpoint.digest, whole=whole)
            held, start = Held(base=Layer(table=table)), checkpoint.sequence
        changes = self.changes(start, sequence)
        if changes is None:
            raise NotFound(f"hotlists: revision {sequence} is too old to be told: its tables were replaced")
        for at, change in changes:
            held = held.after(change, at)
        return held

    def changes(self, after: int, to: int) -> list[tuple[int, Change]] | None:
        """Return when (µs) and how entries changed beyond `after` up to `to`; None where only a checkpoint tells."""
        changes = []
        for revision in self.revisions(after, to):
            if revision.file is not None and revision.digest is not None:
                table = open_segment(self._folder / revision.file, revision.digest)
                takes_off = numbers_of(table, "removed_at") == _REMOVAL
                changes.append(
                    (revision.at, Change(entries=_only(table, ~takes_off), removals=_only(table, takes_off)))
                )
            elif revision.kind in (Kind.FULL, Kind.DELTA):
                return None
        return changes

    @contextmanager
    def writing(self) -> Iterator[Head]:
        """Keep every other writer out, in this process and others, and give the newest revision."""
        with (self._folder / "lock").open("w") as lock:
            give_up_at = self._clock.monotonic() + self._wait_seconds
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as error:
                    if self._clock.monotonic() >= give_up_at:
                        raise Unavailable(
                            "hotlists: another load is still going on; try again when it is done"
                        ) from error
                    time.sleep(0.05)
            yield self.head()

    def commit(
        self,
        head: Head,
        *,
        kind: Kind,
        by: str,
        steps: list[ListStep],
        change: Change | None = None,
        held: Held | None = None,
        reason: str = "",
        source: str = "",
    ) -> Revision:
        """Make a revision of `change`; call it within `writing`. `held` is what is held before it, if it is at hand."""
        sequence = head.sequence + 1
        at = max(self.now(), head.at + 1)
        file = digest = checkpoint = None
        if change is not None and len(change):
            before = self.held_at(head.sequence) if held is None else held
            if _is_large(len(change), before):
                checkpoint = self._checkpoint(
                    before.after(change, at).settled(), sequence, self.history_from(head.sequence)
                )
            else:
                file = f"change-{sequence}.arrow"
                removals = with_numbers(change.removals, "removed_at", np.zeros(change.removals.num_rows, np.int64))
                digest = write_segment(self._folder / file, in_order(joined([change.entries, removals])))
        revision = Revision(
            sequence=sequence, at=at, kind=kind, by=by, reason=reason, source=source, file=file, digest=digest
        )
        with self._transaction(writing=True):
            add_revision(self._connection, revision, steps)
            if checkpoint:
                add_checkpoint(self._connection, checkpoint)
        return revision

    def refuse(self, *, by: str, hotlist_id: str, source: str, why: str) -> None:
        """Record that a file was refused."""
        with self._transaction(writing=True):
            add_refusal(self._connection, at=self.now(), by=by, hotlist_id=hotlist_id, source=source, why=why)

    def tidy(self, head: Head, held: Held) -> bool:
        """Gather a long row of changes into a checkpoint of what is `held`; call it within `writing`."""
        if not _is_large(len(held.overlay), held):
            return False
        with self._transaction(writing=False):
            last = checkpoint_of(self._connection, head.sequence)
        checkpoint = self._checkpoint(held.settled(), head.sequence, last.history_from if last else 0)
        with self._transaction(writing=True):
            add_checkpoint(self._connection, checkpoint)
            # a shard may still be on its way from the checkpoint before this one
            forget_files(self._connection, last.sequence if last else 0)
            kept = files_of(self._connection)
        remove_segments(self._folder, but=kept)
        return True

    def replace_all(
        self, head: Head, table: pa.Table, *, by: str, reason: str, steps: list[ListStep], history_from: int
    ) -> Revision:
        """Make a revision that keeps `table` alone and erases everything else for good; call it within `writing`."""
        sequence, at = head.sequence + 1, max(self.now(), head.at + 1)
        checkpoint = self._checkpoint(table, sequence, max(history_from, self.history_from(head.sequence)))
        revision = Revision(sequence=sequence, at=at, kind=Kind.WEED, by=by, reason=reason)
        with self._transaction(writing=True):
            add_revision(self._connection, revision, steps)
            add_checkpoint(self._connection, checkpoint)
            forget_files(self._connection, sequence)
            kept = files_of(self._connection)
        remove_segments(self._folder, but=kept)
        return revision

    def erase_left_over(self) -> None:
        """Erase tables that a crash left without a revision; call it within `writing`."""
        with self._transaction(writing=False):
            kept = files_of(self._connection)
        remove_segments(self._folder, but=kept)

    @contextmanager
    def _transaction(self, *, writing: bool) -> Iterator[None]:
        with self._lock, translated(self._path), transaction(self._connection, writing=writing):
            yield

    def _checkpoint(self, table: pa.Table, sequence: int, history_from: int) -> Checkpoint:
        file = f"checkpoint-{sequence}.arrow"
        digest = write_segment(self._folder / file, table)
        return Checkpoint(sequence=sequence, file=file, digest=digest, history_from=history_from)


def _is_large(rows: int, held: Held) -> bool:
    return rows > max(_LARGE_ROWS, len(held.base) * _LARGE_SHARE)


def _only(table: pa.Table, chosen: np.ndarray) -> pa.Table:
    return table if chosen.all() else joined([table.filter(pa.array(chosen))])
