"""Traffic made up vehicle by vehicle, with cases planted in it: what the analyses are scored on.

A grid of main roads, a camera at every junction and six kilometres to the next. Vehicles drive routes of junctions at
their own speed, and traffic lights let them go in groups, so that strangers drive behind each other. Commuters drive
the same route every working day at their own hour, and back, most of them one of a few that everybody drives; others
drive now and then; taxis all day. Nobody is in two places at once but for the clones. One in twelve passages is not
read, a read is wrong as often as its probability says; one vehicle in ten has a look-alike on the road, whose mark
half of its misreads are. Planted: convoys (a companion on some of the target's trips, 5 to 40 seconds behind), clones
(a mark on a second vehicle across the town), vehicles at several incidents, and cameras that fall silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.marks import Letters, marks_of, misread
from pipeline.analyse.incidents import Incident
from pipeline.domain.plate import CameraId
from pipeline.domain.vrm import Vrm

BEGIN = datetime(2026, 2, 2, tzinfo=UTC)
_SPACING_KM = 6.0
_KM_A_DEGREE = 111.2
_LIGHTS_SECONDS = 75.0
_POPULAR_ROUTES = 12
_BETWEEN_TRIPS_SECONDS = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much traffic. `side` is the number of junctions along each side of the grid."""

    days: int
    vehicles: int
    side: int
    convoys: int
    clones: int
    incident_series: int
    silences: int


SMALL = Size(days=7, vehicles=7000, side=3, convoys=8, clones=6, incident_series=4, silences=2)
LARGE = Size(days=21, vehicles=20000, side=4, convoys=30, clones=30, incident_series=15, silences=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The reads as a search returns them, and what was planted."""

    reads: pa.Table
    begin: datetime
    end: datetime
    convoys: dict[Vrm, frozenset[Vrm]]
    """Targets and who was in their convoy; a target may have had nobody."""
    clones: frozenset[Vrm]
    series: tuple[tuple[tuple[Incident, ...], Vrm], ...]
    """Incidents that belong together, and the vehicle that was at all of them."""
    silences: tuple[tuple[CameraId, datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class _Trip:
    vehicle: int
    route: Any
    start: float
    pace: float
    """Seconds from one junction to the next."""
    stops: bool = True
    """Whether traffic lights hold it up; who follows somebody goes when he goes."""
    planted: bool = False
    body: int = 0
    """1 for the second vehicle of a cloned mark."""

    @property
    def end(self) -> float:
        return self.start + len(self.route) * (self.pace + (_LIGHTS_SECONDS if self.stops else 0.0))


def traffic(size: Size, seed: int) -> Traffic:
    """Return the same traffic for the same seed."""
    draw = np.random.default_rng(seed)
    trips = list(_ordinary(size, draw))
    convoys = _plant_convoys(size, draw, trips)
    cloned = _plant_clones(size, draw, trips)
    series = _plant_series(size, draw, trips)
    vehicle, camera, seconds = _passages(_possible(trips), draw)
    seen = draw.random(len(vehicle)) > 1 / 12
    silences = []
    for at in draw.choice(size.side**2, size.silences, replace=False):
        first = (1 + draw.integers(0, size.days - 2)) * 86400 + draw.uniform(7, 16) * 3600
        last = first + draw.uniform(1.0, 4.0) * 3600
        seen &= ~((camera == at) & (seconds > first) & (seconds < last))
        silences.append((_camera(int(at)), _at(first), _at(last)))
    return Traffic(
        reads=_reads(vehicle[seen], camera[seen], seconds[seen], size, draw),
        begin=BEGIN,
        end=BEGIN + timedelta(days=size.days),
        convoys={_vrm(one): frozenset(_vrm(other) for other in others) for one, others in convoys.items()},
        clones=frozenset(_vrm(one) for one in cloned),
        series=tuple((incidents, _vrm(one)) for incidents, one in series),
        silences=tuple(silences),
    )


def _ordinary(size: Size, draw: np.random.Generator) -> Iterator[_Trip]:
    popular = [_route(size, draw) for _ in range(_POPULAR_ROUTES)]
    for vehicle in range(size.vehicles):
        pace = float(draw.uniform(300, 480))
        kind = draw.random()
        if kind < 0.5:
            route = popular[draw.integers(0, _POPULAR_ROUTES)] if draw.random() < 0.7 else _route(size, draw)
            hour = draw.normal(8.0, 0.7)
            for day in range(size.days):
                if day % 7 < 5 and draw.random() < 0.92:
                    yield _Trip(vehicle, route, day * 86400 + hour * 3600 + draw.normal(0, 300), pace)
                    back = day * 86400 + (hour + 9) * 3600 + draw.normal(0, 900)
                    yield _Trip(vehicle, route[::-1], back, pace)
        else:
            often = 8.0 if kind > 0.97 else 0.4
            for _ in range(draw.poisson(often * size.days)):
                start = draw.integers(0, size.days) * 86400 + draw.uniform(6, 23) * 3600
                yield _Trip(vehicle, _route(size, draw), float(start), pace)


def _plant_convoys(size: Size, draw: np.random.Generator, trips: list[_Trip]) -> dict[int, list[int]]:
    """Let vehicles follow others on some trips; add as many targets whom nobody follows."""
    by_vehicle: dict[int, list[int]] = {}
    for at, trip in enumerate(trips):
        by_vehicle.setdefault(trip.vehicle, []).append(at)
    able = [vehicle for vehicle, mine in by_vehicle.items() if len(mine) >= 6]
    targets = [int(one) for one in draw.choice(able, 2 * size.convoys, replace=False)]
    convoys: dict[int, list[int]] = {one: [] for one in targets}
    for target in targets[: size.convoys]:
        for _ in range(int(draw.integers(1, 3))):
            companion = int(draw.integers(0, size.vehicles))
            if companion in targets:
                continue
            convoys[target].append(companion)
            shared = draw.choice(by_vehicle[target], int(draw.integers(3, 6)), replace=False)
            for at in shared:
                led = trips[at]
                behind = float(draw.uniform(5, 40))
                # both go at the lights together, so the leader's trip is held up nowhere
                trips[at] = replace(led, stops=False, planted=True)
                trips.append(replace(trips[at], vehicle=companion, start=led.start + behind))
    return convoys


def _plant_clones(size: Size, draw: np.random.Generator, trips: list[_Trip]) -> list[int]:
    """Give marks of commuters to second vehicles that drive elsewhere at the same hours."""
    regular = np.flatnonzero(np.bincount([trip.vehicle for trip in trips], minlength=size.vehicles) >= 8)
    cloned = [int(one) for one in draw.choice(regular, size.clones, replace=False)]
    for vehicle in cloned:
        mine = [trip for trip in trips if trip.vehicle == vehicle]
        for at in draw.choice(len(mine), int(draw.integers(3, 8)), replace=False):
            far = _route(size, draw)
            start, pace = mine[at].start + draw.uniform(-600, 600), float(draw.uniform(300, 480))
            trips.append(_Trip(vehicle, far, start, pace, planted=True, body=1))
    return cloned


def _plant_series(size: Size, draw: np.random.Generator, trips: list[_Trip]) -> list[tuple[tuple[Incident, ...], int]]:
    """Let a vehicle pass three or four incidents at different places and times."""
    series = []
    for number in range(size.incident_series):
        vehicle = int(draw.integers(0, size.vehicles))
        incidents = []
        for place in range(int(draw.integers(3, 5))):
            route = _route(size, draw)
            start = draw.integers(0, size.days) * 86400 + draw.uniform(9, 22) * 3600
            pace = float(draw.uniform(300, 480))
            trips.append(_Trip(vehicle, route, float(start), pace, planted=True))
            middle = len(route) // 2
            around = {_camera(int(one)) for one in route[max(0, middle - 1) : middle + 2]}
            at = _at(start + middle * pace)
            incidents.append(
                Incident(
                    name=f"{number}-{place}",
                    cameras=frozenset(around),
                    begin=at - timedelta(minutes=15),
                    end=at + timedelta(minutes=15),
                )
            )
        series.append((tuple(incidents), vehicle))
    return series


def _route(size: Size, draw: np.random.Generator) -> Any:
    """Return the junctions from one place to another, first along one street, then along another."""
    x, y, to_x, to_y = draw.integers(0, size.side, 4)
    if abs(to_x - x) + abs(to_y - y) < 2:
        to_x, to_y = (x + size.side // 2) % size.side, (y + size.side // 2) % size.side
    along = np.arange(x, to_x + (1 if to_x >= x else -1), 1 if to_x >= x else -1)
    across = np.arange(y, to_y + (1 if to_y >= y else -1), 1 if to_y >= y else -1)[1:]
    return np.concatenate([along * size.side + y, to_x * size.side + across])


def _possible(trips: list[_Trip]) -> list[_Trip]:
    """Return the trips without those that their vehicle cannot make because it makes another; what is planted stays."""
    kept: list[_Trip] = []
    busy: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for trip in sorted(trips, key=lambda one: not one.planted):
        mine = busy.setdefault((trip.vehicle, trip.body), [])
        first, last = trip.start - _BETWEEN_TRIPS_SECONDS, trip.end + _BETWEEN_TRIPS_SECONDS
        if all(last < begin or end < first for begin, end in mine):
            mine.append((trip.start, trip.end))
            kept.append(trip)
    return kept


def _passages(trips: list[_Trip], draw: np.random.Generator) -> tuple[Any, Any, Any]:
    vehicles, cameras, seconds = [], [], []
    for trip in trips:
        time = trip.start
        held = draw.uniform(0, 12) if trip.stops else 0.0
        for camera in trip.route:
            if trip.stops:
                # all who came during the red go at the green, one after the other
                time = np.ceil(time / _LIGHTS_SECONDS) * _LIGHTS_SECONDS + held
            vehicles.append(trip.vehicle)
            cameras.append(camera)
            seconds.append(time + draw.normal(0, 1.0))
            time += trip.pace
    return np.array(vehicles), np.array(cameras), np.array(seconds)


def _reads(vehicle: Any, camera: Any, seconds: Any, size: Size, draw: np.random.Generator) -> pa.Table:
    doubtful = draw.random(len(vehicle)) < 0.12
    probability = np.where(doubtful, draw.uniform(0.5, 0.98, len(vehicle)), draw.uniform(0.985, 0.9995, len(vehicle)))
    marks = _marks(vehicle)
    wrong = draw.random(len(vehicle)) > probability
    marks[wrong] = np.where(
        (draw.random(int(wrong.sum())) < 0.5)[:, None] & (_twin(vehicle[wrong]) != vehicle[wrong])[:, None],
        _marks(_twin(vehicle[wrong])),
        misread(marks[wrong], draw),
    )
    latitude, longitude = _places(camera, size.side)
    table = pa.table(
        {
            "vrm": [bytes(one).decode() for one in marks],
            "camera_id": [_camera(int(one)) for one in camera],
            "captured_at": pa.array(
                ((BEGIN.timestamp() + seconds) * 1e6).astype(np.int64), pa.timestamp("us", tz="UTC")
            ),
            "latitude": latitude,
            "longitude": longitude,
            "probability": probability,
        }
    )
    return table.sort_by("captured_at")


def _twin(vehicle: Any) -> Any:
    """Return the look-alike of each vehicle, itself where it has none."""
    return np.where(vehicle % 20 == 0, vehicle + 1, np.where(vehicle % 20 == 1, vehicle - 1, vehicle))


def _marks(vehicle: Any) -> Letters:
    """Return marks that differ in one character for twins."""
    marks = marks_of(np.minimum(vehicle, _twin(vehicle)).astype(np.int64))
    second = vehicle % 20 == 1
    marks[second, 5] = np.where(marks[second, 5] == ord("B"), ord("R"), ord("B"))
    return marks


def _places(camera: Any, side: int) -> tuple[Any, Any]:
    latitude = 51.0 + (camera // side) * _SPACING_KM / _KM_A_DEGREE
    return latitude, 0.5 + (camera % side) * _SPACING_KM / (_KM_A_DEGREE * np.cos(np.radians(51.2)))


def _camera(number: int) -> CameraId:
    return CameraId(f"junction-{number:03}")


def _vrm(vehicle: int) -> Vrm:
    return Vrm(bytes(_marks(np.array([vehicle]))[0]).decode())


def _at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=float(seconds))
