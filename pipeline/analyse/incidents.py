"""Vehicles common to several incidents.

On failure: BadInput for an incident without a camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from pipeline.analyse.chance import surprise
from pipeline.analyse.columns import ReadColumns
from pipeline.domain.plate import CameraId
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput

_READS_UNKNOWN = 3.0
"""Added to every vehicle's reads at a camera: of a stranger with two reads nobody knows how often he comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that happened near `cameras` between two times (the second not included)."""

    name: str
    cameras: frozenset[CameraId]
    begin: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not self.cameras or self.begin >= self.end:
            raise BadInput("an incident needs a camera, and begins before it ends")


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """A vehicle read at `incidents` (their names, in order); `expected` of them by chance. `score` is -log10 of the
    probability of so many by chance; `reads` counts its reads at all the incidents."""

    vrm: Vrm
    incidents: tuple[str, ...]
    reads: int
    expected: float
    score: float


def common_to(reads: ReadColumns, incidents: Sequence[Incident], *, least: int = 2) -> list[Common]:
    """Return the vehicles read at `least` or more incidents, the most surprising first. `reads` are all reads of the
    incidents' cameras over a longer period: from it is known who is often there anyway.

    Definition: a vehicle is at an incident when one of its cameras read it in the time. By chance, each of the
    vehicle's reads at these cameras falls into the time with the share of the cameras' flow that does; the chances of
    all incidents add up to the expected number (Poisson).
    Baseline: `by_count`, the plain number of incidents, then of reads, which finds whoever works in the street.

    >>> from datetime import UTC, datetime, timedelta
    >>> from pipeline.analyse.columns import columns_of
    >>> begin = datetime(2026, 1, 5, 8, tzinfo=UTC)
    >>> rows = [("THIEF", "quay", 3), ("THIEF", "mill", 1443)]
    >>> rows += [("BUS", camera, 10 * number) for number in range(200) for camera in ("quay", "mill")]
    >>> reads = columns_of({
    ...     "vrm": [vrm for vrm, _, _ in rows], "camera_id": [camera for _, camera, _ in rows],
    ...     "captured_at": [begin + timedelta(minutes=minute) for _, _, minute in rows],
    ...     "latitude": [51.0] * len(rows), "longitude": [0.5] * len(rows), "probability": [0.99] * len(rows),
    ... })
    >>> def during(name, camera, minute):
    ...     first = begin + timedelta(minutes=minute)
    ...     return Incident(name=name, cameras=frozenset([camera]), begin=first, end=first + timedelta(minutes=20))
    >>> for one in common_to(reads, [during("first", "quay", 0), during("second", "mill", 1440)]):
    ...     print(one.vrm, one.incidents, one.reads, round(one.expected, 2), round(one.score, 1))
    THIEF ('first', 'second') 2 0.12 2.2
    BUS ('first', 'second') 4 1.9 0.2
    """
    present = np.zeros((len(incidents), len(reads.vrms)), bool)
    expected = np.zeros(len(reads.vrms))
    read = np.zeros(len(reads.vrms), np.int64)
    for number, incident in enumerate(incidents):
        here = np.isin(reads.camera, [at for at, one in enumerate(reads.cameras) if one in incident.cameras])
        inside = here & (reads.seconds >= incident.begin.timestamp()) & (reads.seconds < incident.end.timestamp())
        present[number, reads.vehicle[inside]] = True
        read += np.bincount(reads.vehicle[inside], minlength=len(reads.vrms))
        share = inside.sum() / max(1, here.sum())
        usual = np.bincount(reads.vehicle[here], minlength=len(reads.vrms)) + _READS_UNKNOWN
        expected += 1 - np.exp(-share * usual)
    counts = present.sum(axis=0)
    found = [
        Common(
            vrm=reads.vrms[vehicle],
            incidents=tuple(one.name for one, there in zip(incidents, present[:, vehicle], strict=True) if there),
            reads=int(read[vehicle]),
            expected=float(expected[vehicle]),
            score=surprise(int(counts[vehicle]), float(expected[vehicle])),
        )
        for vehicle in np.flatnonzero(counts >= least)
    ]
    return sorted(found, key=lambda one: (-one.score, one.vrm))


def by_count(found: list[Common]) -> list[Common]:
    """Return the baseline's order of the same vehicles: by the plain number of incidents, then of reads."""
    return sorted(found, key=lambda one: (-len(one.incidents), -one.reads, one.vrm))
