"""Carries journal entries into the store's tables of reads, images and marks.

Promise: `append` of journal entries is exactly once: each table's commit carries the journal's identity and the last
offset as an application transaction, so that whoever starts again knows from the table itself what it holds, and of
two who write at once only one can commit. The tables commit one after the other, the marks last; a crash between them
leaves some behind by one batch, which `append` completes. On a local folder a commit is on disk when `append` returns.

On failure: Unavailable for a disk or object store that fails (nothing half visible, the same entries may be given
again), IntegrityError when a table is damaged or has not the columns of the contract, or an entry is no record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction, write_deltalake
from deltalake.exceptions import DeltaError, SchemaMismatchError

from pipeline.domain.ports import JournalEntry
from pipeline.errors import BadInput, IntegrityError, Unavailable
from pipeline.store.durable import settle_up_to
from pipeline.store.layout import MARKS
from pipeline.store.tables import IMAGES, KINDS, READS, open_or_create, other_columns, told, translated
from pipeline.wire.mark_arrow import marks_table
from pipeline.wire.read_columns import tables_of

FAULT_POINTS = (
    "before-reads",
    "reads-committed",
    "reads-durable",
    "images-committed",
    "images-durable",
    "marks-committed",
    "marks-durable",
)
"""Moments of an append at which the tests kill the process, in order."""

_MOST_TIMED = 250
"""Of more reads in one commit some, evenly chosen, tell how long all waited: each takes a fifth of storing it."""
_UNSETTLED_COMMITS = 8
"""So many of the newest commits may not be on disk after a crash: an append's, and those of compaction meanwhile."""
_OPENED_FOR = 64
"""After so many appends the tables are opened afresh, and only the first append after that lets the engine clear the
log of what is past its time: for that it looks at every file of the log, and at each commit it goes through what it
remembers of all since the opening. Both make a commit the dearer the more there were."""


class Lake:
    """Writes entries of the journal called `journal`.

    `at_point` is told of every fault point as it passes, `on_searchable` of when the reads were received that a search
    can find from now on; `opened_for` so many appends the tables stay open.
    """

    def __init__(
        self,
        url: str,
        journal: str,
        at_point: Callable[[str], None] = lambda _: None,
        on_searchable: Callable[[Sequence[datetime]], None] = lambda _: None,
        opened_for: int = _OPENED_FOR,
    ) -> None:
        self.url = url
        self._on_searchable = on_searchable
        self._application = f"journal-{journal}"
        self._at_point = at_point
        self._opened_for = opened_for
        self._appends = 0
        self._tables: dict[str, DeltaTable] = {}
        self._positions: dict[str, int] = {}
        self._durable: dict[str, int] = {}
        self._open()
        for name in KINDS:
            self._settle(name)

    @property
    def position(self) -> int:
        """The journal offset up to which all tables hold everything."""
        return min(self._positions.values())

    def append(self, entries: Sequence[JournalEntry]) -> int:
        """Commit `entries`, which follow `position`; return how many reads became new rows."""
        if self._appends >= self._opened_for:
            self._open_afresh()
        self._at_point("before-reads")
        made: dict[int, dict[str, pa.Table]] = {}
        stored = 0
        for name in KINDS:
            new = [entry for entry in entries if entry.offset > self._positions[name]]
            if new:
                # all tables stand at the same offset, but after a crash between them
                if new[0].offset not in made:
                    made[new[0].offset] = _rows_of(new)
                self._commit(name, made[new[0].offset][name], new[-1].offset)
                self._at_point(f"{name}-committed")
            self._settle(name)
            self._at_point(f"{name}-durable")
            stored = len(new) if name == READS else stored
        if made:
            self._appends += 1
            received = made[min(made)][READS]["received_at"]
            self._on_searchable(received[:: max(1, len(received) // _MOST_TIMED)].to_pylist())
        return stored

    def skip_to(self, offset: int) -> None:
        """Take everything up to `offset` for stored, though it is not: for an operator who knows that it is lost."""
        for name in KINDS:
            if self._positions[name] < offset:
                self._commit(name, KINDS[name].schema.empty_table(), offset)
            self._settle(name)

    def _open(self) -> None:
        for name in KINDS:
            table = open_or_create(self.url, name)
            with translated(name):
                self._positions[name] = table.transaction_version(self._application) or 0
            self._tables[name] = table
            if table.version() < self._durable.get(name, table.version() + 1):
                # a commit just before a crash may not be on disk yet, nor one of tables that were put back
                self._durable[name] = table.version() - _UNSETTLED_COMMITS
        self._appends = 0

    def _open_afresh(self) -> None:
        before = dict(self._positions)
        self._open()
        if self._positions != before:
            # from a table opened before it a commit would have failed; the entries at hand may not be what follows
            raise Unavailable("somebody else has written, or put back, the tables of this journal")

    def _commit(self, name: str, rows: pa.Table, offset: int) -> None:
        transaction = CommitProperties(app_transactions=[Transaction(self._application, offset)])
        # None: as the table says
        after = PostCommitHookProperties(cleanup_expired_logs=False if self._appends else None)
        before = self._positions[name]
        for last_try in (False, True):
            try:
                write_deltalake(
                    self._tables[name],
                    rows,
                    mode="append",
                    commit_properties=transaction,
                    post_commithook_properties=after,
                    writer_properties=KINDS[name].quick,
                )
                self._positions[name] = offset
                return
            except SchemaMismatchError as error:
                raise IntegrityError(other_columns(name)) from error
            except (DeltaError, OSError) as error:
                # whether the commit happened, or somebody else's did, is now the tables' to say
                self._open()
                # the log may have been cleaned up behind a writer that slept: then the fresh table takes the rows
                if last_try:
                    with translated(name):
                        raise
                if isinstance(error, OSError) or self._positions[name] != before:
                    raise Unavailable(f"the table of {name} cannot be written: {told(error)}") from error

    def _settle(self, name: str) -> None:
        newest = self._tables[name].version()
        settle_up_to(self.url, name, newest, self._durable[name])
        self._durable[name] = newest


def _rows_of(entries: Sequence[JournalEntry]) -> dict[str, pa.Table]:
    """Return the rows of all tables that `entries` make."""
    try:
        reads, images = tables_of([entry.content for entry in entries])
    except BadInput as error:
        between = f"between its entries {entries[0].offset} and {entries[-1].offset}"
        raise IntegrityError(f"the journal is damaged {between}: {error}") from error
    return {READS: reads, IMAGES: images, MARKS: marks_table(reads)}
