"""Cuts a plate out of a picture and lays it flat: quad in, a patch of 48 x 192 pixels out.

A plate of one line fills the patch. A plate of two lines is cut into its lines, which stand side by side in the patch,
each 96 wide. A small margin is kept, because corners found by a detector are a few per cent off: 2 per cent of the
width and 6 per cent of the height on every side. Patches are blue-green-red, 8 bit.

On failure: BadInput for a quad without area; a quad that reaches out of the picture is filled with the nearest pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Detection, Pixels, Quad
from pipeline.errors import BadInput

HEIGHT, WIDTH = 48, 192
_TWO_LINES_BELOW_ASPECT, _ONE_LINE_ABOVE_ASPECT = 1.2, 2.7
"""Plates of one line are 4.7 wide for one high, seen at 60 degrees still 2.3; plates of two lines 1.3 to 1.6."""
_EVEN_ASPECT_IF_TWO, _EVEN_ASPECT_IF_ONE = 2.3, 1.6
"""Below these a plate is likelier to have two lines, if the detector thinks so or thinks not."""
_MARGIN_X, _MARGIN_Y = 0.02, 0.06
_LINE_OVERLAP = 0.03
_FINEST = 12


def patches_of(plates: Sequence[tuple[Pixels, Quad, bool]]) -> NDArray[np.uint8]:
    """Return the patches of (picture, quad, two lines): N x 48 x 192 x 3. Empty in, empty out."""
    batch = np.empty((len(plates), HEIGHT, WIDTH, 3), np.uint8)
    for index, (pixels, quad, two_line) in enumerate(plates):
        batch[index] = flattened(pixels, quad, two_line=two_line)
    return batch


def readings_of(detection: Detection) -> tuple[bool, ...]:
    """Return how the plate may be read, as one line (False) or as two (True): both where its shape is unclear, likelier
    first.

    The shape counts for more than the detector's opinion, because an upright box around a slanting plate is higher
    than the plate.
    """
    width, height = _size(detection.quad)
    if width >= _ONE_LINE_ABOVE_ASPECT * height:
        return (False,)
    if width < _TWO_LINES_BELOW_ASPECT * height:
        return (True,)
    two_lines_first = width < (_EVEN_ASPECT_IF_TWO if detection.two_line else _EVEN_ASPECT_IF_ONE) * height
    return two_lines_first, not two_lines_first


def flattened(pixels: Pixels, quad: Quad, *, two_line: bool) -> Pixels:
    """Return the patch of the plate at `quad`."""
    width, height = _size(quad)
    if width < 1 or height < 1:
        raise BadInput(f"the quad of a plate is {width:.1f} x {height:.1f} pixels")
    if not two_line:
        return _warped(pixels, quad, (0.0, 1.0), WIDTH, height)
    upper = _warped(pixels, quad, (0.0, 0.5 + _LINE_OVERLAP), WIDTH // 2, height / 2)
    lower = _warped(pixels, quad, (0.5 - _LINE_OVERLAP, 1.0), WIDTH // 2, height / 2)
    return np.hstack([upper, lower])


def _size(quad: Quad) -> tuple[float, float]:
    """Return the lengths of the middle lines of `quad`: its width and its height in pixels."""
    top_left, top_right, bottom_right, bottom_left = np.asarray(quad.corners, np.float64)
    width = np.linalg.norm(top_right + bottom_right - top_left - bottom_left) / 2
    height = np.linalg.norm(bottom_left + bottom_right - top_left - top_right) / 2
    return float(width), float(height)


def _warped(pixels: Pixels, quad: Quad, span: tuple[float, float], width: int, height_in_picture: float) -> Pixels:
    """Return the strip of the plate between the heights `span` as HEIGHT x `width` pixels."""
    # Bilinear sampling alone would alias on plates much larger than the patch.
    finer = int(np.clip(np.ceil(height_in_picture / HEIGHT), 1, _FINEST))
    size = width * finer, HEIGHT * finer
    left, right = _MARGIN_X * size[0], (1 - _MARGIN_X) * size[0]
    tall = span[1] - span[0]
    # The unit square's top and bottom, placed so that the strip and the margin fill the patch.
    scale = size[1] / (tall + _MARGIN_Y * 2 * tall)
    top = (_MARGIN_Y * tall - span[0]) * scale
    bottom = top + scale
    target = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    transform = cv2.getPerspectiveTransform(np.asarray(quad.corners, np.float32), target)
    strip = cv2.warpPerspective(pixels, transform, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if finer > 1:
        strip = cv2.resize(strip, (width, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(strip, np.uint8)
