"""Still images: loading them, and drawing on them what was read.

On failure: BadInput names the file and says what is wrong with it; nothing is returned half decoded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from pipeline.domain.plate import Detection, Pixels
from pipeline.errors import BadInput

_GREEN = (40, 220, 40)
_BLACK = (0, 0, 0)


def load_image(path: Path) -> Pixels:
    """Return the picture at `path` (height x width x 3, BGR, upright as its EXIF says)."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from error
    if not content:
        raise BadInput(f"{path}: is empty")
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise BadInput(f"{path}: is no image that can be decoded (JPEG, PNG, WebP, BMP and TIFF can)")
    return np.asarray(pixels, np.uint8)


def save_image(path: Path, pixels: Pixels) -> None:
    """Write a PNG or JPEG, by the name's suffix; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), pixels):
        raise BadInput(f"{path}: could not be written; is the disk full or the suffix unknown?")


def draw_plates(pixels: Pixels, plates: Sequence[tuple[Detection, str]]) -> Pixels:
    """Return a copy of the picture with each plate's outline and text drawn on it."""
    drawn = pixels.copy()
    thickness = max(1, round(pixels.shape[1] / 500))
    for detection, text in plates:
        outline = np.array(detection.quad.corners, np.float32).round().astype(np.int32)
        cv2.polylines(drawn, [outline], isClosed=True, color=_GREEN, thickness=thickness, lineType=cv2.LINE_AA)
        scale = max(0.5, detection.box.width / 160)
        (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 2 * thickness)
        left = int(min(max(0, detection.box.x), max(0, pixels.shape[1] - width)))
        bottom = int(max(height + base, detection.box.y - base))
        cv2.rectangle(drawn, (left, bottom - height - base), (left + width, bottom + base), _BLACK, cv2.FILLED)
        cv2.putText(drawn, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, scale, _GREEN, 2 * thickness, cv2.LINE_AA)
    return drawn
