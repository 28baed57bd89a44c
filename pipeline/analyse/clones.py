"""Cloned and false plates: one mark in two places that are too far apart.

On failure: nothing here touches the outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from pipeline.analyse.columns import ReadColumns, Real, Whole, instant, kilometres
from pipeline.domain.plate import CameraId
from pipeline.domain.vrm import Vrm

FASTEST_KMH = 180.0
LEAST_KILOMETRES = 5.0
CLONED_BEFOREHAND = 1e-4
"""Share of vehicles taken to be cloned before anything is known: an assumption, not a measurement."""
_SUREST_READ, _SUREST_LONE_READ = 0.98, 0.9
"""No read counts as surer, whatever the recogniser says: the same plate is misread in the same way again. A lone read,
which no other read of the mark elsewhere confirms within `_TRIP_SECONDS`, proves even less: vehicles pass several
cameras, misreads happen at one."""
_TRIP_SECONDS = 2700.0
_LEAST_WEIGHT = 0.01
_MOST_LOG_ODDS = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two reads of one mark, one after the other, that one vehicle cannot have made."""

    camera: CameraId
    at: datetime
    other_camera: CameraId
    other_at: datetime
    kilometres: float
    kmh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """`probability` (0..1) that two vehicles bore the mark, against that every read which does not fit is a misread.

    `reads_elsewhere` are the fewest and least sure reads that do not fit one vehicle.
    """

    vrm: Vrm
    probability: float
    reads: int
    reads_elsewhere: int
    conflicts: tuple[Conflict, ...]


def clones(
    reads: ReadColumns,
    *,
    fastest_kmh: float = FASTEST_KMH,
    least_kilometres: float = LEAST_KILOMETRES,
    beforehand: float = CLONED_BEFOREHAND,
) -> list[Clone]:
    """Return every mark with a conflict, the likeliest clone first. Reads without a place are passed over.

    Definition: two reads conflict when they are at least `least_kilometres` apart and the straight line between them
    takes more than `fastest_kmh`. One vehicle can have made a chain of reads without conflicts; what the weightiest
    such chain leaves over is either all misread, or a second vehicle's: the odds are `beforehand` times p / (1 - p) for
    each of them, p being the probability that the read is right, at most 0.98, or 0.9 for a lone read. One conflict is
    never enough, several journeys are. What this cannot tell: one plate that is misread in the same way journey after
    journey looks like a clone; look at the pictures.
    Baseline: `by_conflict`, every mark with any conflict.

    >>> from datetime import UTC, datetime, timedelta
    >>> from pipeline.analyse.columns import columns_of
    >>> begin = datetime(2026, 1, 5, 8, tzinfo=UTC)
    >>> def seen(minutes, latitudes, probability):
    ...     return columns_of({
    ...         "vrm": ["AB12CDE"] * len(minutes), "camera_id": [f"at {one}" for one in latitudes],
    ...         "captured_at": [begin + timedelta(minutes=one) for one in minutes],
    ...         "latitude": latitudes, "longitude": [0.5] * len(minutes), "probability": [probability] * len(minutes),
    ...     })
    >>> (twice,) = clones(seen([0, 10, 20, 30, 40, 50], [51.0, 52.0, 51.0, 52.0, 51.0, 52.0], 0.99))
    >>> round(twice.probability, 2), twice.reads_elsewhere, round(twice.conflicts[0].kilometres), len(twice.conflicts)
    (0.92, 3, 111, 5)
    >>> (once,) = clones(seen([0, 10, 20], [51.0, 52.0, 51.0], 0.99))
    >>> round(once.probability, 3)
    0.001
    """
    placed = reads.at(np.flatnonzero(~np.isnan(reads.latitude)))
    order = np.lexsort((placed.seconds, placed.vehicle))
    by_mark = placed.at(order)
    first, second = np.arange(len(order))[:-1], np.arange(len(order))[1:]
    same = by_mark.vehicle[first] == by_mark.vehicle[second]
    distance = by_mark.kilometres(first, second)
    hours = (by_mark.seconds[second] - by_mark.seconds[first]) / 3600
    conflicting = same & (distance >= least_kilometres) & (distance > fastest_kmh * hours)
    begins = np.searchsorted(by_mark.vehicle, np.arange(len(by_mark.vrms) + 1))
    found = []
    for vehicle in np.unique(by_mark.vehicle[first[conflicting]]):
        rows = np.arange(begins[vehicle], begins[vehicle + 1])
        mine = by_mark.at(rows)
        elsewhere = _elsewhere(mine, fastest_kmh, least_kilometres)
        sure = np.minimum(mine.probability[elsewhere], _surest(mine.seconds[elsewhere]))
        # more than this is certain, and would only overflow
        odds = float(np.exp(min(_MOST_LOG_ODDS, np.log(beforehand) + np.log(sure / (1 - sure)).sum())))
        pairs = rows[:-1][conflicting[rows[:-1]]]
        found.append(
            Clone(
                vrm=by_mark.vrms[vehicle],
                probability=odds / (1 + odds),
                reads=len(rows),
                reads_elsewhere=len(elsewhere),
                conflicts=tuple(_conflict(by_mark, at, float(distance[at]), float(hours[at])) for at in pairs),
            )
        )
    return sorted(found, key=lambda one: (-one.probability, -len(one.conflicts), one.vrm))


def by_conflict(found: list[Clone]) -> list[Clone]:
    """Return the baseline's order of the same marks: by the plain number of conflicts."""
    return sorted(found, key=lambda one: (-len(one.conflicts), one.vrm))


def _elsewhere(mine: ReadColumns, fastest_kmh: float, least_kilometres: float) -> Whole:
    """Return the rows left over by the weightiest chain of reads that one vehicle can have made."""
    sure = np.clip(mine.probability, 0.01, _SUREST_READ)
    weight = np.maximum(_LEAST_WEIGHT, np.log(sure / (1 - sure)))
    best, before = weight.copy(), np.full(len(mine), -1)
    for row in range(1, len(mine)):
        earlier = slice(0, row)
        distance = kilometres(
            mine.latitude[earlier], mine.longitude[earlier], mine.latitude[row : row + 1], mine.longitude[row : row + 1]
        )
        hours = (mine.seconds[row] - mine.seconds[earlier]) / 3600
        possible = (distance < least_kilometres) | (distance <= fastest_kmh * hours)
        if possible.any():
            before[row] = int(np.argmax(np.where(possible, best[earlier], -np.inf)))
            best[row] += best[before[row]]
    left = np.ones(len(mine), bool)
    row = int(np.argmax(best))
    while row >= 0:
        left[row] = False
        row = int(before[row])
    return np.flatnonzero(left)


def _surest(seconds: Real) -> Real:
    """Return the most that each of some rising times may count for."""
    apart = np.diff(seconds) > _TRIP_SECONDS
    lone = np.append(True, apart) & np.append(apart, True)
    return np.where(lone, _SUREST_LONE_READ, _SUREST_READ)


def _conflict(reads: ReadColumns, at: int, distance: float, hours: float) -> Conflict:
    return Conflict(
        camera=reads.cameras[reads.camera[at]],
        at=instant(reads.seconds[at]),
        other_camera=reads.cameras[reads.camera[at + 1]],
        other_at=instant(reads.seconds[at + 1]),
        kilometres=distance,
        kmh=distance / hours if hours > 0 else float("inf"),
    )
