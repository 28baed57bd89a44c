"""Convoys: vehicles that accompany another one more often than the traffic explains.

On failure: nothing here touches the outside.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from pipeline.analyse.chance import surprise
from pipeline.analyse.columns import ReadColumns, Whole, trips_of
from pipeline.domain.vrm import Vrm

WINDOW_SECONDS = 60.0
PAUSE_MINUTES = 45.0
_CAMERAS_OF_A_TRIP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A vehicle that was with the target on `trips_together` of its `trips`, where `expected` are chance.

    `score` is -log10 of the probability of so many by chance: of a thousand vehicles that were ever near, one scores 3
    by chance, so that 5 and more deserve a look. `reads_together` is the plain count of common reads.
    """

    vrm: Vrm
    trips_together: int
    trips: int
    reads_together: int
    expected: float
    score: float


def convoy(
    reads: ReadColumns,
    target: Vrm,
    *,
    window_seconds: float = WINDOW_SECONDS,
    pause_minutes: float = PAUSE_MINUTES,
) -> list[Companion]:
    """Return who was near `target`, the most surprising first. `reads` are all reads at the target's cameras in the
    period; the longer the period, the better chance is known.

    Definition: a vehicle is with the target on a trip (reads without a pause of `pause_minutes`) when it is read within
    `window_seconds` of it at two cameras of the trip, or at the only one. Vehicles that stay behind each other along a
    road count once a trip, however many cameras the road has: queues and traffic lights make platoons of strangers. By
    chance, a read of the other vehicle at a camera falls into the window with the share of the camera's flow that does;
    a trip's chance is that of its likeliest camera, and the trips' chances add up to the expected number (Poisson).
    Baseline: `by_count`, the plain number of common reads, which finds whoever drives the same road a lot.

    >>> from datetime import UTC, datetime, timedelta
    >>> from pipeline.analyse.columns import columns_of
    >>> begin = datetime(2026, 1, 5, 8, tzinfo=UTC)
    >>> rows = [("TARGET", day * 1440) for day in range(4)] + [("FRIEND", day * 1440 + 0.2) for day in range(4)]
    >>> rows += [("BUS", 10 * number) for number in range(576)]
    >>> reads = columns_of({
    ...     "vrm": [vrm for vrm, _ in rows], "camera_id": ["quay"] * len(rows),
    ...     "captured_at": [begin + timedelta(minutes=minute) for _, minute in rows],
    ...     "latitude": [51.0] * len(rows), "longitude": [0.5] * len(rows), "probability": [0.99] * len(rows),
    ... })
    >>> for one in convoy(reads, "TARGET"):
    ...     print(one.vrm, one.trips_together, one.reads_together, round(one.expected, 2), round(one.score, 1))
    FRIEND 4 4 0.05 6.4
    BUS 4 4 3.45 0.3
    """
    if target not in reads.vrms:
        return []
    chased = reads.vrms.index(target)
    mine = np.flatnonzero(reads.vehicle == chased)
    trip_of = trips_of(reads.seconds[mine], pause_minutes * 60)
    near, share = _near(reads, mine, window_seconds)
    together: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for at, vehicles in enumerate(near):
        for vehicle in vehicles:
            if vehicle != chased:
                together[vehicle][int(trip_of[at])] += 1
    needed = np.minimum(_CAMERAS_OF_A_TRIP, np.bincount(trip_of))
    seen = _reads_by_camera(reads, list(together))
    found = []
    for row, (vehicle, common) in enumerate(together.items()):
        shared = sum(count >= needed[trip] for trip, count in common.items())
        # what is expected of every trip, of its likeliest camera
        by_trip = np.zeros(len(needed))
        np.maximum.at(by_trip, trip_of, seen[row, reads.camera[mine]] * share)
        expected = float((1 - np.exp(-by_trip)).sum())
        found.append(
            Companion(
                vrm=reads.vrms[vehicle],
                trips_together=int(shared),
                trips=len(needed),
                reads_together=sum(common.values()),
                expected=expected,
                score=surprise(int(shared), expected),
            )
        )
    return sorted(found, key=lambda one: (-one.score, one.vrm))


def by_count(companions: list[Companion]) -> list[Companion]:
    """Return the baseline's order of the same vehicles: by the plain number of common reads."""
    return sorted(companions, key=lambda one: (-one.reads_together, one.vrm))


def _near(reads: ReadColumns, mine: Whole, window_seconds: float) -> tuple[list[list[int]], np.ndarray]:
    """Return for each read of the target who was near, and the share of the camera's other reads that was."""
    near: list[list[int]] = [[] for _ in mine]
    share = np.zeros(len(mine))
    for camera in np.unique(reads.camera[mine]):
        here = np.flatnonzero(reads.camera == camera)
        times = reads.seconds[here]
        own = reads.camera[mine] == camera
        others = max(1, len(here) - int(own.sum()))
        for at in np.flatnonzero(own):
            time = reads.seconds[mine[at]]
            first, last = np.searchsorted(times, [time - window_seconds, time + window_seconds + 1e-6])
            vehicles = reads.vehicle[here[first:last]]
            near[at] = np.unique(vehicles).tolist()
            share[at] = max(0, int((vehicles != reads.vehicle[mine[at]]).sum())) / others
    return near, share


def _reads_by_camera(reads: ReadColumns, vehicles: list[int]) -> np.ndarray:
    """Return how often each of `vehicles` was read by each camera."""
    row_of = np.full(len(reads.vrms), -1)
    row_of[vehicles] = np.arange(len(vehicles))
    rows = row_of[reads.vehicle]
    counts = np.zeros((len(vehicles), len(reads.cameras)))
    np.add.at(counts, (rows[rows >= 0], reads.camera[rows >= 0]), 1)
    return counts
