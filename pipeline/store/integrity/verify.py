"""Is the store what was written? The log, every file, every record and every picture, computed again.

What is checked: the log can be read without a gap; each file it names is there, as large as it says, and a Parquet file
of as many rows; each read, made anew from its columns, has the digest it was stored with, and its derived columns are
right; each picture has its digest; each read has its pictures, and the marks are those of the reads. `quick` stops at
the files.

On failure: a fault is reported by table and file, never by a mark, and the rest is still checked; Unavailable when the
disk or object store does not answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.domain.read import digest_of
from pipeline.domain.vrm import fold_vrm
from pipeline.errors import IntegrityError, NotFound
from pipeline.store.files import Files
from pipeline.store.layout import MARKS, MARKS_SCHEMA
from pipeline.store.tables import IMAGES, KINDS, READS, newest_commit, open_table
from pipeline.store.upkeep.listing import DataFile, files_of
from pipeline.wire.mark_arrow import marks_table
from pipeline.wire.read_arrow import CAPTURE_DAY, READ_SCHEMA, capture_day_of, reads_of
from pipeline.wire.read_columns import read_digest

_BATCH_READS, _BATCH_IMAGES = 4096, 256
# what Arrow raises for bytes that are no Parquet, or no longer
_BROKEN = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OSError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a table; `path` names the file, empty for the table as a whole."""

    table: str
    path: str
    what: str
    day: date | None = None
    corrupt: bool = True
    """Whether the file itself is damaged, so that it belongs into quarantine."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What was looked at, and what was found."""

    files: int = 0
    reads: int = 0
    images: int = 0
    faults: list[Fault] = field(default_factory=list)


def verify(
    url: str,
    *,
    quick: bool = False,
    days: Sequence[date] | None = None,
    on_file: Callable[[Report], None] = lambda _: None,
) -> Report:
    """Check the store at `url`, or only these `days` of it; `on_file` is told after each file."""
    files, report = Files(url), Report()
    listed: dict[str, list[DataFile]] = {}
    for name in KINDS:
        try:
            table = open_table(url, name)
            entry = newest_commit(name, table)
            if not files.exists(entry):
                report.faults.append(Fault(table=name, path="", what=f"the log misses {entry}", corrupt=False))
            listed[name] = [one for one in files_of(table) if days is None or one.day in days]
        except (IntegrityError, NotFound) as error:
            report.faults.append(Fault(table=name, path="", what=str(error), corrupt=False))
            listed[name] = []
        for one in listed[name]:
            what = file_fault(files, name, one) or ("" if quick else _rows_fault(files, name, one, report))
            if what:
                report.faults.append(Fault(table=name, path=one.path, what=what, day=one.day))
            report.files += 1
            on_file(report)
    if not quick and not report.faults:
        report.faults.extend(_without_pictures(files, listed))
        report.faults.extend(_with_other_marks(files, listed))
    return report


def file_fault(files: Files, name: str, file: DataFile) -> str:
    """Return what is wrong with a file by its size and its footer; empty when nothing is."""
    try:
        with files.reading(f"{name}/{file.path}") as opened:
            size = opened.seek(0, 2)
            if size != file.size:
                return f"has {size} bytes instead of {file.size}"
            opened.seek(0)
            rows = pq.ParquetFile(opened).metadata.num_rows
            return "" if rows == file.rows else f"has {rows} rows instead of {file.rows}"
    except NotFound:
        return "is missing"
    except _BROKEN:
        return "is no Parquet file any more"


def _rows_fault(files: Files, name: str, file: DataFile, report: Report) -> str:
    wrong = 0
    try:
        for batch in _batches(files, name, file):
            if name == READS:
                report.reads += batch.num_rows
                wrong += _wrong_reads(batch)
            elif name == IMAGES:
                report.images += batch.num_rows
                pairs = zip(batch["digest"], batch["jpeg"], strict=True)
                wrong += sum(digest_of(jpeg.as_py()) != digest.as_py() for digest, jpeg in pairs)
    except _BROKEN:
        return "cannot be read to its end"
    return f"has {wrong} rows that are not what was stored" if wrong else ""


def _batches(files: Files, name: str, file: DataFile) -> Iterator[pa.Table]:
    """Yield the rows of a file with the day that its folder stands for, a few at a time."""
    with files.reading(f"{name}/{file.path}") as opened:
        each = _BATCH_IMAGES if name == IMAGES else _BATCH_READS
        for batch in pq.ParquetFile(opened).iter_batches(each):
            table = pa.Table.from_batches([batch])
            yield table.append_column(CAPTURE_DAY, pa.repeat(pa.scalar(file.day, pa.date32()), table.num_rows))


def _wrong_reads(rows: pa.Table) -> int:
    reads = reads_of(rows.select(READ_SCHEMA.names))
    stored = zip(*(rows[name].to_pylist() for name in ("record_digest", "vrm_folded", CAPTURE_DAY)), strict=True)
    return sum(
        (read_digest(read), fold_vrm(read.vrm), capture_day_of(read)) != expected
        for read, expected in zip(reads, stored, strict=True)
    )


def _without_pictures(files: Files, listed: dict[str, list[DataFile]]) -> Iterator[Fault]:
    """Yield a fault for each day on which reads lack a picture that they were made with."""
    for day in sorted({file.day for file in listed[READS]}):
        there = _columns(files, IMAGES, [file for file in listed[IMAGES] if file.day == day], ["digest"])["digest"]
        promised = _columns(
            files, READS, [file for file in listed[READS] if file.day == day], ["patch_digest", "overview_digest"]
        )
        for kind in ("patch", "overview"):
            digests = promised[f"{kind}_digest"]
            has = pc.or_(pc.is_in(digests, value_set=there.combine_chunks()), pc.equal(digests, digest_of(b"")))
            missing = len(has) - (pc.sum(has).as_py() or 0)
            if missing:
                what = f"{missing} reads of {day} are without their {kind}"
                yield Fault(table=IMAGES, path="", what=what, day=day, corrupt=False)


def _with_other_marks(files: Files, listed: dict[str, list[DataFile]]) -> Iterator[Fault]:
    """Yield a fault for each day whose marks are not those of its reads."""
    names = [name for name in MARKS_SCHEMA.names if name != CAPTURE_DAY]
    order = [(name, "ascending") for name in names]
    for day in sorted({file.day for file in (*listed[READS], *listed[MARKS])}):
        batches = [batch for file in listed[READS] if file.day == day for batch in _batches(files, READS, file)]
        reads = pa.concat_tables([READ_SCHEMA.empty_table(), *(batch.select(READ_SCHEMA.names) for batch in batches)])
        expected = marks_table(reads).select(names)
        stored = [
            batch.select(names) for file in listed[MARKS] if file.day == day for batch in _batches(files, MARKS, file)
        ]
        held = pa.concat_tables([expected.schema.empty_table(), *(one.cast(expected.schema) for one in stored)])
        if not held.sort_by(order).equals(expected.sort_by(order)):
            what = f"the marks of {day} are not those of its reads"
            yield Fault(table=MARKS, path="", what=what, day=day, corrupt=False)


def _columns(files: Files, name: str, chosen: list[DataFile], columns: list[str]) -> pa.Table:
    tables = [pa.table({column: pa.array([], pa.string()) for column in columns})]
    for file in chosen:
        with files.reading(f"{name}/{file.path}") as opened:
            # some writers of the engine say that their strings are views
            tables.append(pq.read_table(opened, columns=columns).cast(tables[0].schema))
    return pa.concat_tables(tables)
