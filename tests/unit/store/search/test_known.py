"""What a search knows of the files makes it quicker, and changes nothing else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

from pipeline.domain.query import Query, confusable, exact, partial
from pipeline.store.layout import MARKS
from pipeline.store.search import known as known_module
from pipeline.store.search.engine import Search
from tests.support.builders import AT
from tests.support.marked import compact, expected, keep, keys_of, some_records

RECORDS = some_records(400, seed=1)
READS = [one.read for one in RECORDS]
ALWAYS = Query(begin=AT - timedelta(days=1), end=AT + timedelta(days=30))


def everything(search: Search, query: Query) -> list[tuple[object, ...]]:
    return keys_of([one for page in search.stream(query) for one in page.found])


def test_what_is_known_of_the_files_changes_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_module, "_FEW_ROWS", 0)
    url = str(tmp_path)
    keep(url, RECORDS[:300])
    compact(url)
    keep(url, RECORDS[300:350])
    warm = Search(url)
    assert warm.warm() > 0
    # and something of which nothing is known
    keep(url, RECORDS[350:])
    several = (confusable("A8"), exact("A8"), exact("ZZ"), *map(partial, ("?B1", "A?", "B??", "*8", "A*", "*B*", "Z*")))
    for terms in [(term,) for term in several] + [several[:2], several[1:4], several[2:8], several]:
        for most in (1, 3, 200):
            monkeypatch.setattr(known_module, "_MOST_MARKS", most)
            query = Query(begin=ALWAYS.begin, end=ALWAYS.end, terms=terms)
            assert everything(warm, query) == expected(READS, query)
    nowhere = Query(begin=ALWAYS.begin, end=ALWAYS.end, terms=(exact("ZZ99ZZZ"),))
    assert everything(warm, nowhere) == []


def test_what_was_committed_since_is_found_and_what_is_gone_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_module, "_FEW_ROWS", 0)
    url, query = str(tmp_path), Query(begin=ALWAYS.begin, end=ALWAYS.end, terms=(partial("*8*"), exact("A8")))
    keep(url, RECORDS[:100])
    search = Search(url)
    kept = search.warm()
    keep(url, RECORDS[100:200])
    assert everything(search, query) == expected(READS[:200], query)
    DeltaTable(f"{url}/{MARKS}").delete()
    assert everything(search, query) == []
    assert search.warm() == 0 < kept
