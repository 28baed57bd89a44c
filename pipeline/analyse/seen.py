"""First and last time that vehicles were seen.

On failure: nothing here touches the outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from pipeline.analyse.columns import ReadColumns, instant
from pipeline.domain.plate import CameraId
from pipeline.domain.vrm import Vrm


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """When and where a mark was first and last read. `days` counts the different days (UTC) with a read."""

    vrm: Vrm
    first_at: datetime
    first_camera: CameraId
    last_at: datetime
    last_camera: CameraId
    reads: int
    days: int


def first_and_last_seen(reads: ReadColumns, *, least_probability: float = 0.0) -> list[Seen]:
    """Return every mark in `reads` once, the newcomers last: by the time of its first read.

    Definition: of the reads that are right with at least `least_probability` (0..1); a single misread otherwise makes
    an old acquaintance of a stranger. What lies outside the period that was asked for is not known to be absent.
    Baseline: the list of reads.

    >>> from datetime import UTC, datetime, timedelta
    >>> from pipeline.analyse.columns import columns_of
    >>> begin = datetime(2026, 1, 5, 8, tzinfo=UTC)
    >>> reads = columns_of({
    ...     "vrm": ["AB12CDE", "XY34ZZZ", "AB12CDE"], "camera_id": ["quay", "quay", "mill"],
    ...     "captured_at": [begin + timedelta(days=one) for one in (0, 1, 2)],
    ...     "latitude": [51.0] * 3, "longitude": [0.5] * 3, "probability": [0.99, 0.6, 0.99],
    ... })
    >>> for one in first_and_last_seen(reads):
    ...     print(one.vrm, one.first_camera, one.first_at.date(), one.last_camera, one.last_at.date(), one.days)
    AB12CDE quay 2026-01-05 mill 2026-01-07 2
    XY34ZZZ quay 2026-01-06 quay 2026-01-06 1
    >>> [one.vrm for one in first_and_last_seen(reads, least_probability=0.9)]
    ['AB12CDE']
    """
    kept = reads.at(np.flatnonzero(reads.probability >= least_probability))
    vehicles, first, counts = np.unique(kept.vehicle, return_index=True, return_counts=True)
    last = len(kept) - 1 - np.unique(kept.vehicle[::-1], return_index=True)[1]
    day = (kept.seconds // 86400).astype(np.int64)
    pairs = np.unique(np.stack([kept.vehicle, day]), axis=1)[0]
    days = np.searchsorted(pairs, vehicles, side="right") - np.searchsorted(pairs, vehicles, side="left")
    found = [
        Seen(
            vrm=kept.vrms[vehicle],
            first_at=instant(kept.seconds[begin]),
            first_camera=kept.cameras[kept.camera[begin]],
            last_at=instant(kept.seconds[end]),
            last_camera=kept.cameras[kept.camera[end]],
            reads=int(count),
            days=int(several),
        )
        for vehicle, begin, end, count, several in zip(vehicles, first, last, counts, days, strict=True)
    ]
    return sorted(found, key=lambda one: (one.first_at, one.vrm))
