"""The coloured band at the left of a plate: the ring of stars with a country's sign, or a flag with its letters."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from training.flags import WIDE_OVER_HIGH, put_flag
from training.styles import WHITE, PlateStyle

_FLAG_SHARE, _LETTERS_SHARE = 0.78, 0.7
"""Widths of the flag and at most of its letters, as shares of the band's."""


def draw_band(canvas: NDArray[np.uint8], style: PlateStyle, pixels_per_mm: float) -> float:
    """Draw the coloured band and its text; return where the room for the mark begins, in millimetres."""
    if style.band is None:
        return 0.0
    room = min(44.0, style.height * 0.4)
    wide = round(room * pixels_per_mm)
    canvas[:, :wide] = style.band
    if style.flag:
        _draw_flag(canvas, style, wide, pixels_per_mm)
    elif style.band_text:
        scale = 0.8 * pixels_per_mm
        size = cv2.getTextSize(style.band_text, cv2.FONT_HERSHEY_DUPLEX, scale, 1)[0]
        at = ((wide - size[0]) // 2, round(canvas.shape[0] * 0.85))
        cv2.putText(canvas, style.band_text, at, cv2.FONT_HERSHEY_DUPLEX, scale, WHITE, 1, cv2.LINE_AA)
        cv2.circle(canvas, (wide // 2, canvas.shape[0] // 3), wide // 4, (40, 200, 240), max(1, wide // 16))
    return room


def _draw_flag(canvas: NDArray[np.uint8], style: PlateStyle, wide: int, pixels_per_mm: float) -> None:
    """Draw the flag in the upper half of the band, or of its upper line, and the letters right below it."""
    broad = round(wide * _FLAG_SHARE)
    tall = broad / WIDE_OVER_HIGH
    middle = (0.26 if style.two_line else 0.36) * style.height * pixels_per_mm
    put_flag(canvas, style.flag, (wide / 2, middle), broad)
    if not style.band_text:
        return
    whole = cv2.getTextSize(style.band_text, cv2.FONT_HERSHEY_DUPLEX, 1.0, 1)[0]
    scale = min(wide * _LETTERS_SHARE / whole[0], 0.8 * pixels_per_mm)
    at = (round((wide - whole[0] * scale) / 2), round(middle + tall / 2 + 7 * pixels_per_mm + whole[1] * scale))
    # On a band of the plate's own colour letters are as dark as the mark.
    ink = style.ink if style.band == style.ground else WHITE
    cv2.putText(canvas, style.band_text, at, cv2.FONT_HERSHEY_DUPLEX, scale, ink, 1, cv2.LINE_AA)
