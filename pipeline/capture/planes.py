"""From a decoded picture to its brightness, for the motion gate, and to its pixels, for everything else.

On failure: nothing raises on a picture that was decoded.
"""

from __future__ import annotations

from typing import cast

import av
import numpy as np

from pipeline.capture.motion import Luma
from pipeline.domain.plate import Pixels

_PLANAR = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray"})
"""Formats whose first plane is the brightness in 8 bit."""


def quarters_of(picture: av.VideoFrame) -> int:
    """Return by how many quarter turns, counterclockwise, the picture must be turned to stand upright."""
    return round(picture.rotation / 90) % 4


def luma_of(picture: av.VideoFrame) -> Luma:
    """Return the picture's brightness as it was decoded: not turned, and without a copy where the format allows."""
    if picture.format.name not in _PLANAR:
        picture = picture.reformat(format="gray")
    plane = picture.planes[0]
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return lines[: picture.height, : picture.width]


def pixels_of(picture: av.VideoFrame, quarters: int) -> Pixels:
    """Return the picture as height x width x 3 blue-green-red, turned by `quarters`."""
    pixels = cast(Pixels, picture.to_ndarray(format="bgr24"))
    return np.ascontiguousarray(np.rot90(pixels, quarters)) if quarters else pixels
