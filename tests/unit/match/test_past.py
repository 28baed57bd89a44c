"""A new vehicle of interest against the past: what comes of it, only as far back as is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.domain.plate import Candidate
from pipeline.domain.posterior import Doubt
from pipeline.domain.query import Ended, Found, Limits, Page, Query, confusable, exact, partial
from pipeline.domain.read import Read, ReadId
from pipeline.domain.vrm import Vrm, is_partial
from pipeline.errors import BadInput
from pipeline.match.past import LookBack, PastSearch
from pipeline.match.settings import MatchSettings
from tests.support.builders import a_read, a_voi

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WANTED = Vrm("AB12CDE")
EVERYTHING = Limits(rows=1000)


class Record:
    """A search that takes every one of its reads for what was looked for, and pages through them."""

    def __init__(self, reads: Sequence[Read]) -> None:
        self.held = reads

    def page(self, query: Query, limits: Limits, cursor: str | None = None) -> Page:
        fits = [one for one in self.held if query.begin <= one.captured_at < query.end][int(cursor or 0) :]
        left = len(fits) > limits.rows
        return Page(
            found=tuple(_found(one) for one in fits[: limits.rows]),
            ended=Ended.ROWS if left else Ended.COMPLETE,
            cursor=str(int(cursor or 0) + limits.rows) if left else None,
        )

    def reads(self, found: Sequence[Found]) -> list[Read]:
        return [one for one in self.held if _found(one) in found]


def _found(read: Read) -> Found:
    return Found(
        vrm=read.vrm,
        captured_at=read.captured_at,
        camera_id=read.camera_id,
        location=None,
        text=WANTED,
        rank=0 if read.vrm == WANTED else 1,
        probability=0.5,
    )


def a_past_read(number: int, days_ago: float, **overrides: object) -> Read:
    captured_at = NOW - days_ago * DAY
    return a_read(**{"read_id": ReadId(f"{number:032x}"), "captured_at": captured_at, "vrm": WANTED} | overrides)


def looking(*reads: Read, mark: Vrm = WANTED, look_back: LookBack | None = None) -> PastSearch:
    record = Record(reads)
    return PastSearch(
        record, record.reads, a_voi(vrm=mark), at=NOW, settings=MatchSettings(), look_back=look_back or LookBack()
    )


def query_of(mark: Vrm = WANTED, days: float = 365) -> Query:
    term = partial(mark) if is_partial(mark) else confusable(mark)
    return Query(begin=NOW - days * DAY, end=NOW, terms=(term,))


def days_found(search: PastSearch, limits: Limits = EVERYTHING) -> list[float]:
    return [(NOW - one.captured_at) / DAY for one in search.page(query_of(), limits).found]


def test_reads_that_come_of_the_vehicle_are_found_and_exact_is_told_from_near() -> None:
    doubt = Doubt(position=1, length=1, text="B", cost=100)
    rival = Candidate(text="AB12CDE", probability=0.3)
    own = Candidate(text="A812CDE", probability=0.6)
    reads = [
        a_past_read(1, 3),
        a_past_read(2, 2, vrm=Vrm("XY34ZZZ"), doubts=(), candidates=()),
        a_past_read(3, 1, vrm=Vrm("A812CDE"), confidence=0.6, candidates=(own, rival), doubts=(doubt,)),
    ]
    one, other = looking(*reads).page(query_of(), EVERYTHING).found
    assert (one.captured_at, one.rank) == (reads[0].captured_at, 0)
    assert (other.captured_at, other.rank) == (reads[2].captured_at, 1)
    assert other.probability == pytest.approx(0.3)


def test_what_a_look_alike_hid_is_near_though_the_search_takes_it_for_the_mark_itself() -> None:
    quiet = a_past_read(1, 1, vrm=Vrm("QB12CDE"), candidates=(Candidate(text="0B12CDE", probability=0.2),))
    (found,) = looking(quiet, mark=Vrm("OB12CDE")).page(query_of(Vrm("OB12CDE")), EVERYTHING).found
    assert found.rank == 1


def test_a_partial_mark_finds_what_fits_it() -> None:
    mark = Vrm("AB?2*")
    (found,) = looking(a_past_read(1, 1), mark=mark).page(query_of(mark), EVERYTHING).found
    assert found.rank == 0


def test_the_look_back_is_bounded_in_time_and_in_reads() -> None:
    reads = [a_past_read(number, 20 - number) for number in range(10)]
    assert len(days_found(looking(*reads))) == 10
    assert days_found(looking(*reads, look_back=LookBack(longest=12 * DAY))) == [12, 11]
    search = looking(*reads, look_back=LookBack(most_reads=3))
    assert days_found(search, Limits(rows=2)) == [20, 19]
    assert len(search.page(query_of(), Limits(rows=2), "2").found) == 1
    assert search.page(query_of(), Limits(rows=2), "3") == Page(found=(), ended=Ended.COMPLETE, cursor=None)


def test_a_query_for_another_mark_is_refused() -> None:
    for terms in ((), (exact("XY34ZZZ"),), (exact("AB12CDE"), exact("XY34ZZZ"))):
        with pytest.raises(BadInput, match="no other") as told:
            looking(a_past_read(1, 1)).page(Query(begin=NOW - DAY, end=NOW, terms=terms), EVERYTHING)
        assert "AB12CDE" not in str(told.value)


def test_a_look_back_without_a_bound_is_refused() -> None:
    with pytest.raises(BadInput):
        LookBack(most_reads=0)
    with pytest.raises(BadInput):
        LookBack(longest=timedelta(0))
