"""How an image becomes the network's input, and how positions come back.

Promise: `frame_for` scales an image so that its long side, or that of the picture it is a part of, is the one asked for
(small images at most doubled); `batch_of` pads such images at the right and bottom to multiples of 32. Dividing a
position in the input by `scale` gives it in the image. The answer depends on that one image only.

Figures: enlarging more than twice adds no detail a plate could be found by; the padding grey is the training's.
On failure: BadInput for what is not a height x width x 3 array of uint8 with at least one pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.domain.plate import Picture, Pixels
from pipeline.errors import BadInput

GRANULE = 32
PADDING_GREY = 114
_LARGEST_SCALE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Framed:
    """`pixels` is the image as the network sees it, yet without padding; `scale` is input pixels per image pixel."""

    pixels: Pixels
    scale: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the input, padding included."""
        rows, columns = (-(-length // GRANULE) * GRANULE for length in self.pixels.shape[:2])
        return rows, columns


def check_image(image: Picture) -> None:
    """Raise BadInput unless `image` is a picture."""
    kind = image.dtype if isinstance(image, np.ndarray) else np.dtype(np.uint8)
    if kind != np.uint8 or len(image.shape) != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise BadInput(f"an image is height x width x 3 of uint8, got {kind} {image.shape}")


def frame_for(image: Picture, long_side: int, of_side: int | None = None) -> Framed:
    """Return `image` as the network sees it; `of_side` is the long side of the picture that it is a part of."""
    check_image(image)
    height, width = image.shape[:2]
    scale = min(long_side / (of_side or max(height, width)), _LARGEST_SCALE)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    return Framed(pixels=_scaled(image, rows, columns), scale=scale)


def batch_of(framed: Sequence[Framed]) -> Pixels:
    """Return images of one input shape as the network's input: batch x rows x columns x 3."""
    batch = np.empty((len(framed), *framed[0].shape, 3), np.uint8)
    for place, one in zip(batch, framed, strict=True):
        rows, columns = one.pixels.shape[:2]
        place[:rows, :columns] = one.pixels
        place[rows:] = PADDING_GREY
        place[:rows, columns:] = PADDING_GREY
    return batch


def _scaled(image: Picture, rows: int, columns: int) -> Pixels:
    height, width = image.shape[:2]
    if (rows, columns) == (height, width):
        return np.asarray(image, np.uint8)
    smaller = rows <= height and columns <= width
    if smaller and not isinstance(image, np.ndarray):
        return image.reduced(rows, columns)
    method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.asarray(image, np.uint8), (columns, rows), interpolation=method), np.uint8)
