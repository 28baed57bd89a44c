"""The store's Delta Lake tables, `reads`, `images` and `marks`, partitioned by the UTC day of capture: how they are
laid out on disk, and how they are opened.

Layout: rows of a closed day of `reads` are sorted by the folded mark, in row groups small enough to be skipped by their
statistics; `read_id`, `vrm` and the digest of a picture have Bloom filters; JPEG is not compressed again. The log keeps
statistics only of the columns by which files are chosen, is rolled into a checkpoint every 64 commits, and forgets
commits once they are an hour old (`lake.py` says how often it is looked through for them).

On failure: Unavailable for a disk or object store that does not answer, NotFound where there is no table,
IntegrityError when the log misses an entry or cannot be read, or a table has not the columns of the contract.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
from deltalake import BloomFilterProperties, ColumnProperties, DeltaTable, Schema, WriterProperties
from deltalake.exceptions import DeltaError, SchemaMismatchError, TableNotFoundError

from pipeline.errors import IntegrityError, NotFound, Unavailable
from pipeline.store.layout import (
    INSTANTS,
    MARKS,
    MARKS_SCHEMA,
    MARKS_SETTLED,
    MARKS_SORTED_BY,
    MARKS_STATISTICS,
    QUICK,
)
from pipeline.wire.read_arrow import CAPTURE_DAY, IMAGE_SCHEMA, READ_SCHEMA

READS, IMAGES = "reads", "images"
SORTED_BY = "vrm_folded"
_READS_ROW_GROUP, _IMAGES_ROW_GROUP = 32_768, 256
_OUTSIDE = re.compile(r"no space|os error (?!2\b)|timed out|sending request", re.IGNORECASE)
_BROKEN = re.compile(r"contiguous|gap|json|parse|checkpoint|corrupt|EOF|parquet|invalid table version", re.IGNORECASE)
"""What the engine says of the disk or network (whatever it was doing), and of what it could not read."""


def _unique(row_group: int | None = None) -> ColumnProperties:
    """A column whose values hardly ever repeat; with a Bloom filter for row groups of so many rows."""
    bloom = BloomFilterProperties(True, 0.01, row_group) if row_group else None
    return ColumnProperties(dictionary_enabled=False, bloom_filter_properties=bloom)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of the tables. `statistics` are the columns whose least and greatest value the log holds of every file."""

    name: str
    schema: pa.Schema
    statistics: str
    quick: WriterProperties
    """For what is committed as it comes."""
    settled: WriterProperties
    """For what compaction writes, and what is read for a year."""
    sorted_by: str = ""
    """The column by which a closed day is sorted; empty where it is only merged."""


_DIGESTS = {name: _unique() for name in ("patch_digest", "overview_digest", "record_digest")}
_PICTURES = {
    "jpeg": ColumnProperties(dictionary_enabled=False, statistics_enabled="NONE"),
    "digest": _unique(_IMAGES_ROW_GROUP),
    "read_id": _unique(_IMAGES_ROW_GROUP),
}

KINDS = {
    READS: Kind(
        name=READS,
        schema=READ_SCHEMA,
        statistics="captured_at,received_at,camera_id,vrm,vrm_folded",
        sorted_by=SORTED_BY,
        quick=QUICK,
        settled=WriterProperties(
            compression="ZSTD",
            compression_level=3,
            max_row_group_size=_READS_ROW_GROUP,
            column_properties=_DIGESTS
            | {"read_id": _unique(_READS_ROW_GROUP), "vrm": _unique(_READS_ROW_GROUP)}
            | {"vrm_folded": _unique(), "raw_text": _unique()}
            | {"captured_at": INSTANTS, "received_at": INSTANTS},
        ),
    ),
    IMAGES: Kind(
        name=IMAGES,
        schema=IMAGE_SCHEMA,
        statistics="received_at",
        quick=WriterProperties(
            compression="UNCOMPRESSED", max_row_group_size=_IMAGES_ROW_GROUP, column_properties=_PICTURES
        ),
        settled=WriterProperties(
            compression="UNCOMPRESSED", max_row_group_size=_IMAGES_ROW_GROUP, column_properties=_PICTURES
        ),
    ),
    # derived from the reads and committed last: whoever finds a mark finds its read and pictures
    MARKS: Kind(
        name=MARKS,
        schema=MARKS_SCHEMA,
        statistics=MARKS_STATISTICS,
        quick=QUICK,
        settled=MARKS_SETTLED,
        sorted_by=MARKS_SORTED_BY,
    ),
}
"""In the order in which an append commits them."""


def other_columns(name: str) -> str:
    """Return what to say of a table that another version, or something else, has made."""
    return (
        f"the table of {name} has not the columns of the contract: another version wrote this store; move it away and "
        "begin a new one, or read it with the version that wrote it"
    )


def open_table(url: str, name: str) -> DeltaTable:
    """Return the table as it is now. Raises NotFound where there is none."""
    with translated(name):
        try:
            table = DeltaTable(f"{url}/{name}")
        except TableNotFoundError as error:
            raise NotFound(f"there is no table of {name} in this store") from error
    if table.schema() != Schema.from_arrow(KINDS[name].schema):
        raise IntegrityError(other_columns(name))
    return table


def open_or_create(url: str, name: str) -> DeltaTable:
    """Return the table, made if it is not there."""
    try:
        return open_table(url, name)
    except NotFound:
        kind = KINDS[name]
        with translated(name):
            DeltaTable.create(
                f"{url}/{name}",
                schema=kind.schema,
                mode="ignore",
                partition_by=[CAPTURE_DAY],
                name=name,
                configuration={
                    "delta.dataSkippingStatsColumns": kind.statistics,
                    "delta.checkpointInterval": "64",
                    "delta.logRetentionDuration": "interval 1 hours",
                    "delta.deletedFileRetentionDuration": "interval 1 hours",
                },
            )
        return open_table(url, name)


def newest_commit(name: str, table: DeltaTable) -> str:
    """Return the path, within the store, of the table's newest commit: without it nobody can write to the table.

    A checkpoint may stand for a lost one to all who read.
    """
    return f"{name}/_delta_log/{table.version():020}.json"


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turn the engine's errors about the table called `name` into the project's."""
    try:
        yield
    except SchemaMismatchError as error:
        raise IntegrityError(other_columns(name)) from error
    except (DeltaError, OSError) as error:
        outside = isinstance(error, OSError) or _OUTSIDE.search(str(error))
        if not outside and _BROKEN.search(str(error)):
            raise IntegrityError(
                f"the table of {name} is damaged ({told(error)}); `anpr store verify` names what, restore it"
            ) from error
        raise Unavailable(f"the table of {name} does not answer: {told(error)}") from error


def told(error: Exception) -> str:
    """Return an engine's error without the values it may quote: its first line, at most 200 characters."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
