"""Reads as columns: what every analysis works on, in order of time.

Analysis is a stage of its own, because it knows nothing of files: a search gives it the reads of a period as a table
(`columns_of(search.rows(query))`), and whoever decides what may be seen decides it on that query.

On failure: BadInput for a table without the columns that are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.domain.plate import CameraId
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
_EARTH_KM = 6371.0088
"""Mean radius (IUGG)."""
_NEEDED = ("vrm", "camera_id", "captured_at", "latitude", "longitude", "probability")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadColumns:
    """One entry a read, by time. `vehicle` and `camera` are places in `vrms` and `cameras`; `seconds` are from 1970;
    degrees are NaN where unknown; `probability` (0..1) is how likely the plate bears the VRM."""

    vrms: tuple[Vrm, ...]
    cameras: tuple[CameraId, ...]
    vehicle: Whole
    camera: Whole
    seconds: Real
    latitude: Real
    longitude: Real
    probability: Real

    def __len__(self) -> int:
        return len(self.seconds)

    def at(self, rows: NDArray[Any]) -> ReadColumns:
        """Return these rows of it."""
        return ReadColumns(
            vrms=self.vrms,
            cameras=self.cameras,
            vehicle=self.vehicle[rows],
            camera=self.camera[rows],
            seconds=self.seconds[rows],
            latitude=self.latitude[rows],
            longitude=self.longitude[rows],
            probability=self.probability[rows],
        )

    def of(self, vrm: Vrm) -> ReadColumns:
        """Return the reads of one mark."""
        if vrm not in self.vrms:
            return self.at(np.empty(0, np.int64))
        return self.at(np.flatnonzero(self.vehicle == self.vrms.index(vrm)))

    def kilometres(self, one: NDArray[Any], other: NDArray[Any]) -> Real:
        """Return the great-circle distance between the places of rows `one` and `other`, NaN where one is unknown."""
        return kilometres(self.latitude[one], self.longitude[one], self.latitude[other], self.longitude[other])


def columns_of(reads: pa.Table | Mapping[str, Any]) -> ReadColumns:
    """Return a table (or lists by name) with vrm, camera_id, captured_at, latitude, longitude, probability."""
    table = reads if isinstance(reads, pa.Table) else pa.table(dict(reads))
    missing = [name for name in _NEEDED if name not in table.column_names]
    if missing:
        raise BadInput(f"reads to analyse need the columns {', '.join(missing)}")
    table = table.select(_NEEDED).sort_by("captured_at")
    vrms, vehicle = _codes(table["vrm"])
    cameras, camera = _codes(table["camera_id"])
    instants = table["captured_at"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    return ReadColumns(
        vrms=tuple(Vrm(one) for one in vrms),
        cameras=tuple(CameraId(one) for one in cameras),
        vehicle=vehicle,
        camera=camera,
        seconds=instants.to_numpy() / 1e6,
        latitude=_real(table["latitude"]),
        longitude=_real(table["longitude"]),
        probability=_real(table["probability"]),
    )


def kilometres(latitude: Real, longitude: Real, to_latitude: Real, to_longitude: Real) -> Real:
    """Return great-circle distances (haversine)."""
    south, north = np.radians(latitude), np.radians(to_latitude)
    sine = np.sin((north - south) / 2) ** 2
    sine = sine + np.cos(south) * np.cos(north) * np.sin(np.radians(to_longitude - longitude) / 2) ** 2
    return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(np.clip(sine, 0, 1))))


def instant(seconds: float) -> datetime:
    """Return the instant so many seconds from 1970."""
    return datetime.fromtimestamp(round(float(seconds), 6), UTC)


def trips_of(seconds: Real, pause_seconds: float) -> Whole:
    """Return for each of some rising times the number of its trip: a new one begins after every longer pause."""
    return np.cumsum(np.diff(seconds, prepend=seconds[:1]) > pause_seconds).astype(np.int64)


def _codes(column: pa.ChunkedArray) -> tuple[list[str], Whole]:
    encoded = pc.dictionary_encode(pa.concat_arrays([pa.array([], pa.string()), *column.cast(pa.string()).chunks]))
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def _real(column: pa.ChunkedArray) -> Real:
    return np.asarray(pc.fill_null(column.cast(pa.float64()), float("nan")).to_numpy(), dtype=np.float64)
