"""Masks of single characters: the project's own British drawing and open fonts for everything else.

The open fonts are Debian's fonts-dejavu, fonts-liberation and fonts-opendin. A mask is height x width, 0 to 255.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.errors import Unavailable
from training.glyphs import CAR, outlines
from training.pen import Measures

Mask = NDArray[np.uint8]
_FONT_FOLDER = Path("/usr/share/fonts/truetype")
_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Typeface:
    """How characters look. `font` is a file below the font folder, or empty for the British drawing.

    `width` is the width of an H over its height, 0 for the font's own; `embolden` grows strokes by that share of the
    height. `stroke` thins or thickens the British drawing; `reshaped` takes `training/reshaped.py`'s.
    """

    name: str
    font: str = ""
    width: float = 0.0
    embolden: float = 0.0
    stroke: float = 1.0
    reshaped: bool = False


BRITISH = Typeface(name="british")
BRITISH_LIGHT = Typeface(name="british-light", stroke=0.82)
BRITISH_HEAVY = Typeface(name="british-heavy", stroke=1.12)
DIN = Typeface(name="din", font="opendin/OSP-DIN.ttf", width=0.60, embolden=0.02)
DIN_NARROW = Typeface(name="din-narrow", font="opendin/OSP-DIN.ttf", width=0.52, embolden=0.025)
SANS = Typeface(name="sans", font="dejavu/DejaVuSans-Bold.ttf", width=0.60)
SANS_LIGHT = Typeface(name="sans-light", font="dejavu/DejaVuSans.ttf", width=0.60, embolden=0.02)
SANS_CONDENSED = Typeface(name="sans-condensed", font="dejavu/DejaVuSansCondensed-Bold.ttf", width=0.55)
GROTESQUE = Typeface(name="grotesque", font="liberation/LiberationSans-Bold.ttf", width=0.60)
GROTESQUE_NARROW = Typeface(name="grotesque-narrow", font="liberation/LiberationSansNarrow-Bold.ttf", width=0.54)
MONO = Typeface(name="mono", font="dejavu/DejaVuSansMono-Bold.ttf", width=0.58)
FOREIGN = (DIN, DIN, DIN_NARROW, SANS, SANS_LIGHT, SANS_CONDENSED, GROTESQUE, GROTESQUE_NARROW, MONO, BRITISH_LIGHT)


@lru_cache(maxsize=20_000)
def character_mask(typeface: Typeface, character: str, pixels_per_mm: float, measures: Measures = CAR) -> Mask:
    """Return the mask of `character` at the size of `measures`. Raises Unavailable when the font is not installed."""
    if not typeface.font:
        return _drawn(typeface, character, pixels_per_mm, measures)
    return _set(typeface, character, max(6, round(measures.height * pixels_per_mm)))


def _drawn(typeface: Typeface, character: str, pixels_per_mm: float, measures: Measures) -> Mask:
    sized = Measures(height=measures.height, width=measures.width, stroke=measures.stroke * typeface.stroke)
    height = max(2, round(measures.height * pixels_per_mm))
    width = max(1, round(sized.width_of(character) * pixels_per_mm))
    mask = np.zeros((height, width), np.uint8)
    scale = pixels_per_mm * (1 << _SUBPIXEL_BITS)
    for outline in outlines(character, sized, reshaped=typeface.reshaped):
        corners = np.round(outline * scale - (1 << _SUBPIXEL_BITS) / 2).astype(np.int32)
        cv2.fillPoly(mask, [corners], (255,), cv2.LINE_AA, _SUBPIXEL_BITS)
    return mask


@lru_cache(maxsize=64)
def _face(font: str, size: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(str(_FONT_FOLDER / font), size)
    except OSError as missing:
        raise Unavailable(f"font {font} is missing: install fonts-dejavu, fonts-liberation, fonts-opendin") from missing


def _set(typeface: Typeface, character: str, height: int) -> Mask:
    face = _face(typeface.font, 160)
    left, top, right, bottom = face.getbbox("H")
    stretch = typeface.width * (bottom - top) / (right - left) if typeface.width else 1.0
    own = face.getbbox(character)
    # J and Q reach below the line in some fonts, never on a plate: they are pressed to the height of the others.
    image = Image.new("L", (int(own[2] - own[0]) + 2, int(max(bottom, own[3]) - top)), 0)
    ImageDraw.Draw(image).text((1 - own[0], -top), character, font=face, fill=255)
    mask = np.asarray(image)
    if typeface.embolden:
        reach = max(1, round(typeface.embolden * mask.shape[0]))
        mask = cv2.dilate(np.pad(mask, ((0, 0), (reach, reach))), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    size = max(1, round(mask.shape[1] * stretch * height / (bottom - top))), height
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
