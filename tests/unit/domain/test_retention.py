"""Twelve months, as the calendar counts them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.retention import first_day_kept, last_day_kept, limit_of

days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
months = st.integers(1, 120)


@pytest.mark.parametrize(
    ("captured", "last"),
    [
        (date(2026, 1, 5), date(2027, 1, 5)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2028, 2, 28), date(2029, 2, 28)),
        (date(2027, 2, 28), date(2028, 2, 28)),
        (date(2027, 3, 1), date(2028, 3, 1)),
        (date(2026, 12, 31), date(2027, 12, 31)),
    ],
)
def test_a_day_is_kept_until_the_end_of_the_corresponding_day(captured: date, last: date) -> None:
    assert last_day_kept(captured, 12) == last


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2027, 1, 5), date(2026, 1, 5)),
        (date(2027, 1, 6), date(2026, 1, 6)),
        (date(2029, 2, 28), date(2028, 2, 28)),
        (date(2029, 3, 1), date(2028, 3, 1)),
        (date(2028, 2, 29), date(2027, 3, 1)),
    ],
)
def test_the_first_day_kept_over_leap_days(today: date, first: date) -> None:
    assert first_day_kept(today, 12) == first


@given(days, months)
def test_the_first_day_kept_is_the_earliest_that_is_not_past(today: date, count: int) -> None:
    first = first_day_kept(today, count)
    assert last_day_kept(first, count) >= today
    assert last_day_kept(first - timedelta(days=1), count) < today


def test_the_limit_is_a_midnight_in_utc() -> None:
    assert limit_of(date(2027, 1, 5), 12) == datetime(2026, 1, 5, tzinfo=UTC)
