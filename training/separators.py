"""What stands between the groups of a mark: a dash, a dot, stickers or a coat of arms."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from training.styles import WHITE, Colour, PlateStyle


def draw_separator(canvas: NDArray[np.uint8], style: PlateStyle, at: tuple[float, int], pixels_per_mm: float) -> None:
    """Draw the separator of `style`: `-`, `.`, `o` (a sticker), `8` (two), `c` (a crest); a space draws nothing."""
    x, y = round(at[0]), round(at[1] + style.measures.height * pixels_per_mm / 2)
    if style.separator == "-":
        reach, half = round(8 * pixels_per_mm), max(1, round(4 * pixels_per_mm))
        cv2.rectangle(canvas, (x - reach, y - half), (x + reach, y + half), style.ink, -1)
    elif style.separator == ".":
        cv2.circle(canvas, (x, y), round(5 * pixels_per_mm), style.ink, -1)
    elif style.separator == "c":
        _draw_crest(canvas, (x, y), pixels_per_mm)
    elif style.separator == "o":
        _draw_sticker(canvas, (x, y), 17 * pixels_per_mm, style.sticker)
    elif style.separator == "8":
        # A registration and an inspection sticker, one above the other, which look much like an 8.
        for place in (-20, 20):
            _draw_sticker(canvas, (x, y + round(place * pixels_per_mm)), 16 * pixels_per_mm, style.sticker)


def _draw_crest(canvas: NDArray[np.uint8], at: tuple[int, int], pixels_per_mm: float) -> None:
    """Draw a coat of arms as Slovak plates bear it: a red shield, a white double cross, blue hills."""
    x, y = at
    wide, tall = 17 * pixels_per_mm, 21 * pixels_per_mm
    shield = [(-wide, -tall), (wide, -tall), (wide, tall * 0.3), (0, tall), (-wide, tall * 0.3)]
    cv2.fillPoly(canvas, [np.round(np.array(shield) + at).astype(np.int32)], (50, 40, 190), cv2.LINE_AA)
    cv2.circle(canvas, (x, round(y + tall * 0.55)), max(1, round(wide * 0.45)), (150, 70, 20), -1, cv2.LINE_AA)
    thick = max(1, round(3.5 * pixels_per_mm))
    cv2.line(canvas, (x, round(y - tall * 0.8)), (x, round(y + tall * 0.3)), WHITE, thick)
    for level, reach in ((-0.5, 0.45), (-0.1, 0.65)):
        high = round(y + tall * level)
        cv2.line(canvas, (round(x - wide * reach), high), (round(x + wide * reach), high), WHITE, thick)


def _draw_sticker(canvas: NDArray[np.uint8], at: tuple[int, int], radius: float, colour: Colour) -> None:
    inner = tuple(int(255 - (255 - channel) * 0.5) for channel in colour)
    cv2.circle(canvas, at, max(1, round(radius)), colour, -1, cv2.LINE_AA)
    cv2.circle(canvas, at, max(1, round(radius * 0.65)), inner, max(1, round(radius * 0.35)), cv2.LINE_AA)
