"""Pages of many files, read as one file, hold the same rows as the files."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import BloomFilterProperties, ColumnProperties, DeltaTable, WriterProperties

from pipeline.domain.query import Ended, Query, confusable, exact, partial
from pipeline.errors import IntegrityError
from pipeline.store.layout import INSTANTS, MARKS, MARKS_SETTLED
from pipeline.store.search import known as known_module
from pipeline.store.search import pages as pages_module
from pipeline.store.search.engine import Search
from pipeline.store.search.page_index import COLUMNS, Pages, footer_of, pages_of
from pipeline.store.search.pages import LookUp, rows_of
from pipeline.store.search.plan import Plan
from pipeline.store.search.reading import Gone, Stop
from pipeline.store.search.thrift import Reader
from pipeline.wire.mark_arrow import marks_table
from pipeline.wire.read_columns import tables_of_records
from tests.support.marked import expected, keep, keys_of, some_records
from tests.unit.store.search.test_known import ALWAYS

RECORDS = some_records(600, seed=3, days=3)
READS = [one.read for one in RECORDS]
_ORDER = [(name, "ascending") for name in COLUMNS]
_SMALL = WriterProperties(
    compression="ZSTD",
    max_row_group_size=64,
    data_page_row_count_limit=8,
    write_batch_size=8,
    column_properties={
        "mark": ColumnProperties(
            dictionary_enabled=False, bloom_filter_properties=BloomFilterProperties(True, 0.01, 64)
        ),
        "captured_at": INSTANTS,
    },
)


def settle(url: str, written: WriterProperties = _SMALL) -> None:
    table = DeltaTable(f"{url}/{MARKS}")
    table.optimize.z_order(["mark"], writer_properties=written)
    table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)


def files_of(url: str) -> list[tuple[Path, pa.Table, Pages]]:
    files = []
    for path in sorted(Path(url, MARKS).rglob("*.parquet")):
        rows = pq.ParquetFile(path).read(columns=list(COLUMNS)).combine_chunks()
        pages = pages_of(path, rows["mark"].chunk(0))
        assert pages is not None
        files.append((path, rows, pages))
    return files


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = str(tmp_path_factory.mktemp("pages") / "store")
    keep(url, RECORDS)
    settle(url)
    return url


@pytest.fixture
def knows_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search learns also what small files hold."""
    monkeypatch.setattr(known_module, "_FEW_ROWS", 0)


def test_pages_of_many_files_hold_the_rows_of_each_mark(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = files_of(url)
    assert all(len(pages.rows) > 10 and pages.group.max() > 1 for _, _, pages in files)
    marks = sorted({mark for _, rows, _ in files for mark in rows["mark"].to_pylist()})
    draw = random.Random(1)
    for at_once in (2, 1000):
        monkeypatch.setattr(pages_module, "_RUNS_AT_ONCE", at_once)
        for asked in [(mark,) for mark in (*marks[::7], "", "A8A8A8", "ZZ")] + [
            tuple(draw.sample(marks, 9)),
            tuple(marks),
        ]:
            looked_up = [LookUp(path=path, pages=pages, marks=asked) for path, _, pages in files]
            found = rows_of(looked_up, use_threads=False, halt=lambda: None)
            wanted = pa.concat_tables([rows.filter(pc.is_in(rows["mark"], pa.array(asked))) for _, rows, _ in files])
            assert found.sort_by(_ORDER).to_pylist() == wanted.select(COLUMNS).sort_by(_ORDER).to_pylist()


def test_few_pages_are_read_of_a_mark(url: str) -> None:
    for _, rows, pages in files_of(url):
        rare = rows["mark"].value_counts().to_pylist()
        mark = min(rare, key=lambda one: one["counts"])["values"]
        assert sum(1 + last - first for first, last in pages.runs([mark])) <= 2


def test_the_layout_of_a_closed_day_has_pages_that_are_known(tmp_path: Path) -> None:
    url = str(tmp_path)
    keep(url, RECORDS)
    settle(url, MARKS_SETTLED)
    assert sum(len(rows) for _, rows, _ in files_of(url)) == marks_table(tables_of_records(RECORDS)[0]).num_rows


def test_a_file_that_is_not_sorted_or_no_parquet_has_no_known_pages(tmp_path: Path) -> None:
    keep(str(tmp_path), RECORDS[:100])
    for path in Path(tmp_path, MARKS).rglob("*.parquet"):
        assert pages_of(path, pq.read_table(path, columns=["mark"])["mark"].combine_chunks()) is None
    other = tmp_path / "other"
    for damaged in (b"PAR1", b"PAR1" * 20, b"\xff" * 200 + b"\x40\0\0\0PAR1"):
        other.write_bytes(damaged)
        assert pages_of(other, pa.array(["A", "B"])) is None


@pytest.mark.usefixtures("knows_all")
def test_a_search_by_page_finds_the_same(url: str, tmp_path: Path) -> None:
    search = Search(url)
    cold = Search(url)
    search.warm()
    for terms in [
        (exact("A8"),),
        (confusable("A8"),),
        (partial("A?"), exact("B1")),
        (partial("*8*"), confusable("ZZ")),
    ]:
        query = Query(begin=ALWAYS.begin, end=ALWAYS.end, terms=terms)
        assert keys_of(list(search.page(query).found)) == keys_of(list(cold.page(query).found))
        everything = [one for page in search.stream(query) for one in page.found]
        assert keys_of(everything) == expected(READS, query)


@pytest.mark.usefixtures("knows_all")
def test_a_damaged_page_is_told_by_the_name_of_its_file_and_a_search_by_page_can_be_stopped(tmp_path: Path) -> None:
    url = str(tmp_path)
    keep(url, RECORDS)
    settle(url)
    search, stop = Search(url), Stop()
    assert search.warm() > 0
    query = Query(begin=ALWAYS.begin, end=ALWAYS.end, terms=(exact("A8"),))
    stop.now()
    assert search.page(query, stop=stop).ended is Ended.CANCELLED
    path = next(Path(url, MARKS).rglob("*.parquet"))
    whole = path.read_bytes()
    path.write_bytes(b"PAR1" + b"\x55" * (len(whole) // 2) + whole[4 + len(whole) // 2 :])
    with pytest.raises(IntegrityError, match=path.name):
        search.page(query)
    path.write_bytes(whole[: len(whole) // 3])
    with pytest.raises(IntegrityError, match=path.name):
        search.page(query)
    path.unlink()
    with pytest.raises(IntegrityError, match=path.name):
        search.page(query)


@pytest.mark.usefixtures("knows_all")
def test_files_that_are_replaced_while_their_pages_are_known_are_read_anew(tmp_path: Path) -> None:
    url = str(tmp_path)
    keep(url, RECORDS[:300])
    settle(url)
    search = Search(url)
    assert search.warm() > 0
    query = Query(begin=ALWAYS.begin, end=ALWAYS.end, terms=(exact("A8"), confusable("B8")))
    plan = Plan(query=query)
    listed = search.files_of(plan)
    keep(url, RECORDS[300:])
    settle(url)
    with pytest.raises(Gone):
        search._read(plan, listed, None, None, None)
    assert keys_of([one for page in search.stream(query) for one in page.found]) == expected(READS, query)


def test_a_footer_says_what_pyarrow_reads_in_it(url: str) -> None:
    for path in Path(url, MARKS).rglob("*.parquet"):
        told = pq.read_metadata(path)
        with path.open("rb") as file:
            footer = dict(Reader(footer_of(file)).fields())
        assert footer[3] == told.num_rows
        assert footer[6].decode() == told.created_by
        assert [len(group[1]) for group in footer[4]] == [told.num_columns] * told.num_row_groups
