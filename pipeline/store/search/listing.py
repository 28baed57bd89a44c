"""Which files a query has to open: the newest commit's list, pruned by day, time, range of marks and presence.

On failure: Unavailable for a disk or object store that does not answer, IntegrityError for a log that cannot be read.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from pipeline.errors import NotFound
from pipeline.store.tables import translated
from pipeline.wire.read_arrow import CAPTURE_DAY

_ROUNDING = timedelta(milliseconds=1)
"""The log's bounds of a time may be rounded to milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file of a table. `path` is relative to the table; bounds are None where the log has none."""

    path: str
    day: date
    size_bytes: int
    rows: int
    least_mark: str | None = None
    greatest_mark: str | None = None
    earliest: datetime | None = None
    latest: datetime | None = None

    def overlaps(self, begin: datetime, end: datetime) -> bool:
        """Tell whether it may hold something from `begin` to `end`, the end not included."""
        if not begin.astimezone(UTC).date() <= self.day <= end.astimezone(UTC).date():
            return False
        if self.earliest is None or self.latest is None:
            return True
        return (
            self.earliest.timestamp() - 0.001 < end.timestamp() and self.latest.timestamp() + 0.001 >= begin.timestamp()
        )

    def is_within(self, begin: datetime, end: datetime) -> bool:
        """Tell whether all of it is surely from `begin` to `end`, the end not included."""
        if self.earliest is None or self.latest is None:
            return False
        return (
            begin.timestamp() <= self.earliest.timestamp() - 0.001 and self.latest.timestamp() + 0.001 < end.timestamp()
        )

    def spans(self, least: str, below: str) -> bool:
        """Tell whether it may hold a mark from `least` on and before `below`."""
        if self.least_mark is None or self.greatest_mark is None:
            return True
        return self.greatest_mark >= least and self.least_mark < below


class Listing:
    """The files of one table, sorted by `key`, as of its newest commit; one object serves many threads."""

    def __init__(self, url: str, name: str, *, key: str, schema: pa.Schema) -> None:
        self.url = url.rstrip("/")
        self.name = name
        self.schema = schema
        self.key = key
        self._lock = threading.Lock()
        self._table: DeltaTable | None = None
        self._files: dict[str, StoredFile] = {}
        self._version = -1

    def files(self) -> dict[str, StoredFile]:
        """Return the files of the newest commit by path. Raises NotFound where there is no table."""
        with self._lock:
            table = self._newest()
            if table.version() != self._version:
                self._files = {one.path: one for one in _stored(table, self.key)}
                self._version = table.version()
            return self._files

    def table(self) -> DeltaTable:
        """Return the table at its newest commit."""
        with self._lock:
            return self._newest()

    def _newest(self) -> DeltaTable:
        # kept only if nothing goes wrong: what failed is opened afresh
        table, self._table = self._table, None
        with translated(self.name):
            try:
                if table is None:
                    table = DeltaTable(f"{self.url}/{self.name}")
                else:
                    table.update_incremental()
            except TableNotFoundError as error:
                raise NotFound(f"there is no table of {self.name} in this store; nothing was stored yet") from error
        self._table = table
        return table


def _stored(table: DeltaTable, key: str) -> Sequence[StoredFile]:
    actions = pa.table(table.get_add_actions(flatten=True))
    columns: dict[str, list[Any]] = {
        name: actions.column(name).to_pylist() for name in actions.schema.names if _wanted(name, key)
    }
    count = len(columns["path"])
    nothing: list[Any] = [None] * count
    return [
        StoredFile(
            path=path, day=day, size_bytes=size, rows=rows or 0, least_mark=least, greatest_mark=most,
            earliest=earliest, latest=latest,
        )
        for path, day, size, rows, least, most, earliest, latest in zip(
            columns["path"],
            columns[f"partition.{CAPTURE_DAY}"],
            columns["size_bytes"],
            columns.get("num_records", nothing),
            columns.get(f"min.{key}", nothing),
            columns.get(f"max.{key}", nothing),
            columns.get("min.captured_at", nothing),
            columns.get("max.captured_at", nothing),
            strict=True,
        )
    ]  # fmt: skip


def _wanted(name: str, key: str) -> bool:
    ends = ("path", "size_bytes", "num_records", f"partition.{CAPTURE_DAY}", f"min.{key}", f"max.{key}")
    return name in (*ends, "min.captured_at", "max.captured_at")
