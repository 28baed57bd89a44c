"""Puts characters on a plate: flat ink as the regulations want it, or with the depth that show plates give theirs."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from training.styles import WHITE, Colour, PlateStyle

Mask = NDArray[np.uint8]
_SHADE: Colour = (120, 118, 116)
_GLOSS: Colour = (105, 102, 100)


def draw_character(
    canvas: NDArray[np.uint8], mask: Mask, at: tuple[int, int], style: PlateStyle, pixels_per_mm: float
) -> None:
    """Draw the character of `mask` with its top left corner at `at` (x, y)."""
    x, y = at
    off = max(1, round(2.5 * pixels_per_mm))
    if style.relief == "shade":
        _stamp(canvas, mask, x + off, y + off, _SHADE)
    elif style.relief == "outline":
        grown = cv2.dilate(np.pad(mask, off), np.ones((2 * off + 1, 2 * off + 1), np.uint8))
        _stamp(canvas, np.asarray(grown, np.uint8), x - off, y - off, WHITE)
    _stamp(canvas, mask, x, y, style.ink)
    if style.relief == "gloss":
        reach = max(1, round(5 * pixels_per_mm))
        core = cv2.erode(np.pad(mask, 1), np.ones((reach, reach), np.uint8))[1:-1, 1:-1]
        _stamp(canvas, np.asarray(core, np.uint8), x - off // 2, y, _GLOSS)


def leaning(mask: Mask, slant: float, *, whole: bool = False) -> Mask:
    """Return `mask` leaning to the right by `slant` of its height.

    Unless `whole`, its foot is cut off at the left, as in all that was drawn before `training/reshaped.py` came.
    """
    height, width = mask.shape
    reach = slant * height if whole else slant * height / 2
    shear = np.array([[1, -slant, reach], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(mask, shear, (width + round(reach), height)), np.uint8)


def _stamp(canvas: NDArray[np.uint8], mask: Mask, x: int, y: int, ink: Colour) -> None:
    top, left = max(y, 0), max(x, 0)
    bottom, right = min(y + mask.shape[0], canvas.shape[0]), min(x + mask.shape[1], canvas.shape[1])
    if bottom <= top or right <= left:
        return
    share = mask[top - y : bottom - y, left - x : right - x, None].astype(np.float32) / 255
    under = canvas[top:bottom, left:right]
    under[:] = np.round(under * (1 - share) + np.asarray(ink, np.float32) * share).astype(np.uint8)
