"""How many vehicles cameras read an hour, and when one has fallen silent.

On failure: BadInput for a period that ends before it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log

import numpy as np

from pipeline.analyse.columns import ReadColumns, Real, instant
from pipeline.domain.plate import CameraId
from pipeline.errors import BadInput

_HOUR = 3600.0
SCORE = 6.0
LEAST_MINUTES = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flow:
    """Reads in each hour from `begin` on, by camera: `per_hour` is cameras x hours."""

    cameras: tuple[CameraId, ...]
    begin: datetime
    per_hour: Real


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A time without a read in which `expected` were to be expected. `score` is -log10 of the probability of none."""

    camera: CameraId
    begin: datetime
    end: datetime
    expected: float
    score: float


def camera_flow(reads: ReadColumns, begin: datetime, end: datetime) -> Flow:
    """Return the reads an hour of every camera from `begin` to `end` (UTC; the last hour may be a part of one).

    Baseline: the number of all reads of the camera.

    >>> from datetime import UTC, timedelta
    >>> from pipeline.analyse.columns import columns_of
    >>> begin = datetime(2026, 1, 5, 8, tzinfo=UTC)
    >>> reads = columns_of({
    ...     "vrm": ["AB12CDE"] * 3, "camera_id": ["quay", "quay", "mill"],
    ...     "captured_at": [begin + timedelta(minutes=one) for one in (0, 59, 61)],
    ...     "latitude": [51.0] * 3, "longitude": [0.5] * 3, "probability": [0.99] * 3,
    ... })
    >>> flow = camera_flow(reads, begin, begin + timedelta(hours=2))
    >>> dict(zip(flow.cameras, flow.per_hour.tolist()))
    {'quay': [2.0, 0.0], 'mill': [0.0, 1.0]}
    """
    if begin >= end:
        raise BadInput("a period begins before it ends")
    hours = int(np.ceil((end - begin).total_seconds() / _HOUR))
    hour = np.floor((reads.seconds - begin.timestamp()) / _HOUR).astype(np.int64)
    inside = (hour >= 0) & (reads.seconds < end.timestamp())
    counts = np.zeros((len(reads.cameras), hours))
    np.add.at(counts, (reads.camera[inside], hour[inside]), 1)
    return Flow(cameras=reads.cameras, begin=begin, per_hour=counts)


def silences(
    reads: ReadColumns,
    begin: datetime,
    end: datetime,
    *,
    least_score: float = SCORE,
    least_minutes: float = LEAST_MINUTES,
) -> list[Silence]:
    """Return the times in which a camera should have read somebody and did not, the longest expected first.

    Definition: a camera's usual flow at an hour is the median of that hour of the day over the period's working days,
    or its weekends, and no more than that of the hours beside it (needs at least three days of a kind to know
    anything; a night without traffic is usual). A gap between two reads, or to the ends of the period, is a silence
    when none is less likely than 10^-`least_score` by that flow (Poisson), and it lasts `least_minutes`: traffic
    lights let vehicles come in bunches, between which busy roads are empty. A camera that read nobody in the whole
    period is not known here: compare with the list of feeds.
    Baseline: `gaps`, every gap longer than a fixed time, which cries at every quiet night.

    >>> from datetime import UTC, timedelta
    >>> from pipeline.analyse.columns import columns_of
    >>> begin = datetime(2026, 1, 5, tzinfo=UTC)
    >>> minutes = [one for one in range(0, 4 * 1440, 2) if one % 1440 > 360 and not 2000 < one < 2060]
    >>> reads = columns_of({
    ...     "vrm": ["AB12CDE"] * len(minutes), "camera_id": ["quay"] * len(minutes),
    ...     "captured_at": [begin + timedelta(minutes=one) for one in minutes],
    ...     "latitude": [51.0] * len(minutes), "longitude": [0.5] * len(minutes), "probability": [0.99] * len(minutes),
    ... })
    >>> for one in silences(reads, begin, begin + timedelta(days=4)):
    ...     print(one.camera, one.begin, one.end, round(one.expected), round(one.score))
    quay 2026-01-06 09:20:00+00:00 2026-01-06 10:20:00+00:00 30 13
    >>> len(gaps(reads, begin, begin + timedelta(days=4), longest_minutes=30))
    5
    """
    flow = camera_flow(reads, begin, end)
    found: list[Silence] = []
    for camera, times in _times(reads, begin, end):
        total = np.concatenate([[0.0], np.cumsum(_usual(flow.per_hour[camera], begin))])
        expected_by = np.interp((times - begin.timestamp()) / _HOUR, np.arange(len(total)), total)
        expected = np.diff(expected_by) * (np.diff(times) >= least_minutes * 60)
        found += [
            _silence(reads.cameras[camera], times[at], times[at + 1], float(expected[at]))
            for at in np.flatnonzero(expected >= least_score * log(10))
        ]
    return sorted(found, key=lambda one: (-one.expected, one.camera))


def gaps(reads: ReadColumns, begin: datetime, end: datetime, *, longest_minutes: float) -> list[Silence]:
    """Return the baseline: every gap of a camera longer than `longest_minutes`, whatever is usual there and then."""
    return [
        _silence(reads.cameras[camera], times[at], times[at + 1], 0.0)
        for camera, times in _times(reads, begin, end)
        for at in np.flatnonzero(np.diff(times) > longest_minutes * 60)
    ]


def _times(reads: ReadColumns, begin: datetime, end: datetime) -> list[tuple[int, Real]]:
    """Return for each camera the times of its reads between the ends of the period, and these."""
    first, last = begin.timestamp(), end.timestamp()
    inside = reads.at(np.flatnonzero((reads.seconds >= first) & (reads.seconds < last)))
    order = np.argsort(inside.camera, kind="stable")
    ends = np.searchsorted(inside.camera[order], np.arange(len(reads.cameras) + 1))
    return [
        (camera, np.concatenate([[first], inside.seconds[order[ends[camera] : ends[camera + 1]]], [last]]))
        for camera in range(len(reads.cameras))
    ]


def _usual(per_hour: Real, begin: datetime) -> Real:
    """Return for every hour what may be relied on: the median of that hour on the period's days of the same kind
    (Monday to Friday, or the weekend), or of the hour before or after if that is less, for the rush begins within one.
    """
    times = [begin + timedelta(hours=at) for at in range(len(per_hour))]
    kind = np.array([at.hour + 24 * (at.weekday() >= 5) for at in times])
    median = np.array([np.median(per_hour[kind == one]) for one in kind])
    beside = np.minimum(np.append(median[1:], np.inf), np.insert(median[:-1], 0, np.inf))
    return np.asarray(np.minimum(median, beside))


def _silence(camera: CameraId, begin: float, end: float, expected: float) -> Silence:
    return Silence(camera=camera, begin=instant(begin), end=instant(end), expected=expected, score=expected / log(10))
