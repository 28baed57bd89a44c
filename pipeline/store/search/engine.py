"""Search in the record: exact, partial and confusable marks, cameras, areas and times; pages, streams, pictures.

Promise: an answer is in order of capture and complete as of the newest commit when its page was asked for. A cursor
names a place in that order, so that reads committed between two pages neither double nor hide any: those behind it
were seen, those beyond it come. Marks are found in the table of marks (`pipeline/wire/mark_arrow.py`), whose rows are
committed last: whoever finds one finds its read and pictures. Files are left out by day, by the log's statistics, and
once `warm` was called by what they hold (`known.py`), and of files that lie in a folder only the pages in which a mark
can be are read (`pages.py`); days are read in the query's order, only as many as
fill the page. Nothing here asks who is asking: `Query.within` narrows, before.

On failure: BadInput for a cursor of another query, NotFound while nothing was ever stored, Overloaded when not even
one day could be read in the time or memory allowed, Unavailable for a disk or object store that does not answer,
IntegrityError naming a file that is damaged or missing, or a record or picture that is not what its digest says: never
an empty answer.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import pyarrow as pa

from pipeline import metrics
from pipeline.domain.query import Ended, Found, Limits, Matching, Order, Page, Query
from pipeline.domain.read import Location
from pipeline.domain.vrm import Vrm
from pipeline.errors import Overloaded, Unavailable
from pipeline.store.layout import MARKS, MARKS_SCHEMA
from pipeline.store.search.known import KnownMarks
from pipeline.store.search.listing import Listing, StoredFile
from pipeline.store.search.page_index import COLUMNS
from pipeline.store.search.plan import Plan, Position, before_everything, behind_day, cursor_of, position_of
from pipeline.store.search.reading import Chosen, Engine, Gone, Interrupted, Stop
from pipeline.store.search.records import Records

PAGE = Limits()
WHOLE = Limits(rows=1000)
_FIRST_FILES, _MOST_FILES = 1, 64
_FIRST_LOOKED_UP, _MOST_LOOKED_UP = 28, 128
_GROWTH, _GROWTH_LOOKED_UP = 2, 4
"""A group of files costs some 8 ms of its own, a file by page 0.5 ms, a file by DuckDB 2 to 70 ms."""
_MARGIN = 1.2
_ATTEMPTS = 3
_STORED = ", ".join(COLUMNS)
_COLUMNS = (
    "vrm, captured_at, camera_id, arg_max(mark, probability) AS mark, arg_max(rank, probability) AS rank,"
    " max(probability) AS probability, any_value(latitude) AS latitude, any_value(longitude) AS longitude"
)


class Search:
    """Answers queries over the store at `url`; one object serves many threads."""

    def __init__(
        self,
        url: str,
        *,
        threads: int = 2,
        memory_mebibytes: int = 1024,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.marks = Listing(url, MARKS, key="mark", schema=MARKS_SCHEMA)
        self._engine = Engine(threads=threads, memory_mebibytes=memory_mebibytes)
        self.records = Records(url, self._engine)
        self._monotonic = monotonic
        self._known = KnownMarks(self._engine, self.marks)

    def warm(self, stop: Stop | None = None) -> int:
        """Learn which marks every file holds, newest day first, and forget files that are gone; return the bytes kept.

        Reads a year of a million reads a day in a minute or two: it is for a thread of its own (`warming.py`).
        """
        return self._known.learn(stop)

    def page(self, query: Query, limits: Limits = PAGE, cursor: str | None = None, stop: Stop | None = None) -> Page:
        """Return the next reads after `cursor` in the query's order, as many as `limits` allow."""
        after = position_of(query, cursor) if cursor is not None else None
        with metrics.SEARCH_SECONDS.labels(_kind_of(query)).time():
            for _ in range(_ATTEMPTS):
                try:
                    return self._page(Plan(query=query, after=after), limits, stop or Stop())
                except Gone:
                    continue
        raise Unavailable("the files of the store change faster than they can be read; ask again")

    def stream(self, query: Query, limits: Limits = WHOLE, stop: Stop | None = None) -> Iterator[Page]:
        """Yield pages up to the last one, each read only when it is wanted. Ends early only when stopped."""
        cursor = None
        while True:
            page = self.page(query, limits, cursor, stop)
            yield page
            cursor = page.cursor
            if cursor is None or page.ended is Ended.CANCELLED:
                return

    def rows(self, query: Query, stop: Stop | None = None) -> pa.Table:
        """Return everything that fits as one table (columns of Found, place as latitude and longitude), in order."""
        for _ in range(_ATTEMPTS):
            plan = Plan(query=query)
            try:
                days = self._days_of(plan)
                tables = [FOUND_SCHEMA.empty_table()]
                while days:
                    tables.append(self._read(plan, _so_many(days, _MOST_FILES), None, None, stop))
                return pa.concat_tables(tables)
            except Gone:
                continue
            except Interrupted as error:
                raise Overloaded("the search was stopped before it was over") from error
        raise Unavailable("the files of the store change faster than they can be read; ask again")

    def files_of(self, plan: Plan) -> list[StoredFile]:
        """Return the files that may hold something for `plan`, the days in its order."""
        files = [one for one in self.marks.files().values() if plan.needs(one)]
        files.sort(key=lambda one: one.day, reverse=plan.query.order is Order.NEWEST_FIRST)
        return self._known.possible(plan, files)

    def _days_of(self, plan: Plan) -> list[list[StoredFile]]:
        return [list(several) for _, several in groupby(self.files_of(plan), key=lambda one: one.day)]

    def _page(self, plan: Plan, limits: Limits, stop: Stop) -> Page:
        query = plan.query
        until = self._monotonic() + limits.seconds
        found: list[Found] = []
        days = self._days_of(plan)
        looked_up = plan.marks is not None
        size, most = (_FIRST_LOOKED_UP, _MOST_LOOKED_UP) if looked_up else (_FIRST_FILES, _MOST_FILES)
        growth = _GROWTH_LOOKED_UP if looked_up else _GROWTH
        opened, read, done = 0, 0, None
        while days:
            chunk = _so_many(days, size)
            opened += sum(one.size_bytes for one in chunk)
            if done is not None and opened > limits.bytes_:
                return _broken_off(query, found, Ended.BYTES, done)
            try:
                wanted = limits.rows - len(found) + 1
                found += found_in(self._read(plan, chunk, wanted, until, stop))
            except Interrupted:
                if stop.asked:
                    after = done or plan.after or before_everything(query)
                    return _broken_off(query, found, Ended.CANCELLED, after)
                if done is None:
                    raise Overloaded("not even one day could be read in the time allowed; narrow the query") from None
                return _broken_off(query, found, Ended.SECONDS, done)
            if len(found) > limits.rows:
                last = found[limits.rows - 1]
                position = Position(captured_at=last.captured_at, camera_id=last.camera_id, vrm=last.vrm)
                return Page(found=tuple(found[: limits.rows]), ended=Ended.ROWS, cursor=cursor_of(query, position))
            done = behind_day(chunk[-1].day, query.order)
            read += len(chunk)
            size = min(_enough(read, len(found), limits.rows, growth), most)
        return Page(found=tuple(found), ended=Ended.COMPLETE, cursor=None)

    def _read(
        self, plan: Plan, files: Sequence[StoredFile], limit: int | None, until: float | None, stop: Stop | None
    ) -> pa.Table:
        chosen = self._known.chosen(plan, files) if files else []
        if not chosen:
            return FOUND_SCHEMA.empty_table()
        return read_marks(self._engine, self.marks, plan, chosen, limit=limit, until=until, stop=stop)


FOUND_SCHEMA = pa.schema(
    [
        pa.field("vrm", pa.string()),
        pa.field("captured_at", pa.timestamp("us", tz="UTC")),
        pa.field("camera_id", pa.string()),
        pa.field("mark", pa.string()),
        pa.field("rank", pa.int8()),
        pa.field("probability", pa.float32()),
        pa.field("latitude", pa.float64()),
        pa.field("longitude", pa.float64()),
    ]
)
"""Found as columns."""


def read_marks(
    engine: Engine,
    marks: Listing,
    plan: Plan,
    chosen: Sequence[Chosen],
    *,
    limit: int | None = None,
    until: float | None = None,
    stop: Stop | None = None,
) -> pa.Table:
    """Return what fits `plan` in what is chosen, a table of FOUND_SCHEMA in the query's order."""
    condition, values = plan.condition([file for one in chosen for file in one.files])
    first, source = "", "{rows}"
    if all(one.few for one in chosen):
        # everything else is held against the few rows found, not against whole row groups: a quarter to a third less
        first, source = f"WITH looked_up AS MATERIALIZED (SELECT {_STORED} FROM {{rows}}) ", "looked_up"
    sql = f"{first}SELECT {_COLUMNS} FROM {source} WHERE {condition} GROUP BY ALL ORDER BY {plan.ordering()}"
    if limit is not None:
        sql, values = f"{sql} LIMIT ?", [*values, limit]
    return engine.table(sql, values, listing=marks, chosen=chosen, until=until, stop=stop).cast(FOUND_SCHEMA)


def found_in(table: pa.Table) -> list[Found]:
    """Return the rows of a table of FOUND_SCHEMA as values."""
    return [
        Found(
            vrm=Vrm(row["vrm"]),
            captured_at=row["captured_at"],
            camera_id=row["camera_id"],
            location=_place(row["latitude"], row["longitude"]),
            text=row["mark"],
            rank=row["rank"],
            probability=row["probability"],
        )
        for row in table.to_pylist()
    ]


def _place(latitude: float | None, longitude: float | None) -> Location | None:
    if latitude is None or longitude is None:
        return None
    return Location(latitude=latitude, longitude=longitude)


def _kind_of(query: Query) -> str:
    """Return how the marks of a query are looked for: the costliest way among its terms, `all` without terms."""
    asked = {term.matching for term in query.terms}
    costliest = (one for one in (Matching.PARTIAL, Matching.CONFUSABLE, Matching.EXACT) if one in asked)
    return next(costliest, "all")


def _so_many(days: list[list[StoredFile]], size: int) -> list[StoredFile]:
    """Take whole days off the front until there are `size` files."""
    chunk: list[StoredFile] = []
    while days and len(chunk) < size:
        chunk += days.pop(0)
    return chunk


def _enough(read: int, found: int, rows: int, growth: int) -> int:
    """Return how many files to open next: `growth` times as many as were `read`, or fewer that will probably do."""
    if not found:
        return growth * read
    return max(1, min(growth * read, math.ceil(_MARGIN * (rows + 1 - found) * read / found)))


def _broken_off(query: Query, found: list[Found], ended: Ended, done: Position) -> Page:
    return Page(found=tuple(found), ended=ended, cursor=cursor_of(query, done))
