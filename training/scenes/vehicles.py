"""Vehicles: what one is, what it measures, and where its plate is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.vrm import Vrm
from training.plates import RenderedPlate, draw_british_plate
from training.scenes import bodywork, heavy
from training.scenes.surfaces import Colour

_PAINTS: tuple[tuple[str, Colour], ...] = (
    ("white", (222, 222, 220)),
    ("black", (38, 36, 36)),
    ("silver", (168, 166, 162)),
    ("grey", (96, 92, 90)),
    ("blue", (130, 70, 32)),
    ("red", (40, 32, 150)),
    ("green", (62, 78, 40)),
    ("silver", (190, 186, 178)),
    ("blue", (90, 46, 24)),
    ("white", (205, 212, 214)),
    ("orange", (58, 120, 190)),
    ("green", (120, 124, 96)),
)


class Build(StrEnum):
    """The kinds of vehicle drawn."""

    HATCHBACK = "hatchback"
    SALOON = "saloon"
    TALL = "tall"
    VAN = "van"
    LORRY = "lorry"
    MOTORCYCLE = "motorcycle"


SHAPES = {
    Build.HATCHBACK: bodywork.HATCHBACK,
    Build.SALOON: bodywork.SALOON,
    Build.TALL: bodywork.TALL,
    Build.VAN: bodywork.VAN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """One vehicle; `vrm` is None where it bears no plate. `style` seeds what else differs between two of a kind."""

    build: Build
    paint: Colour
    vrm: Vrm | None
    style: int
    two_line: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateMount:
    """Where the plate is on the end of the vehicle: `level` is the height of its middle, all in metres."""

    level: float
    width: float
    height: float
    character: float

    def corners(self) -> NDArray[np.float64]:
        """Return the corners relative to the body, as one reads the plate, from the top left on."""
        half, low, high = self.width / 2, self.level - self.height / 2, self.level + self.height / 2
        return np.array([[-half, high, 0.0], [half, high, 0.0], [half, low, 0.0], [-half, low, 0.0]])


def random_vehicle(rng: np.random.Generator, vrm: Vrm | None, build: Build | None = None) -> Vehicle:
    """Return a vehicle with random paint, of a random kind in about the proportions of the road."""
    kinds = (Build.HATCHBACK, Build.SALOON, Build.TALL, Build.VAN, Build.LORRY)
    chosen = build or kinds[int(rng.choice(len(kinds), p=[0.36, 0.22, 0.22, 0.13, 0.07]))]
    paint = _PAINTS[int(rng.integers(0, len(_PAINTS)))][1]
    return Vehicle(
        build=chosen, paint=paint, vrm=vrm, style=int(rng.integers(0, 2**31)), two_line=chosen is Build.MOTORCYCLE
    )


def colour_of(vehicle: Vehicle) -> str:
    """Return the plain name of the vehicle's paint, or nothing for a paint that has none."""
    return next((name for name, paint in _PAINTS if paint == vehicle.paint), "")


def bears_plate(vehicle: Vehicle, rear: bool) -> bool:
    """Tell whether the end seen has a plate: motorcycles have none in front."""
    return vehicle.vrm is not None and (rear or vehicle.build is not Build.MOTORCYCLE)


def mount_of(vehicle: Vehicle, rear: bool) -> PlateMount | None:
    """Return where the plate is on the end seen, or None where there is none. Draws no vehicle."""
    plate = plate_of(vehicle, rear, 0.1)
    if plate is None:
        return None
    if vehicle.build is Build.MOTORCYCLE:
        level = heavy.BIKE_PLATE
    elif vehicle.build is Build.LORRY:
        level = heavy.LORRY_REAR_PLATE if rear else heavy.LORRY_FRONT_PLATE
    else:
        level = bodywork.plate_level(SHAPES[vehicle.build], rear)
    character = 0.064 if vehicle.build is Build.MOTORCYCLE else 0.079
    return PlateMount(level=level, width=plate.width_mm / 1000, height=plate.height_mm / 1000, character=character)


def extent_of(vehicle: Vehicle) -> tuple[float, float, float]:
    """Return width, length and height in metres."""
    if vehicle.build is Build.MOTORCYCLE:
        return heavy.BIKE_WIDTH, 2.0, heavy.BIKE_HEIGHT
    if vehicle.build is Build.LORRY:
        return heavy.LORRY_WIDTH, heavy.LORRY_LENGTH, heavy.BOX_HEIGHT
    shape = SHAPES[vehicle.build]
    return shape.width, shape.length, shape.roof


def plate_of(vehicle: Vehicle, rear: bool, pixels_per_mm: float) -> RenderedPlate | None:
    if vehicle.vrm is None or not bears_plate(vehicle, rear):
        return None
    motorcycle = vehicle.build is Build.MOTORCYCLE
    return draw_british_plate(
        vehicle.vrm, rear=rear, two_line=vehicle.two_line, pixels_per_mm=pixels_per_mm, motorcycle=motorcycle
    )
