"""Small stores to search in: reads, pictures and marks, as the store lays them out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from pipeline.domain.plate import CameraId, Candidate
from pipeline.domain.query import Found, Matching, Order, Query, Term
from pipeline.domain.read import CaptureRecord, Location, Read, ReadId
from pipeline.domain.vrm import Vrm, fold_vrm
from pipeline.store.layout import MARKS, MARKS_STATISTICS
from pipeline.store.tables import IMAGES, KINDS, READS
from pipeline.wire.mark_arrow import LEAST_PROBABILITY, marks_table
from pipeline.wire.read_columns import tables_of_records
from tests.support.builders import AT, a_record

_LETTERS = "AB8O0Q1I"


def keep(url: str, records: Sequence[CaptureRecord]) -> None:
    """Commit `records` to the three tables at `url`, the marks last."""
    reads, images = tables_of_records(records)
    keep_rows(url, READS, reads, KINDS[READS].statistics)
    keep_rows(url, IMAGES, images, KINDS[IMAGES].statistics)
    keep_rows(url, MARKS, marks_table(reads), MARKS_STATISTICS)


def keep_rows(url: str, name: str, rows: pa.Table, statistics: str) -> None:
    if not DeltaTable.is_deltatable(f"{url}/{name}"):
        stated = {"delta.dataSkippingStatsColumns": statistics}
        DeltaTable.create(f"{url}/{name}", schema=rows.schema, partition_by=["capture_day"], configuration=stated)
    write_deltalake(f"{url}/{name}", rows, mode="append")


def compact(url: str) -> None:
    """Make one sorted file of every day of the marks, and leave nothing of the files before."""
    table = DeltaTable(f"{url}/{MARKS}")
    table.optimize.z_order(["mark"])
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)


def some_records(count: int, *, seed: int, days: int = 5) -> list[CaptureRecord]:
    """Reads of few, easily confused marks by few cameras within few days, several at the same instant."""
    draw = random.Random(seed)
    records = []
    for number in range(count):
        vrm, rival = (_mark(draw) for _ in range(2))
        chance = draw.choice([0.0005, 0.01, 0.4])
        minutes = draw.randrange(days * 24 * 15) * 4
        camera = draw.randrange(4)
        records.append(
            a_record(
                patch=b"patch %d" % number,
                overview=b"overview %d %d" % (number, seed),
                read_id=ReadId(f"{seed:08x}{number:024x}"),
                captured_at=AT + timedelta(minutes=minutes - minutes % 16),
                camera_id=CameraId(f"camera-{camera}"),
                location=None if camera == 3 else Location(latitude=51.0 + camera / 10, longitude=0.5),
                vrm=vrm,
                raw_text=vrm,
                confidence=1 - chance,
                candidates=(Candidate(text=vrm, probability=1 - chance), Candidate(text=rival, probability=chance)),
            )
        )
    return records


def _mark(draw: random.Random) -> Vrm:
    return Vrm("".join(draw.choice(_LETTERS) for _ in range(draw.choice([2, 3, 3]))))


def expected(reads: Sequence[Read], query: Query) -> list[tuple[object, ...]]:
    """Return what `query` should find, read by read without any table: the keys of the reads in its order."""
    keys = {(one.captured_at, one.camera_id, one.vrm) for one in reads if _fits(one, query)}
    return sorted(keys, reverse=query.order is Order.NEWEST_FIRST)


def keys_of(found: Sequence[Found]) -> list[tuple[object, ...]]:
    return [(one.captured_at, one.camera_id, one.vrm) for one in found]


def _fits(read: Read, query: Query) -> bool:
    return (
        query.begin <= read.captured_at < query.end
        and (not query.cameras or read.camera_id in query.cameras)
        and (query.area is None or (read.location is not None and query.area.holds(read.location)))
        and (not query.terms or any(_bears(read, term) for term in query.terms))
    )


def _bears(read: Read, term: Term) -> bool:
    if term.matching is Matching.EXACT:
        return read.vrm == term.text
    if term.matching is Matching.PARTIAL:
        return _matches(fold_vrm(read.vrm), term.text)
    likely = [one.text for one in read.candidates if one.probability >= LEAST_PROBABILITY]
    return fold_vrm(Vrm(term.text)) in {fold_vrm(Vrm(text)) for text in (read.vrm, *likely)}


def _matches(text: str, pattern: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return _matches(text, pattern[1:]) or (bool(text) and _matches(text[1:], pattern))
    return bool(text) and pattern[0] in ("?", text[0]) and _matches(text[1:], pattern[1:])
