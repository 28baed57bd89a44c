"""Journeys of one vehicle: its reads in order, and how fast it must have been between them.

On failure: nothing here touches the outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from pipeline.analyse.columns import ReadColumns, instant, trips_of
from pipeline.domain.plate import CameraId

PAUSE_MINUTES = 45.0
FASTEST_KMH = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """From one read to the next. `kilometres` is the straight line, so `kmh` is the least speed that will do; both are
    None where a place is unknown. `plausible` means that no more than the given speed was needed."""

    departs_from: CameraId
    departs_at: datetime
    arrives_at_camera: CameraId
    arrives_at: datetime
    kilometres: float | None
    kmh: float | None
    plausible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Reads without a long pause between them; one read alone has no legs."""

    begins: datetime
    ends: datetime
    cameras: tuple[CameraId, ...]
    legs: tuple[Leg, ...]


def journeys(
    reads: ReadColumns, *, pause_minutes: float = PAUSE_MINUTES, fastest_kmh: float = FASTEST_KMH
) -> list[Journey]:
    """Return the journeys in `reads` of one vehicle, by time; kilometres and kilometres an hour.

    Definition: a journey ends where the vehicle was not read for more than `pause_minutes`. A leg is implausible when
    the straight line alone takes more than `fastest_kmh`: then one of its two reads is a misread, or two vehicles bear
    the mark (`clones` decides which).
    Baseline: the list of reads itself; a gap says nothing about where the vehicle was meanwhile.

    >>> from datetime import UTC, datetime, timedelta
    >>> from pipeline.analyse.columns import columns_of
    >>> begin = datetime(2026, 1, 5, 8, tzinfo=UTC)
    >>> reads = columns_of({
    ...     "vrm": ["AB12CDE"] * 3, "camera_id": ["quay", "bridge", "quay"],
    ...     "captured_at": [begin + timedelta(minutes=one) for one in (0, 10, 500)],
    ...     "latitude": [51.0, 51.1, 51.0], "longitude": [0.5, 0.5, 0.5], "probability": [0.99] * 3,
    ... })
    >>> first, second = journeys(reads)
    >>> [(leg.departs_from, leg.arrives_at_camera, round(leg.kilometres, 1), round(leg.kmh)) for leg in first.legs]
    [('quay', 'bridge', 11.1, 67)]
    >>> second.cameras, second.legs
    (('quay',), ())
    """
    trip = trips_of(reads.seconds, pause_minutes * 60)
    return [
        _journey(reads.at(rows), fastest_kmh)
        for rows in np.split(np.arange(len(reads)), np.flatnonzero(np.diff(trip)) + 1)
        if len(rows)
    ]


def _journey(reads: ReadColumns, fastest_kmh: float) -> Journey:
    rows = np.arange(len(reads))
    distances = reads.kilometres(rows[:-1], rows[1:])
    legs = []
    for at, distance in enumerate(distances.tolist()):
        hours = (reads.seconds[at + 1] - reads.seconds[at]) / 3600
        known = distance == distance
        kmh = (distance / hours if hours > 0 else (0.0 if distance == 0 else float("inf"))) if known else None
        legs.append(
            Leg(
                departs_from=reads.cameras[reads.camera[at]],
                departs_at=instant(reads.seconds[at]),
                arrives_at_camera=reads.cameras[reads.camera[at + 1]],
                arrives_at=instant(reads.seconds[at + 1]),
                kilometres=distance if known else None,
                kmh=kmh,
                plausible=kmh is None or kmh <= fastest_kmh,
            )
        )
    return Journey(
        begins=instant(reads.seconds[0]),
        ends=instant(reads.seconds[-1]),
        cameras=tuple(reads.cameras[at] for at in reads.camera),
        legs=tuple(legs),
    )
