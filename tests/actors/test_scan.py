"""Ray Data gives the answer that one node gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import ray

from actors.scan import scan
from actors.topology import connect
from pipeline.domain.query import Order, Query, confusable, partial
from pipeline.errors import IntegrityError
from pipeline.settings import Settings
from pipeline.store.search.engine import FOUND_SCHEMA, Search, found_in
from pipeline.store.search.parts import parts_of
from tests.support.builders import AT
from tests.support.ended_ray import end_ray
from tests.support.marked import compact, expected, keep, keys_of, some_records

# Ray Data warns of its own defaults when it copies its own context
pytestmark = pytest.mark.filterwarnings("ignore::Warning:ray[.].*")
RECORDS = some_records(120, seed=3)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    connect(Settings())
    yield
    end_ray()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = str(tmp_path_factory.mktemp("scan") / "store")
    keep(url, RECORDS[:90])
    compact(url)
    keep(url, RECORDS[90:])
    return url


@pytest.mark.usefixtures("cluster")
def test_a_scan_on_ray_is_the_search_on_one_node(url: str) -> None:
    search = Search(url)
    reads = [one.read for one in RECORDS]
    for order, terms in ((Order.NEWEST_FIRST, ()), (Order.OLDEST_FIRST, (confusable("A8"), partial("?1*")))):
        query = Query(begin=AT, end=AT + timedelta(days=9), terms=terms, order=order)
        parts = parts_of(search, query, days_each=2)
        assert len(parts) > 1
        answer = pa.concat_tables([FOUND_SCHEMA.empty_table(), *scan(url, parts)])
        assert answer.equals(search.rows(query))
        assert keys_of(found_in(answer)) == expected(reads, query)


@pytest.mark.usefixtures("cluster")
def test_a_damaged_file_ends_a_scan_on_ray(url: str) -> None:
    query = Query(begin=AT, end=AT + timedelta(days=9))
    parts = parts_of(Search(url), query)
    victim = next(Path(url, "marks").glob("capture_day=2026-01-08/*.parquet"))
    victim.write_bytes(b"")
    with pytest.raises((IntegrityError, ray.exceptions.RayTaskError), match=victim.name):
        list(scan(url, parts))


def test_nothing_to_scan_needs_no_cluster(url: str) -> None:
    assert list(scan(url, [])) == []
