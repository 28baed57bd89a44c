"""Put a drawn plate into a picture: in perspective, in the light of its surroundings, in a holder, with blur.

Quads are 4 x 2 float arrays in pixels: top left, top right, bottom right, bottom left as one reads the plate.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from training.plates import RenderedPlate, render_plate

Quad4 = NDArray[np.float32]
_BLACK_INK, _WHITE_GROUND = 21.0, 238.0
_TEXTURE_PIXELS_A_PIXEL = 1.3
_HOLDERS = ((18, 18, 18), (35, 35, 35), (60, 60, 62), (150, 150, 150), (215, 215, 215), (30, 25, 70))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Light:
    """What black ink and white ground look like there: two blue-green-red colours, 0..255."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]


def plate_for(rng: np.random.Generator, width: float, two_line: bool | None = None) -> RenderedPlate:
    """Return a random plate drawn finely enough to be `width` pixels wide in the picture."""
    share = {None: 0.14, True: 1.0, False: 0.0}[two_line]
    millimetres = 520.0 if not two_line else 290.0
    scale = float(np.clip(width * _TEXTURE_PIXELS_A_PIXEL / millimetres, 0.22, 1.6))
    return render_plate(rng, scale, british_share=0.6, two_line_share=share, wear=float(rng.uniform(0.2, 1.3)))


def turned(rng: np.random.Generator, centre: tuple[float, float], width: float, aspect: float, tilt: float) -> Quad4:
    """Return the quad of a plate of that width (pixels) and aspect, seen from a random side; `tilt` 0..1 is how far."""
    yaw, pitch = np.radians(rng.normal(0, 28) * tilt), np.radians(rng.normal(0, 14) * tilt)
    roll = np.radians(rng.normal(0, 14 if rng.random() < 0.25 else 5) * tilt)
    yaw, pitch = float(np.clip(yaw, -1.05, 1.05)), float(np.clip(pitch, -0.6, 0.6))
    half_width, half_height = width / 2, width / aspect / 2
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float64)
    corners *= (half_width, half_height, 1.0)
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    points = corners @ (about_z @ about_x @ about_y).T
    distance = width * float(rng.uniform(2.5, 8.0))
    projected = points[:, :2] * (distance / (distance + points[:, 2:]))
    return np.asarray(projected + np.asarray(centre), np.float32)


def light_of_plate(pixels: Pixels, box: NDArray[np.float32]) -> Light:
    """Return the light on the real plate in `box`."""
    left, top, right, bottom = (round(float(side)) for side in box)
    region = pixels[max(top, 0) : bottom, max(left, 0) : right].reshape(-1, 3).astype(np.float32)
    if len(region) < 8:
        return Light(low=np.full(3, 30, np.float32), high=np.full(3, 190, np.float32))
    low, high = np.percentile(region, 4, axis=0), np.percentile(region, 88, axis=0)
    return Light(low=low.astype(np.float32), high=np.maximum(high, low + 25).astype(np.float32))


def light_nearby(rng: np.random.Generator, pixels: Pixels, quad: Quad4, dark: bool) -> Light:
    """Return a plausible light for a plate at `quad`: brighter than most of its surroundings, in their cast."""
    centre, reach = quad.mean(axis=0), float(np.ptp(quad[:, 0])) + 8
    left, top = (int(max(value, 0)) for value in centre - reach)
    right, bottom = (int(value) for value in centre + reach)
    region = pixels[top:bottom, left:right]
    if region.size == 0:
        region = pixels
    colour = region.reshape(-1, 3).mean(axis=0) + 12.0
    cast = (colour / colour.mean()) ** float(rng.uniform(0.1, 0.7))
    level = float(np.percentile(region, 80))
    bright = float(rng.uniform(110, 255)) if dark else float(np.clip(level * rng.uniform(0.75, 1.7), 95, 252))
    high = np.clip(cast * bright, 60, 255)
    low = high * float(rng.uniform(0.03, 0.35))
    return Light(low=low.astype(np.float32), high=high.astype(np.float32))


def paste(
    rng: np.random.Generator, pixels: Pixels, plate: RenderedPlate, quad: Quad4, light: Light, holder: bool
) -> None:
    """Draw `plate` at `quad` into `pixels`, in place; with `holder`, in a frame that stands over the quad a little."""
    drawing, corners = plate.pixels, _corners_of(plate.pixels)
    if holder:
        drawing, corners = _held(rng, drawing, corners)
    texture = drawing.astype(np.float32)
    texture = light.low + (texture - _BLACK_INK) / (_WHITE_GROUND - _BLACK_INK) * (light.high - light.low)
    texture *= _sheen(rng, texture.shape[0], texture.shape[1])
    matrix = cv2.getPerspectiveTransform(corners, quad)
    outline = cv2.perspectiveTransform(_corners_of(texture)[None], matrix)[0]
    margin = 6
    left, top = (int(value) for value in np.maximum(np.floor(outline.min(axis=0)) - margin, 0))
    right = int(min(np.ceil(outline[:, 0].max()) + margin, pixels.shape[1]))
    bottom = int(min(np.ceil(outline[:, 1].max()) + margin, pixels.shape[0]))
    if right - left < 4 or bottom - top < 4:
        return
    shifted = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]], np.float64) @ matrix
    size = (right - left, bottom - top)
    drawn = cv2.warpPerspective(texture, shifted, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(np.ones(texture.shape[:2], np.float32), shifted, size, flags=cv2.INTER_LINEAR)
    drawn, cover = _blurred(
        rng, np.asarray(drawn, np.float32), np.asarray(cover, np.float32), float(np.ptp(quad[:, 0]))
    )
    region = pixels[top:bottom, left:right]
    mixed = region * (1 - cover[..., None]) + drawn * cover[..., None]
    pixels[top:bottom, left:right] = np.clip(mixed, 0, 255).astype(np.uint8)


def _corners_of(texture: NDArray[np.generic]) -> Quad4:
    height, width = texture.shape[:2]
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)


def _held(rng: np.random.Generator, texture: Pixels, corners: Quad4) -> tuple[Pixels, Quad4]:
    height = texture.shape[0]
    side = max(1, round(height * float(rng.uniform(0.03, 0.09))))
    foot = side if rng.random() < 0.5 else round(height * float(rng.uniform(0.1, 0.2)))
    colour = _HOLDERS[int(rng.integers(0, len(_HOLDERS)))]
    held = cv2.copyMakeBorder(texture, side, foot, side, side, cv2.BORDER_CONSTANT, value=colour)
    if foot > side and height > 24:
        words = "".join(chr(int(code)) for code in rng.integers(65, 91, int(rng.integers(6, 16))))
        ink = (210, 210, 210) if sum(colour) < 300 else (40, 40, 40)
        at = (round(held.shape[1] * float(rng.uniform(0.1, 0.4))), held.shape[0] - max(1, foot // 5))
        cv2.putText(held, words, at, cv2.FONT_HERSHEY_SIMPLEX, foot / 34, ink, 1, cv2.LINE_AA)
    return np.asarray(held, np.uint8), corners + np.float32(side)


def _sheen(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """A slow change of brightness over the plate, as sun and shade give."""
    depth = float(abs(rng.normal(0, 0.18)))
    across = np.linspace(-0.5, 0.5, width, dtype=np.float32) * np.float32(rng.uniform(-1, 1))
    down = np.linspace(-0.5, 0.5, height, dtype=np.float32) * np.float32(rng.uniform(-1, 1))
    factor = 1 - depth * (down[:, None] + across[None, :] + 0.5)
    if rng.random() < 0.12:
        edge = int(rng.integers(0, max(1, height)))
        factor[:edge] *= float(rng.uniform(0.35, 0.75))
    return np.asarray(factor[..., None], np.float32)


def _blurred(
    rng: np.random.Generator, drawn: NDArray[np.float32], cover: NDArray[np.float32], width: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    sigma = float(rng.uniform(0.25, 0.9)) + (float(rng.uniform(0, 0.012)) * width if rng.random() < 0.4 else 0.0)
    if rng.random() < 0.15:
        reach = max(2, round(width * float(rng.uniform(0.01, 0.05))))
        kernel = np.zeros((reach, reach), np.float32)
        end = (reach - 1, 0) if rng.random() < 0.5 else (reach - 1, int(rng.integers(0, reach)))
        cv2.line(kernel, (0, 0), end, 1.0)
        kernel /= kernel.sum()
        drawn, cover = (np.asarray(cv2.filter2D(layer, -1, kernel), np.float32) for layer in (drawn, cover))
    drawn, cover = (np.asarray(cv2.GaussianBlur(layer, (0, 0), sigma), np.float32) for layer in (drawn, cover))
    return drawn, cover
