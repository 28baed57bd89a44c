"""How long a read is kept, counted as the calendar counts months.

A read of one day is kept until the end of the corresponding day so many months later, which is how English law counts
months (Dodds v Walker [1981] 1 WLR 1027); where that month has no such day, until the end of its last. So twelve months
from 29 February 2028 end with 28 February 2029. Days are UTC.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta


def last_day_kept(captured: date, months: int) -> date:
    """Return the last day on which a read of the day `captured` is kept."""
    years, month = divmod(captured.year * 12 + captured.month - 1 + months, 12)
    return date(years, month + 1, min(captured.day, calendar.monthrange(years, month + 1)[1]))


def first_day_kept(today: date, months: int) -> date:
    """Return the earliest day whose reads are still kept on `today`."""
    first = last_day_kept(today, -months)
    while last_day_kept(first, months) < today:
        first += timedelta(days=1)
    return first


def limit_of(today: date, months: int) -> datetime:
    """Return the instant before which nothing is kept on `today`."""
    return datetime.combine(first_day_kept(today, months), time(), UTC)
