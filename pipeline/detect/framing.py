"""How an image becomes the network's input, and how positions come back.

Promise: `frame_for` scales an image so that its long side, or that of the picture it is a part of, is the one asked for
(small images at most doubled) and pads it at the right and bottom to multiples of 32; dividing a position in the input
by `scale` gives it in the image.
The answer depends on that one image only.

Figures: enlarging more than twice adds no detail a plate could be found by; the padding grey is the training's.
On failure: BadInput for what is not a height x width x 3 array of uint8 with at least one pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from pipeline.errors import BadInput

GRANULE = 32
PADDING_GREY = 114
_LARGEST_SCALE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Framed:
    """`pixels` is the input, float32 0..255; `scale` is input pixels per image pixel."""

    pixels: NDArray[np.float32]
    scale: float


def check_image(image: Pixels) -> None:
    """Raise BadInput unless `image` is a picture."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise BadInput(f"an image is height x width x 3 of uint8, got {image.dtype} {image.shape}")


def frame_for(image: Pixels, long_side: int, of_side: int | None = None) -> Framed:
    """Return `image` as the network takes it; `of_side` is the long side of the picture that it is a part of."""
    check_image(image)
    height, width = image.shape[:2]
    scale = min(long_side / (of_side or max(height, width)), _LARGEST_SCALE)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = image if size == (width, height) else cv2.resize(image, size, interpolation=method)
    rows, columns = (-(-length // GRANULE) * GRANULE for length in (size[1], size[0]))
    pixels = np.full((rows, columns, 3), PADDING_GREY, np.float32)
    pixels[: size[1], : size[0]] = scaled
    return Framed(pixels=pixels, scale=scale)
