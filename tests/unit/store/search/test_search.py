"""What a search promises, held against a plain loop over the reads."""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.plate import CameraId, Candidate
from pipeline.domain.query import Area, Ended, Found, Limits, Order, Query, confusable, exact, partial
from pipeline.domain.read import Digest, Read, digest_of
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput, IntegrityError, NotFound, Overloaded
from pipeline.store.lake import Lake
from pipeline.store.layout import MARKS, MARKS_STATISTICS
from pipeline.store.search import engine as engine_module
from pipeline.store.search.engine import Search
from pipeline.store.search.plan import Plan
from pipeline.store.search.reading import Stop
from pipeline.wire.mark_arrow import marks_table
from pipeline.wire.read_columns import tables_of_records
from tests.support.builders import AT, a_record
from tests.support.durable import ListJournal
from tests.support.marked import compact, expected, keep, keep_rows, keys_of, some_records

RECORDS = some_records(400, seed=1)
READS = [one.read for one in RECORDS]
ALWAYS = Query(begin=AT - timedelta(days=1), end=AT + timedelta(days=30))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of sorted days with some late commits that are not yet sorted."""
    url = str(tmp_path_factory.mktemp("search") / "store")
    keep(url, RECORDS[:150])
    keep(url, RECORDS[150:300])
    compact(url)
    for start in range(300, 400, 25):
        keep(url, RECORDS[start : start + 25])
    return url


@pytest.fixture(scope="module")
def search(url: str) -> Search:
    return Search(url)


def everything(search: Search, query: Query, limits: Limits = Limits(rows=7)) -> list[Found]:  # noqa: B008
    return [one for page in search.stream(query, limits) for one in page.found]


_marks = st.text("AB8O0Q1I", min_size=2, max_size=3)
_patterns = st.text("AB801?*", min_size=1, max_size=4).filter(lambda text: text.strip("?*"))
_terms = st.one_of(_marks.map(exact), _marks.map(confusable), _patterns.map(partial))
_hours = st.integers(-4, 150)


@st.composite
def _queries(draw: st.DrawFn) -> Query:
    first, last = sorted(draw(st.lists(_hours, min_size=2, max_size=2, unique=True)))
    areas = st.none() | st.just(Area(south=50.95, west=0.4, north=51.15, east=0.6))
    return Query(
        begin=AT + timedelta(hours=first),
        end=AT + timedelta(hours=last),
        terms=tuple(draw(st.lists(_terms, max_size=3))),
        cameras=tuple(draw(st.lists(st.sampled_from([CameraId(f"camera-{at}") for at in range(5)]), max_size=2))),
        area=draw(areas),
        order=draw(st.sampled_from(Order)),
    )


@given(query=_queries(), rows=st.integers(10, 100))
@settings(max_examples=40, deadline=None)
def test_pages_hold_exactly_what_fits_in_order(search: Search, query: Query, rows: int) -> None:
    assert keys_of(everything(search, query, Limits(rows=rows))) == expected(READS, query)


def test_a_confusable_search_finds_what_a_misread_hid(tmp_path: Path) -> None:
    texts = (Candidate(text="A812CDE", probability=0.7), Candidate(text="AB12CDE", probability=0.2))
    hidden = a_record(1, vrm=Vrm("A812CDE"), candidates=texts)
    keep(str(tmp_path), [hidden, a_record(2, vrm=Vrm("XY34ZZZ"), candidates=())])
    query = Query(begin=ALWAYS.begin, end=ALWAYS.end, terms=(confusable("ab12 cde"),))
    (found,) = Search(str(tmp_path)).page(query).found
    assert (found.vrm, found.text, found.rank) == ("A812CDE", "AB12CDE", 1)
    assert found.probability == pytest.approx(0.2)


def test_a_commit_between_two_pages_neither_doubles_nor_hides(tmp_path: Path) -> None:
    url = str(tmp_path)
    early, late = RECORDS[:60], some_records(60, seed=2)
    keep(url, early)
    search = Search(url)
    for order in Order:
        query = Query(begin=ALWAYS.begin, end=ALWAYS.end, order=order)
        first = search.page(query, Limits(rows=20))
        seen = list(first.found)
        if order is Order.NEWEST_FIRST:
            keep(url, late)
            compact(url)
        cursor = first.cursor
        while cursor is not None:
            page = search.page(query, Limits(rows=20), cursor)
            seen += page.found
            cursor = page.cursor
        keys = keys_of(seen)
        assert len(set(keys)) == len(keys)
        assert set(keys) >= set(expected([one.read for one in early], query))


def test_a_cursor_of_another_query_is_refused(search: Search) -> None:
    cursor = search.page(ALWAYS, Limits(rows=1)).cursor
    with pytest.raises(BadInput, match="another query"):
        search.page(Query(begin=ALWAYS.begin, end=ALWAYS.end, terms=(exact("A8"),)), cursor=cursor)
    with pytest.raises(BadInput, match="no cursor"):
        search.page(ALWAYS, cursor="!")


def test_a_cursor_goes_on_where_the_policy_has_narrowed_the_times(search: Search) -> None:
    first = search.page(ALWAYS, Limits(rows=20))
    narrowed = ALWAYS.within(AT + timedelta(days=1), AT + timedelta(days=9))
    assert narrowed is not None
    rest = search.page(narrowed, Limits(rows=1000), first.cursor)
    assert keys_of(first.found) + keys_of(rest.found) == [
        key
        for key in expected(READS, ALWAYS)
        if key in keys_of(first.found) or key[0] >= narrowed.begin  # type: ignore[operator]
    ]


def test_a_page_that_may_open_few_bytes_ends_early_and_goes_on(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_FIRST_FILES", 1)
    monkeypatch.setattr(engine_module, "_MOST_FILES", 1)
    for order in Order:
        query = Query(begin=ALWAYS.begin, end=ALWAYS.end, order=order)
        pages = list(search.stream(query, Limits(rows=100_000, bytes_=1)))
        assert {page.ended for page in pages[:-1]} == {Ended.BYTES}
        assert len(pages) > 3
        assert keys_of([one for page in pages for one in page.found]) == expected(READS, query)


def test_a_stopped_search_says_so_and_can_be_resumed(search: Search) -> None:
    stop = Stop()
    stop.now()
    page = search.page(ALWAYS, Limits(rows=1000), stop=stop)
    assert (page.found, page.ended) == ((), Ended.CANCELLED)
    assert page.cursor is not None
    assert keys_of(search.page(ALWAYS, Limits(rows=1000), page.cursor).found) == expected(READS, ALWAYS)
    pages = search.stream(ALWAYS, Limits(rows=10), stop := Stop())
    assert next(pages).ended is Ended.ROWS
    stop.now()
    assert [page.ended for page in pages] == [Ended.CANCELLED]


def test_a_running_query_is_interrupted_from_another_thread(url: str, search: Search) -> None:
    connection = duckdb.connect()
    stop = Stop()
    with stop.watching(connection):
        stop.now()
        endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range < 0"
        with pytest.raises(duckdb.InterruptException):
            # an interrupt before the query begins is forgotten by the engine, one while it runs is not
            _with_interrupts(connection, endless)


def _with_interrupts(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    over = threading.Event()

    def again() -> None:
        while not over.wait(0.01):
            connection.interrupt()

    thread = threading.Thread(target=again)
    thread.start()
    try:
        connection.execute(sql).fetchall()
    finally:
        over.set()
        thread.join()


def test_no_time_at_all_is_refused_instead_of_answered_emptily(url: str) -> None:
    late = iter([0.0])
    search = Search(url, monotonic=lambda: next(late, -1e9))
    with pytest.raises(Overloaded, match="narrow"):
        search.page(ALWAYS, Limits(seconds=1e-9))


@pytest.mark.parametrize("damage", ["gone", "truncated", "overwritten", "emptied"])
def test_a_damaged_file_is_named_and_never_an_empty_answer(tmp_path: Path, url: str, damage: str) -> None:
    shutil.copytree(url, tmp_path / "store")
    victim = max(
        (tmp_path / "store" / MARKS).glob("capture_day=2026-01-07/*.parquet"), key=lambda one: one.stat().st_size
    )
    whole = victim.read_bytes()
    if damage == "gone":
        victim.unlink()
    else:
        victim.write_bytes({"truncated": whole[:-9], "overwritten": bytes(len(whole)), "emptied": b""}[damage])
    for query in (ALWAYS, Query(begin=ALWAYS.begin, end=ALWAYS.end, terms=(partial("*1*"),))):
        with pytest.raises(IntegrityError, match=victim.name):
            everything(Search(str(tmp_path / "store")), query)


def test_a_store_that_was_never_written_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no table of marks"):
        Search(str(tmp_path / "none")).page(ALWAYS)


def test_reads_come_back_whole_in_the_order_they_were_found(search: Search) -> None:
    found = search.page(ALWAYS, Limits(rows=1000)).found
    by_key: dict[tuple[object, ...], list[Read]] = {}
    for read in READS:
        by_key.setdefault((read.captured_at, read.camera_id, read.vrm), []).append(read)
    fetched = search.records.reads(found)
    assert len(fetched) == len(READS)
    assert sorted(fetched, key=lambda one: one.read_id) == sorted(READS, key=lambda one: one.read_id)
    assert list(dict.fromkeys((one.captured_at, one.camera_id, one.vrm) for one in fetched)) == keys_of(found)


def test_pictures_are_found_by_digest_and_held_against_it(search: Search, tmp_path: Path, url: str) -> None:
    record = RECORDS[42]
    digests = [record.read.patch_digest, record.read.overview_digest]
    day = record.read.captured_at.date()
    expected_pictures = dict(zip(digests, (record.patch, record.overview), strict=True))
    assert search.records.pictures(digests, [day]) == expected_pictures == search.records.pictures(digests)
    with pytest.raises(NotFound, match="1 of 1"):
        search.records.pictures([digest_of(b"never seen")])
    _, images = tables_of_records([record])
    wrong = Digest("ab" * 32)
    index = images.schema.get_field_index("digest")
    forged = images.set_column(index, images.schema.field("digest"), pa.array([wrong, wrong]))
    keep_rows(str(tmp_path), "images", forged, "received_at")
    with pytest.raises(IntegrityError, match="not what was stored"):
        Search(str(tmp_path)).records.pictures([wrong])


def test_a_mark_without_its_read_is_an_error(tmp_path: Path) -> None:
    url = str(tmp_path)
    keep(url, RECORDS[:3])
    reads, _ = tables_of_records([a_record(9)])
    keep_rows(url, MARKS, marks_table(reads), MARKS_STATISTICS)
    search = Search(url)
    found = search.page(Query(begin=ALWAYS.begin, end=ALWAYS.end, terms=(exact("AB12CDE"),))).found
    with pytest.raises(IntegrityError, match="not in the table of reads"):
        search.records.reads(found)


def test_an_object_store_gives_the_same_answer(url: str, search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.store.search.reading.local_folder", lambda _: None)
    query = Query(begin=ALWAYS.begin, end=ALWAYS.end, terms=(partial("A?*"),))
    assert keys_of(everything(Search(url), query)) == expected(READS, query)
    reads = Search(url).records.reads(search.page(ALWAYS, Limits(rows=5)).found)
    assert reads == search.records.reads(search.page(ALWAYS, Limits(rows=5)).found)


def test_days_that_a_query_does_not_need_are_not_opened(url: str, search: Search) -> None:
    begin = datetime(2026, 1, 6, tzinfo=UTC)
    query = Query(begin=begin, end=begin + timedelta(hours=1))
    assert {one.day for one in search.files_of(Plan(query=query))} == {begin.date()}
    none = Query(begin=begin, end=begin + timedelta(hours=1), terms=(exact("ZZ99"), partial("Z*")))
    assert search.files_of(Plan(query=none)) == []
    table = DeltaTable(f"{url}/{MARKS}")
    assert len(search.files_of(Plan(query=ALWAYS))) == len(table.file_uris())


def test_what_the_journal_hands_over_is_found_with_its_pictures(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path), "one")
    lake.append(ListJournal(RECORDS[:30]).after(0, 30))
    search = Search(str(tmp_path))
    found = search.page(ALWAYS, Limits(rows=1000)).found
    assert keys_of(found) == expected(READS[:30], ALWAYS)
    read = search.records.reads(found[:1])[0]
    record = next(one for one in RECORDS if one.read.read_id == read.read_id)
    assert search.records.pictures([read.overview_digest]) == {read.overview_digest: record.overview}
