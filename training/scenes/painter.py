"""Paints the vehicles of one frame over the empty road: shadows, faces, motion blur, glow of lamps."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from training.scenes.bodies import Body, body_of
from training.scenes.camera import (
    NEAREST,
    Camera,
    Projected,
    face_between,
    over,
    paste,
    projected,
    region_of,
    warped,
)
from training.scenes.ground_truth import Placed, Scene
from training.scenes.surfaces import Texture
from training.scenes.weather import LOOKS, Weather

_LEAST_BLUR_PIXELS = 0.6
_GLOW_PIXELS = 192


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """How a frame is lit: colour multiplier is in the bodies; these are the rest."""

    exposure_seconds: float
    lamps: float
    shadow: float


def light_of(weights: dict[Weather, float]) -> Light:
    """Return the mixture of the looks in a frame."""
    exposure, lamps, shadow = (
        sum(getattr(LOOKS[kind], name) * share for kind, share in weights.items())
        for name in ("exposure_seconds", "lamps", "shadow")
    )
    return Light(exposure_seconds=exposure, lamps=lamps, shadow=shadow)


class Painter:
    """Holds the bodies of a scene, each built when its vehicle first comes, and draws them."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._bodies: dict[tuple[int, Weather], Body] = {}
        self._white, self._red = _glow((1.0, 0.97, 0.9)), _glow((0.16, 0.12, 1.0))
        self._pool = _pool()

    def paint(self, pixels: Pixels, vehicles: list[Placed], weights: dict[Weather, float]) -> None:
        """Draw `vehicles`, the farthest first, on `pixels` in place."""
        light = light_of(weights)
        main = max(weights, key=lambda kind: weights[kind])
        bodies = [self._body(vehicle, main) for vehicle in vehicles]
        for vehicle in vehicles:
            if light.lamps > 0.6 and not vehicle.drive.rear:
                self._light_road(pixels, vehicle, light.lamps)
        for vehicle, body in zip(vehicles, bodies, strict=True):
            self._draw(pixels, vehicle, body, light)
            if light.lamps > 0.05:
                self._shine(pixels, vehicle, body, light.lamps)

    def _body(self, vehicle: Placed, weather: Weather) -> Body:
        key = vehicle.passage, weather
        if key not in self._bodies:
            self._bodies[key] = body_of(vehicle.drive.vehicle, rear=vehicle.drive.rear, light=LOOKS[weather].light)
        return self._bodies[key]

    def _draw(self, pixels: Pixels, vehicle: Placed, body: Body, light: Light) -> None:
        camera, at = self._scene.camera, np.array([vehicle.x, 0.0, vehicle.z])
        shadow = projected(camera, body.shadow.moved(at))
        if shadow is not None:
            _blend(pixels, camera, [shadow], light.shadow * vehicle.presence, (0.0, 0.0))
        faces = [seen for face in body.faces if (seen := projected(camera, face.moved(at))) is not None]
        if faces:
            _blend(pixels, camera, faces, vehicle.presence, self._smear(vehicle, light.exposure_seconds))

    def _smear(self, vehicle: Placed, exposure: float) -> tuple[float, float]:
        """Return how far (x, y in pixels) the end seen moves while the shutter is open."""
        at = max(vehicle.z, NEAREST + 2.0)
        points = np.array([[vehicle.x, 0.5, at], [vehicle.x, 0.5, at + vehicle.speed * exposure]])
        first, last = self._scene.camera.project(points)
        return float(last[0] - first[0]), float(last[1] - first[1])

    def _shine(self, pixels: Pixels, vehicle: Placed, body: Body, strength: float) -> None:
        camera = self._scene.camera
        points = np.array([[vehicle.x + x, y, vehicle.z - 0.05] for x, y in body.lamps])
        depths = camera.seen_from_lens(points)[:, 2]
        for (x, y), depth in zip(camera.project(np.maximum(points, [-99, 0, 0.2])), depths, strict=True):
            if depth < NEAREST + 0.5:
                continue
            metre = camera.focal / depth
            reach = float(np.clip(metre * (0.45 if vehicle.drive.rear else 0.75) + camera.width * 0.008, 3, 300))
            bright = strength * (0.55 if vehicle.drive.rear else 0.95) * vehicle.presence
            _add(pixels, self._red if vehicle.drive.rear else self._white, (float(x), float(y)), reach, bright)

    def _light_road(self, pixels: Pixels, vehicle: Placed, strength: float) -> None:
        """Brighten the road ahead of an approaching vehicle."""
        near, far = max(vehicle.z - 11.0, NEAREST + 1.5), vehicle.z - 0.4
        if far - near < 0.5:
            return
        x, camera = vehicle.x, self._scene.camera
        face = face_between([(x - 2.3, 0.01, far), (x + 2.3, 0.01, far), (x - 2.3, 0.01, near)], self._pool)
        seen = projected(camera, face)
        if seen is None:
            return
        part = region_of([seen.quad], camera.width, camera.height_pixels)
        if part.empty:
            return
        drawn = warped(seen, part.left, part.top, part.right - part.left, part.bottom - part.top)
        under = pixels[part.top : part.bottom, part.left : part.right]
        lit = cv2.convertScaleAbs(cv2.cvtColor(drawn, cv2.COLOR_BGRA2BGR), alpha=strength * vehicle.presence)
        cv2.add(under, cv2.multiply(under, lit, scale=1 / 60), dst=under)


def _blend(pixels: Pixels, camera: Camera, faces: list[Projected], presence: float, smear: tuple[float, float]) -> None:
    """Draw faces over `pixels` as one layer, smeared and with `presence` (0..1) of their opacity."""
    length = float(np.hypot(*smear))
    part = region_of([face.quad for face in faces], camera.width, camera.height_pixels, 2 + int(np.ceil(length)))
    if part.empty:
        return
    layer = np.zeros((part.bottom - part.top, part.right - part.left, 4), np.uint8)
    for face in faces:
        paste(layer, face, part)
    if length >= _LEAST_BLUR_PIXELS:
        layer = np.asarray(cv2.filter2D(layer, -1, _line_kernel(smear)), np.uint8)
    if presence < 0.999:
        layer = np.asarray(cv2.convertScaleAbs(layer, alpha=presence), np.uint8)
    over(pixels[part.top : part.bottom, part.left : part.right], layer)


def _line_kernel(smear: tuple[float, float]) -> NDArray[np.float32]:
    """Return the kernel that averages along `smear`, centred."""
    half = int(np.ceil(max(abs(smear[0]), abs(smear[1])) / 2)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for share in np.linspace(-0.5, 0.5, 4 * half + 1):
        x, y = half + smear[0] * share, half + smear[1] * share
        column, row = int(np.floor(x)), int(np.floor(y))
        u, v = x - column, y - row
        kernel[row, column] += (1 - u) * (1 - v)
        kernel[row, column + 1] += u * (1 - v)
        kernel[row + 1, column] += (1 - u) * v
        kernel[row + 1, column + 1] += u * v
    kept = kernel[np.any(kernel > 0, axis=1)][:, np.any(kernel > 0, axis=0)]
    return np.asarray((kept if min(kept.shape) % 2 and max(kept.shape) % 2 else kernel) / kernel.sum(), np.float32)


def _glow(tint: tuple[float, float, float]) -> Pixels:
    """Return light around a lamp that dies away outwards."""
    y, x = np.mgrid[-1 : 1 : _GLOW_PIXELS * 1j, -1 : 1 : _GLOW_PIXELS * 1j]
    away = np.hypot(x, y)
    light = (
        255 * np.exp(-((away / 0.13) ** 2))
        + 120 * np.exp(-away / 0.16)
        + 26 * np.exp(-np.abs(y) / 0.025) * (np.exp(-np.abs(x) / 0.35))
    )
    light *= np.clip((1 - away) / 0.35, 0, 1)
    return np.asarray(np.clip(light[..., None] * np.asarray(tint), 0, 255), np.uint8)


def _pool() -> Texture:
    """Return the light of a pair of headlamps on the road, brightest close to the vehicle (the top)."""
    y, x = np.mgrid[0:1:96j, -1:1:64j]
    light = 150 * np.exp(-((x / 0.5) ** 2)) * np.exp(-(((y - 0.22) / 0.4) ** 2)) * np.clip((1 - y) / 0.3, 0, 1)
    light *= np.clip(y / 0.06, 0, 1)
    grey = np.clip(light, 0, 255).astype(np.uint8)
    return Texture((np.dstack([grey, grey, grey, grey]),))


def _add(pixels: Pixels, glow: Pixels, at: tuple[float, float], reach: float, bright: float) -> None:
    """Add a glow of radius `reach` pixels around `at`, to the sub-pixel."""
    height, width = pixels.shape[:2]
    corners = np.array([[at[0] - reach, at[1] - reach], [at[0] + reach, at[1] + reach]])
    part = region_of([corners], width, height, 1)
    if part.empty:
        return
    scale = 2 * reach / _GLOW_PIXELS
    matrix = np.array([[scale, 0, corners[0, 0] - part.left], [0, scale, corners[0, 1] - part.top]])
    drawn = cv2.warpAffine(glow, matrix, (part.right - part.left, part.bottom - part.top))
    under = pixels[part.top : part.bottom, part.left : part.right]
    cv2.add(under, cv2.convertScaleAbs(drawn, alpha=bright), dst=under)
