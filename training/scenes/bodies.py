"""Bodies: the flat faces that the picture of a vehicle is put together from.

A body is built for one end: `rear` is what the camera sees. The end that the camera sees stands at z = 0 of the body,
the rest stretches ahead of it. The plate is part of the end's texture, so it shrinks and blurs as everything else does.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from training.scenes import bodywork, heavy
from training.scenes.bodywork import Shape
from training.scenes.camera import Face, face_between
from training.scenes.surfaces import Colour, Panel, Texture, texture_of
from training.scenes.vehicles import SHAPES, Build, PlateMount, Vehicle, mount_of, plate_of

_PLATE_PIXELS_PER_MM = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """The faces in the order to draw them, and what light and shadow need to know; lamps are (x, y) in metres."""

    faces: tuple[Face, ...]
    shadow: Face
    plate: PlateMount | None
    lamps: tuple[tuple[float, float], ...]
    width: float
    length: float
    height: float


def body_of(vehicle: Vehicle, *, rear: bool, light: Colour) -> Body:
    """Return the vehicle's body as seen from ahead or behind, lit by `light`. Raises BadInput for what is no VRM."""
    rng = np.random.default_rng(vehicle.style)
    if vehicle.build is Build.MOTORCYCLE:
        return _motorcycle(rng, vehicle, rear, light)
    if vehicle.build is Build.LORRY:
        return _lorry(rng, vehicle, rear, light)
    return _car(rng, vehicle, SHAPES[vehicle.build], rear, light)


def _fit_plate(panel: Panel, vehicle: Vehicle, rear: bool) -> PlateMount | None:
    plate, mount = plate_of(vehicle, rear, _PLATE_PIXELS_PER_MM), mount_of(vehicle, rear)
    if plate is None or mount is None:
        return None
    left, low = panel.width / 2 - mount.width / 2, mount.level - mount.height / 2
    panel.box(left - 0.006, low - 0.006, left + mount.width + 0.006, low + mount.height + 0.006, (25, 25, 25))
    dulled = cv2.convertScaleAbs(plate.pixels, alpha=0.9, beta=8)
    panel.picture(np.asarray(dulled, np.uint8), left, low, mount.width, mount.height, shine=0.85)
    return mount


def _car(rng: np.random.Generator, vehicle: Vehicle, shape: Shape, rear: bool, light: Colour) -> Body:
    paint, half = vehicle.paint, shape.width / 2
    end = bodywork.tail_panel(rng, shape, paint) if rear else bodywork.nose_panel(rng, shape, paint)
    mount = _fit_plate(end, vehicle, rear)
    near_width = shape.width - 0.26
    side = bodywork.side_panel(shape, paint).texture(light, 0.78)
    window = bodywork.window_panel(shape, paint).texture(light, 0.82)
    roof_half, length = shape.roof_width / 2, shape.length
    screen_far = (0.0 if shape.boxy else shape.tail_screen) if rear else shape.bonnet + shape.screen
    screen_near = 0.06 if rear else shape.bonnet
    glass_from = 0.05 if rear else shape.bonnet
    glass_to = length - shape.bonnet if rear else length - 0.05
    faces = [
        face_between(
            [
                (-roof_half, shape.roof, screen_far + bodywork.roof_length(shape)),
                (roof_half, shape.roof, screen_far + bodywork.roof_length(shape)),
                (-roof_half, shape.roof, screen_far),
            ],
            bodywork.roof_panel(shape, paint).texture(light, 1.05),
            one_sided=False,
        )
    ]
    faces += _both_sides(window, (roof_half, shape.roof), (half - 0.04, shape.scuttle), glass_from, glass_to, rear)
    if not (rear and shape.boxy):
        glass = bodywork.screen_panel(rng, shape, paint, near_width, occupied=not rear).texture(light, 0.95)
        faces.append(
            face_between(
                [
                    (-near_width / 2, shape.roof, screen_far),
                    (near_width / 2, shape.roof, screen_far),
                    (-near_width / 2, shape.scuttle, screen_near),
                ],
                glass,
            )
        )
    faces += _both_sides(side, (half - 0.02, shape.scuttle), (half - 0.02, 0.0), 0.03, length, rear)
    if not rear:
        bonnet = bodywork.bonnet_panel(shape, paint, near_width).texture(light, 1.04)
        faces.append(
            face_between(
                [(-half, shape.scuttle, shape.bonnet), (half, shape.scuttle, shape.bonnet), (-half, shape.nose, 0.0)],
                bonnet,
            )
        )
        faces += _mirrors(shape, paint, light)
    top = shape.tail if rear else shape.nose
    faces.append(face_between([(-half, top, 0), (half, top, 0), (-half, 0, 0)], end.texture(light, 0.93)))
    lamp = (top - 0.25, 0.62) if shape.boxy and rear else (top - 0.16, half - 0.2)
    return Body(
        faces=tuple(faces),
        shadow=_shadow(shape.width, length),
        plate=mount,
        lamps=((-lamp[1], lamp[0]), (lamp[1], lamp[0])),
        width=shape.width,
        length=length,
        height=shape.roof,
    )


def _mirrors(shape: Shape, paint: Colour, light: Colour) -> list[Face]:
    panel = Panel(0.2, 0.14, 150.0)
    panel.box(0.0, 0.0, 0.2, 0.14, bodywork.times(paint, 0.85), round_by=0.05)
    texture, low, s = panel.texture(light, 0.9), shape.scuttle - 0.03, shape.bonnet + 0.25
    return [
        face_between([(x, low + 0.14, s), (x + 0.2, low + 0.14, s), (x, low, s)], texture)
        for x in (-shape.width / 2 - 0.13, shape.width / 2 - 0.07)
    ]


def _both_sides(
    texture: Texture, top: tuple[float, float], low: tuple[float, float], start: float, end: float, rear: bool
) -> list[Face]:
    """Return the right and the left side; `texture` has the vehicle's front at its left."""
    flipped = Texture(tuple(np.ascontiguousarray(level[:, ::-1]) for level in texture.levels))
    right, left = (flipped, texture) if rear else (texture, flipped)
    return [
        face_between([(top[0], top[1], start), (top[0], top[1], end), (low[0], low[1], start)], right),
        face_between([(-top[0], top[1], end), (-top[0], top[1], start), (-low[0], low[1], end)], left),
    ]


def _lorry(rng: np.random.Generator, vehicle: Vehicle, rear: bool, light: Colour) -> Body:
    width, length, half = heavy.LORRY_WIDTH, heavy.LORRY_LENGTH, heavy.LORRY_WIDTH / 2
    box_paint: Colour = (205, 208, 208)
    end = heavy.doors_panel(rng, box_paint) if rear else heavy.cab_panel(rng, vehicle.paint)
    mount = _fit_plate(end, vehicle, rear)
    side = heavy.box_side_panel(vehicle.paint).texture(light, 0.8)
    faces = []
    if not rear:
        low, s = heavy.CAB_HEIGHT - 0.4, heavy.CAB_LENGTH
        bulkhead = heavy.bulkhead_panel(box_paint).texture(light, 0.9)
        top = heavy.BOX_HEIGHT
        faces.append(face_between([(-half, top, s), (half, top, s), (-half, low, s)], bulkhead))
    faces += _both_sides(side, (half - 0.02, heavy.BOX_HEIGHT), (half - 0.02, 0.0), 0.02, length, rear)
    top = heavy.BOX_HEIGHT if rear else heavy.CAB_HEIGHT
    faces.append(face_between([(-half, top, 0), (half, top, 0), (-half, 0, 0)], end.texture(light, 0.93)))
    lamp = (0.63, half - 0.28) if rear else (0.6, half - 0.25)
    return Body(
        faces=tuple(faces),
        shadow=_shadow(width, length),
        plate=mount,
        lamps=((-lamp[1], lamp[0]), (lamp[1], lamp[0])),
        width=width,
        length=length,
        height=heavy.BOX_HEIGHT,
    )


def _motorcycle(rng: np.random.Generator, vehicle: Vehicle, rear: bool, light: Colour) -> Body:
    end = heavy.bike_panel(rng, vehicle.paint, rear)
    mount = _fit_plate(end, vehicle, rear)
    half, top = heavy.BIKE_WIDTH / 2, heavy.BIKE_HEIGHT
    face = face_between([(-half, top, 0), (half, top, 0), (-half, 0, 0)], end.texture(light, 0.95))
    return Body(
        faces=(face,),
        shadow=_shadow(0.7, 1.9),
        plate=mount,
        lamps=((0.0, 0.83),),
        width=heavy.BIKE_WIDTH,
        length=2.0,
        height=top,
    )


def _shadow(width: float, length: float) -> Face:
    """Return the soft shadow under and beside the vehicle."""
    cover = np.zeros((96, 64), np.uint8)
    cover[12:84, 12:52] = 175
    cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), 4.0), np.uint8)
    texture = texture_of(np.zeros((96, 64, 3), np.uint8), cover)
    wide, long = width * 64 / 40 / 2, length * 96 / 72 / 2
    right, far, near = wide + 0.12, length / 2 + long, length / 2 - long
    return face_between([(-right + 0.24, 0.01, far), (right, 0.01, far), (-right + 0.24, 0.01, near)], texture)
