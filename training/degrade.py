"""Turns a drawn plate into what a camera makes of it, and a true quad into what a detector makes of it.

All functions take the generator first and give the same picture for the same seed. Pixel sizes are those of the final
picture: `photographed` draws the plate at the size at which a camera would see it, down to characters of 8 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels, Quad
from training import light
from training.codec import as_video
from training.mounting import held, recessed, under_lamps
from training.plates import RenderedPlate
from training.sensor import developed
from training.wear import cloud

Floats = NDArray[np.float32]
Corner = NDArray[np.float64]
_HELD_SHARE, _VIDEO_SHARE = 0.35, 0.06
_LOOSE_SHARE, _FOUR_TO_ONE_SHARE, _ONE_LINE_ASPECT = 0.35, 0.35, 2.4
_CUTTING_ERROR = 0.01
_ONE_LINE_CHARACTER_SHARE, _TWO_LINE_CHARACTER_SHARE = 79 / 111, 79 / 203


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardship:
    """How hard the pictures are. Character heights in pixels; `jitter` is the corners' error in plate heights.

    `recessed` and `under_lamps` are shares; `developed` are pictures whose noise a camera has worked on
    (`training/sensor.py`).
    """

    smallest_character: float = 8.0
    largest_character: float = 46.0
    blur: float = 1.0
    noise: float = 1.0
    light: float = 1.0
    jitter: float = 0.06
    recessed: float = 0.12
    under_lamps: float = 0.06
    developed: bool = False


ORDINARY = Hardship()


def photographed(
    rng: np.random.Generator, plate: RenderedPlate, scene: Pixels | None = None, hardship: Hardship = ORDINARY
) -> tuple[Pixels, Quad]:
    """Return a small picture around `plate` as a camera sees it, and the true quad in it.

    `scene` is what is seen around the plate (any picture, resized); without it a shaded plain colour is.
    """
    low, high = np.log(hardship.smallest_character), np.log(hardship.largest_character)
    character = float(np.exp(rng.uniform(low, high)))
    tall = character / (_TWO_LINE_CHARACTER_SHARE if plate.two_line else _ONE_LINE_CHARACTER_SHARE)
    wide = tall * plate.width_mm / plate.height_mm
    shape = int(tall * 1.9) + 8, int(wide * 1.35) + 8
    corners = _seen_from_aside(rng, wide, tall) + np.array([shape[1] / 2, shape[0] / 2])
    canvas = _surroundings(rng, shape, scene)
    if rng.random() < _HELD_SHARE:
        framed, added = held(rng, plate.pixels, plate.pixels.shape[1] / plate.width_mm)
        canvas = _placed(canvas, framed, _grown(corners, plate.pixels.shape, added), _size(framed, plate.pixels, wide))
    else:
        canvas = _placed(canvas, plate.pixels, corners, _size(plate.pixels, plate.pixels, wide))
    if rng.random() < hardship.recessed:
        canvas = recessed(rng, canvas, corners)
    canvas = lit(rng, canvas, hardship.light)
    if rng.random() < hardship.under_lamps:
        canvas = under_lamps(rng, canvas, corners)
    canvas = blurred(rng, canvas, character, hardship.blur)
    pixels = (developed if hardship.developed else sensed)(rng, canvas, hardship.noise)
    return pixels, _quad(corners)


def _size(framed: Pixels, plate: Pixels, wide: float) -> tuple[int, int]:
    """Return the size in the picture of `framed`, whose plate is `wide` there."""
    scale = wide / plate.shape[1]
    return max(2, round(framed.shape[1] * scale)), max(2, round(framed.shape[0] * scale))


def _grown(
    corners: NDArray[np.float64], shape: tuple[int, ...], added: tuple[int, int, int, int]
) -> NDArray[np.float64]:
    """Return the corners of the holder around the plate of `shape` at `corners`."""
    high, wide = shape[:2]
    top, bottom, left, right = added
    flat = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    around = np.array([[-left, -top], [wide + right, -top], [wide + right, high + bottom], [-left, high + bottom]])
    transform = cv2.getPerspectiveTransform(flat, corners.astype(np.float32))
    return np.asarray(cv2.perspectiveTransform(around[None].astype(np.float32), transform)[0], np.float64)


def jittered(rng: np.random.Generator, quad: Quad, amount: float = ORDINARY.jitter) -> Quad:
    """Return `quad` as a detector may find it: every corner off a little, sometimes only an upright, loose box."""
    corners = np.asarray(quad.corners, np.float64)
    tall = float(np.linalg.norm(corners[3] - corners[0]))
    if rng.random() < 0.25:
        low, high = _cut_out(rng, corners.min(axis=0), corners.max(axis=0))
        corners = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
        amount *= 1.3
    together = rng.normal(0, amount, 2) * tall
    wider = corners.mean(axis=0)
    grown = 1 + rng.normal(0.01, amount * 0.6, 2)
    corners = (corners - wider) * grown + wider + together * [1.2, 0.5]
    return _quad(corners + rng.normal(0, amount * 0.6, (4, 2)) * tall * [1.2, 0.7])


def cut_out_upright(rng: np.random.Generator, quad: Quad) -> Quad:
    """Return the edges of an upright picture that was cut out around `quad` as collections of plates cut it."""
    corners = np.asarray(quad.corners, np.float64)
    low, high = _cut_out(rng, corners.min(axis=0), corners.max(axis=0))
    cut = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
    return _quad(cut + rng.normal(0, _CUTTING_ERROR, (4, 2)) * (high[1] - low[1]))


def _cut_out(rng: np.random.Generator, low: Corner, high: Corner) -> tuple[Corner, Corner]:
    """Return the upright box from `low` to `high` as it is, with some of the vehicle around it, or four to one.

    Collections of plates hold such crops: a slanting plate loses its corners in one of four to one.
    """
    wide, tall = high - low
    chance = rng.random()
    if chance < _LOOSE_SHARE:
        return low - rng.uniform(0, 0.15, 2) * tall, high + rng.uniform(0, 0.15, 2) * tall
    if chance < _LOOSE_SHARE + _FOUR_TO_ONE_SHARE and wide > _ONE_LINE_ASPECT * tall:
        middle, reach = (low + high) / 2, wide * float(rng.uniform(0.97, 1.2)) / 2
        half = np.array([reach, reach / 4])
        return middle - half, middle + half
    return low, high


def _quad(corners: NDArray[np.float64]) -> Quad:
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    return Quad(corners=(a, b, c, d))


def _seen_from_aside(rng: np.random.Generator, wide: float, tall: float) -> NDArray[np.float64]:
    """Return the corners of a plate of that size turned at random in space, around the origin."""
    yaw, pitch = rng.normal(0, 0.35), rng.normal(0, 0.28)
    roll = rng.normal(0, 0.06) if rng.random() < 0.75 else rng.normal(0, 0.16)
    yaw, pitch = float(np.clip(yaw, -1.0, 1.0)), float(np.clip(pitch, -0.7, 0.7))
    flat = np.array([[-wide, -tall, 0], [wide, -tall, 0], [wide, tall, 0], [-wide, tall, 0]]) / 2
    turn_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    turn_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    turn_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    turned = flat @ (turn_z @ turn_y @ turn_x).T
    distance = wide * float(rng.uniform(3, 12))
    return np.asarray(turned[:, :2] * (distance / (distance + turned[:, 2:])))


def _surroundings(rng: np.random.Generator, shape: tuple[int, int], scene: Pixels | None) -> Floats:
    if scene is not None and rng.random() < 0.5:
        return np.asarray(cv2.resize(scene, (shape[1], shape[0]), interpolation=cv2.INTER_AREA), np.float32)
    body = rng.uniform(10, 235) + rng.normal(0, 15, 3)
    shade = 0.6 + 0.8 * cloud(rng, shape, int(rng.integers(1, 6)))[..., None]
    return np.asarray(np.clip(body * shade, 0, 255), np.float32)


def _placed(canvas: Floats, plate: Pixels, corners: NDArray[np.float64], size: tuple[int, int]) -> Floats:
    # The plate is first brought to about its final size, because a warp alone would alias.
    shrunk = cv2.resize(plate, size, interpolation=cv2.INTER_AREA) if size[0] < plate.shape[1] else plate
    high, wide = shrunk.shape[:2]
    edges = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32) - 0.5
    transform = cv2.getPerspectiveTransform(edges, corners.astype(np.float32))
    whole = (canvas.shape[1], canvas.shape[0])
    seen = cv2.warpPerspective(shrunk, transform, whole, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros(canvas.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round(corners * 16).astype(np.int32), (255,), cv2.LINE_AA, 4)
    share = mask[..., None].astype(np.float32) / 255
    return np.asarray(canvas * (1 - share) + seen * share, np.float32)


def lit(rng: np.random.Generator, canvas: Floats, amount: float = 1.0) -> Floats:
    """Return `canvas` under some light: exposure, contrast, colour, shadow, glare, night or infrared, rain."""
    chance = rng.random()
    if chance < 0.07:
        canvas = light.infrared(rng, canvas)
    elif chance < 0.19:
        canvas = light.by_night(rng, canvas)
    elif chance < 0.25:
        canvas = light.without_colour(canvas)
    if rng.random() < 0.7:
        tint = 1 + rng.normal(0, 0.07, 3) * amount
        canvas = canvas * np.asarray(tint, np.float32)
    gain, lift = float(np.exp(rng.normal(0, 0.28 * amount))), float(rng.normal(0, 16 * amount))
    canvas = (canvas - 110) * float(np.exp(rng.normal(-0.12, 0.3 * amount))) + 110 * gain + lift
    if rng.random() < 0.22:
        canvas = light.shadowed(rng, canvas)
    if rng.random() < 0.12:
        canvas = light.glared(rng, canvas)
    if rng.random() < 0.05:
        canvas = light.rained_on(rng, canvas)
    return np.asarray(np.clip(canvas, 0, 255), np.float32)


def blurred(rng: np.random.Generator, canvas: Floats, character_height: float, amount: float = 1.0) -> Floats:
    """Return `canvas` out of focus and moved, in proportion to the height of its characters in pixels."""
    if rng.random() < 0.65:
        canvas = unfocused(rng, canvas, character_height, amount)
    return moved(rng, canvas, character_height, amount) if rng.random() < 0.25 else canvas


def unfocused(rng: np.random.Generator, canvas: Floats, character_height: float, amount: float = 1.0) -> Floats:
    sigma = abs(float(rng.normal(0, 0.055 * amount))) * character_height + float(rng.uniform(0, 0.5))
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), min(sigma, 6.0)), np.float32) if sigma > 0.25 else canvas


def moved(rng: np.random.Generator, canvas: Floats, character_height: float, amount: float = 1.0) -> Floats:
    """Return `canvas` smeared along a line, mostly a level one, as vehicles move."""
    length = min(int(abs(rng.normal(0, 0.16 * amount)) * character_height) + 2, 19)
    angle = float(rng.normal(0, 0.35)) if rng.random() < 0.7 else float(rng.uniform(0, np.pi))
    kernel = np.zeros((length, length), np.float32)
    reach = np.array([np.cos(angle), np.sin(angle)]) * (length - 1) / 2
    start, end = (np.round((length - 1) / 2 + sign * reach).astype(int).tolist() for sign in (-1, 1))
    cv2.line(kernel, start, end, (1.0,), 1)
    return np.asarray(cv2.filter2D(canvas, -1, kernel / max(float(kernel.sum()), 1.0)), np.float32)


def sensed(rng: np.random.Generator, canvas: Floats, amount: float = 1.0) -> Pixels:
    """Return `canvas` as 8 bit with the sensor's noise, a camera's sharpening and JPEG's blocks or H.264's."""
    if rng.random() < 0.6:
        canvas = grainy(rng, canvas, amount)
    if rng.random() < 0.15:
        canvas = canvas + (canvas - cv2.GaussianBlur(canvas, (0, 0), 1.2)) * float(rng.uniform(0.4, 1.6))
    pixels = np.clip(canvas, 0, 255).astype(np.uint8)
    if rng.random() < _VIDEO_SHARE:
        return as_video(rng, pixels)
    return as_jpeg(rng, pixels) if rng.random() < 0.5 else pixels


def grainy(rng: np.random.Generator, canvas: Floats, amount: float = 1.0) -> Floats:
    """Return `canvas` with the noise of a sensor, in half of all cases coloured."""
    grain = rng.standard_normal(canvas.shape[:2], np.float32)[..., None]
    canvas = canvas + grain * abs(float(rng.normal(0, 7 * amount)))
    if rng.random() < 0.5:
        canvas = canvas + rng.standard_normal(canvas.shape, np.float32) * abs(float(rng.normal(0, 5 * amount)))
    return canvas


def as_jpeg(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Return what JPEG at some quality leaves of `pixels`."""
    _, coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(18, 92))])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
