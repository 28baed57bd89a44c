"""A query cut into days, for scans that outgrow one node: each part is a query of its own, and their answers one after
the other are the answer to the whole.

On failure: as a search; a part fails on its own and can be asked again.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import pyarrow as pa

from pipeline.domain.query import Order, Query
from pipeline.store.search.engine import Search
from pipeline.store.search.plan import Plan


def parts_of(search: Search, query: Query, days_each: int = 4) -> list[Query]:
    """Return `query` as queries over up to `days_each` days that hold something, in its order."""
    days = sorted({one.day for one in search.files_of(Plan(query=query))})
    groups = [days[start : start + days_each] for start in range(0, len(days), days_each)]
    parts = [query.within(_begin(group[0]), _begin(group[-1]) + timedelta(days=1)) for group in groups]
    found = [one for one in parts if one is not None]
    return found[::-1] if query.order is Order.NEWEST_FIRST else found


def answer_part(url: str, part: Query) -> pa.Table:
    """Return everything that fits `part`, a table of FOUND_SCHEMA in its order, from whatever process asks."""
    return _search(url).rows(part)


@lru_cache(maxsize=4)
def _search(url: str) -> Search:
    return Search(url, threads=1)


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
