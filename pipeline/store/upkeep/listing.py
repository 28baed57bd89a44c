"""What the log says of a table's files. On failure: nothing here touches more than a table that is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable

_MILLISECONDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """One file of rows. `path` is relative to the table, `first_received` is None where the log does not say."""

    path: str
    day: date
    size: int
    rows: int
    modified: datetime
    first_received: datetime | None


def files_of(table: DeltaTable) -> list[DataFile]:
    """Return the files that the table consists of now, in the order of their days and paths."""
    rows: list[dict[str, Any]] = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    files = [
        DataFile(
            path=row["path"],
            day=row["partition.capture_day"],
            size=row["size_bytes"],
            rows=row["num_records"] or 0,
            modified=datetime.fromtimestamp(row["modification_time"] / _MILLISECONDS, UTC),
            first_received=row.get("min.received_at"),
        )
        for row in rows
    ]
    return sorted(files, key=lambda file: (file.day, file.path))
