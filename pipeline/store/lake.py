"""The store's two Delta Lake tables, reads and images, partitioned by the day of capture.

Promise: `append` of journal entries is exactly once: each table's commit carries the journal's identity and the last
offset as an application transaction, so that whoever starts again knows from the table itself what it holds, and of
two who write at once only one can commit. The two tables commit one after the other; a crash between them leaves
images behind by one batch, which `append` completes. On a local folder a commit is on disk when `append` returns.

On failure: Unavailable for a disk or object store that fails (nothing half visible, the same entries may be given
again), IntegrityError when a table has not the schema of the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema, Transaction, write_deltalake
from deltalake.exceptions import DeltaError, SchemaMismatchError, TableNotFoundError

from pipeline.domain.ports import JournalEntry
from pipeline.domain.read import CaptureRecord
from pipeline.errors import IntegrityError, Unavailable
from pipeline.store.durable import local_folder, settle
from pipeline.wire.read_arrow import CAPTURE_DAY, IMAGE_SCHEMA, READ_SCHEMA, images_table, reads_table

FAULT_POINTS = ("before-reads", "reads-committed", "reads-durable", "images-committed", "images-durable")
"""Moments of an append at which the tests kill the process, in order."""


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    schema: pa.Schema
    table_of: Callable[[Sequence[CaptureRecord]], pa.Table]


_READS = _Kind("reads", READ_SCHEMA, reads_table)
_IMAGES = _Kind("images", IMAGE_SCHEMA, images_table)
_KINDS = (_READS, _IMAGES)


class Lake:
    """Writes entries of the journal called `journal`. `at_point` is told of every fault point as it passes."""

    def __init__(self, url: str, journal: str, at_point: Callable[[str], None] = lambda _: None) -> None:
        self.url = url
        self._application = f"journal-{journal}"
        self._at_point = at_point
        self._tables = self._open()
        # a commit just before a crash may not be on disk yet
        self._durable = {name: table.version() - 1 for name, table in self._tables.items()}
        for kind in _KINDS:
            self._settle(kind)

    @property
    def position(self) -> int:
        """The journal offset up to which both tables hold everything."""
        return min(self._position(kind) for kind in _KINDS)

    def append(self, entries: Sequence[JournalEntry]) -> int:
        """Commit `entries`, which follow `position`; return how many reads became new rows."""
        self._at_point("before-reads")
        new = self._append(_READS, entries)
        self._append(_IMAGES, entries)
        return new

    def _open(self) -> dict[str, DeltaTable]:
        return {kind.name: open_or_create(self.url, kind.name) for kind in _KINDS}

    def _append(self, kind: _Kind, entries: Sequence[JournalEntry]) -> int:
        position = self._position(kind)
        new = [entry for entry in entries if entry.offset > position]
        if new:
            self._commit(kind, kind.table_of([entry.record for entry in new]), new[-1].offset)
            self._at_point(f"{kind.name}-committed")
        self._settle(kind)
        self._at_point(f"{kind.name}-durable")
        return len(new)

    def _commit(self, kind: _Kind, rows: pa.Table, offset: int) -> None:
        transaction = CommitProperties(app_transactions=[Transaction(self._application, offset)])
        try:
            write_deltalake(self._tables[kind.name], rows, mode="append", commit_properties=transaction)
        except SchemaMismatchError as error:
            raise IntegrityError(f"the table of {kind.name} has not the columns of the contract") from error
        except (DeltaError, OSError) as error:
            # whether the commit happened, or somebody else's did, is now the tables' to say
            self._tables = self._open()
            raise Unavailable(f"the table of {kind.name} cannot be written: {told(error)}") from error

    def _settle(self, kind: _Kind) -> None:
        folder = local_folder(self.url)
        newest = self._tables[kind.name].version()
        while folder is not None and self._durable[kind.name] < newest:
            settle(folder / kind.name, self._durable[kind.name] + 1)
            self._durable[kind.name] += 1

    def _position(self, kind: _Kind) -> int:
        return self._tables[kind.name].transaction_version(self._application) or 0


def open_or_create(url: str, name: str) -> DeltaTable:
    """Return the table, made if it is not there. Raises Unavailable, or IntegrityError for other columns."""
    kind = {one.name: one for one in _KINDS}[name]
    try:
        try:
            table = DeltaTable(f"{url}/{name}")
        except TableNotFoundError:
            table = DeltaTable.create(
                f"{url}/{name}", schema=kind.schema, mode="ignore", partition_by=[CAPTURE_DAY], name=name
            )
    except (DeltaError, OSError) as error:
        raise Unavailable(f"the table of {name} cannot be opened: {told(error)}") from error
    if table.schema() != Schema.from_arrow(kind.schema):
        raise IntegrityError(f"the table of {name} has not the columns of the contract")
    return table


def told(error: Exception) -> str:
    """Return an engine's error without the values it may quote: its first line, at most 200 characters."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
