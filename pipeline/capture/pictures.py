"""The two pictures of a capture record: the plate patch and the vehicle overview, as small JPEGs.

Promise: crops are views (whoever keeps one copies it, which few are worth), blue-green-red, never empty. `encode_jpeg`
keeps within `limit_bytes`, losing quality first and size second; the same pixels give the same bytes on the same
machine.

On failure: BadInput for an empty picture, for a box outside the picture, and for a limit no JPEG can keep.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.domain.plate import Box, Picture, Pixels
from pipeline.errors import BadInput

_PATCH_MARGIN = 0.15
"""Border around the plate, in plate heights above and below and as much at the sides: its frame, its flanks."""
_OVERVIEW_PLATE_WIDTHS = 5.0
"""A British plate is 520 mm wide, a car 1.8 m, a lorry 2.5 m: five plate widths hold each of them."""
_OVERVIEW_ASPECT = 3 / 4
_PLATE_AT_HEIGHT = 0.7
"""A plate sits low on its vehicle: 0.7 of the overview lies above it."""
_OVERVIEW_LONG_SIDE_PIXELS = 640
_QUALITIES = (90, 80, 70, 60, 50, 40)
_MOSTLY, _LEAST_STEP = 2, 1.1
"""Patches and overviews of rendered roads grew by 1.19 to 1.5 from 70 to 80."""
_SHRINK = 0.75
_LEAST_SIDE_PIXELS = 8


def patch_of(pixels: Picture, box: Box) -> Picture:
    """Return the plate in `box` with a thin border, clipped to the picture, at full resolution."""
    margin = _PATCH_MARGIN * box.height
    return _crop(pixels, box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin)


def overview_of(pixels: Picture, box: Box) -> Picture:
    """Return the vehicle around the plate in `box`, clipped to the picture, at full resolution."""
    width = _OVERVIEW_PLATE_WIDTHS * max(box.width, box.height)
    height = width * _OVERVIEW_ASPECT
    x, y = box.centre
    return _crop(pixels, x - width / 2, y - _PLATE_AT_HEIGHT * height, width, height)


def shrunk(overview: Pixels) -> Pixels:
    """Return an overview as it is stored: at most 640 pixels long."""
    scale = _OVERVIEW_LONG_SIDE_PIXELS / max(overview.shape[:2])
    return overview if scale >= 1 else _scaled(overview, scale)


def encode_jpeg(pixels: Pixels, limit_bytes: int) -> bytes:
    """Return `pixels` as a JPEG of at most `limit_bytes` bytes, as good as that allows."""
    if pixels.size == 0:
        raise BadInput("an empty picture cannot be encoded")
    picture = pixels
    while True:
        encoded = _best_within(picture, limit_bytes)
        if encoded is not None:
            return encoded
        if max(picture.shape[:2]) * _SHRINK < _LEAST_SIDE_PIXELS:
            raise BadInput(f"no JPEG of this picture fits into {limit_bytes} bytes")
        picture = _scaled(picture, _SHRINK)


def _best_within(picture: Pixels, limit_bytes: int) -> bytes | None:
    """Return `picture` at the best of the qualities that keeps the limit, by halving: a worse one is never larger.

    The one that most overviews of 640 pixels are kept in is tried first, and none where the one below it leaves less
    room than a quality takes more: an encoding takes 2 to 3 ms.
    """
    best, better, worse, middle = None, 0, len(_QUALITIES), _MOSTLY
    while better < worse:
        encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITIES[middle]])[1].tobytes()
        if len(encoded) <= limit_bytes:
            best, worse = encoded, middle
            if len(encoded) * _LEAST_STEP > limit_bytes:
                break
        else:
            better = middle + 1
        middle = (better + worse) // 2
    return best


def _crop(pixels: Picture, x: float, y: float, width: float, height: float) -> Picture:
    rows, columns = pixels.shape[:2]
    left, right = max(0, round(x)), min(columns, round(x + width))
    top, bottom = max(0, round(y)), min(rows, round(y + height))
    if left >= right or top >= bottom:
        raise BadInput("the box lies outside the picture")
    return pixels[top:bottom, left:right]


def _scaled(picture: Picture, scale: float) -> Pixels:
    """Return `picture` smaller: halved as often as it goes, then between neighbours, which averages nearly as well.

    Averaging parts of pixels takes 3.8 instead of 0.75 ms for an overview.
    """
    rows, columns = picture.shape[:2]
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    pixels = np.asarray(picture, dtype=np.uint8)
    while pixels.shape[1] >= 2 * size[0] and pixels.shape[0] >= 2 * size[1]:
        half = pixels.shape[1] // 2, pixels.shape[0] // 2
        even = pixels[: 2 * half[1], : 2 * half[0]]
        pixels = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
