"""Queries are values that cannot be wrong, and that only ever narrow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.domain.query import MOST_TERMS, Area, Limits, Query, confusable, exact, partial
from pipeline.domain.read import Location
from pipeline.errors import BadInput

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
END = BEGIN + timedelta(days=7)


def test_terms_are_spelled_as_plates_are() -> None:
    assert exact("ab12 cde").text == confusable("AB12-CDE").text == "AB12CDE"
    assert partial("ab?2 **").text == "AB?2*"


def test_a_pattern_counts_look_alikes_as_one() -> None:
    assert partial("IO?Q*").text == "10?0*"


@pytest.mark.parametrize("text", ["", "*", "?*?", "AB_2", "AB%", "A" * 40, "ÄB?"])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="partial VRM"):
        partial(text)


def test_a_refusal_never_quotes_the_mark() -> None:
    with pytest.raises(BadInput) as refused:
        partial("AB12CDE_")
    assert "AB12" not in str(refused.value)


def test_a_query_only_narrows() -> None:
    query = Query(begin=BEGIN, end=END, terms=(exact("AB12CDE"),))
    assert query.within(BEGIN - timedelta(days=9), END + timedelta(days=9)) == query
    narrowed = query.within(BEGIN + timedelta(days=1), END - timedelta(days=1))
    assert narrowed is not None
    assert (narrowed.begin, narrowed.end, narrowed.terms) == (
        BEGIN + timedelta(days=1),
        END - timedelta(days=1),
        query.terms,
    )
    assert query.within(END, END + timedelta(days=1)) is None


def test_a_query_without_a_zone_or_backwards_or_endless_is_refused() -> None:
    with pytest.raises(BadInput, match="time zone"):
        Query(begin=datetime(2026, 1, 5), end=END)  # noqa: DTZ001
    with pytest.raises(BadInput, match="begins before"):
        Query(begin=END, end=BEGIN)
    with pytest.raises(BadInput, match="at most"):
        Query(begin=BEGIN, end=END, terms=(exact("AB12CDE"),) * (MOST_TERMS + 1))
    with pytest.raises(BadInput, match="a page has"):
        Limits(rows=0)


def test_the_zone_of_a_time_does_not_matter() -> None:
    summer = timezone(timedelta(hours=1))
    assert Query(begin=BEGIN.astimezone(summer), end=END) == Query(begin=BEGIN, end=END)


def test_an_area_holds_its_borders() -> None:
    area = Area(south=51.0, west=0.0, north=52.0, east=1.0)
    assert area.holds(Location(latitude=51.0, longitude=1.0))
    assert not area.holds(Location(latitude=50.999, longitude=0.5))
    assert area.covers(area)
    with pytest.raises(BadInput, match="south below its north"):
        Area(south=52.0, west=0.0, north=51.0, east=1.0)
