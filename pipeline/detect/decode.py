"""From the network's maps to finds.

Promise: `decode` takes one image's maps (`scores` rows x columns, `corners` 8 x rows x columns in pixels from the
cell's centre, `two_line` rows x columns) and returns its finds in pixels of the input, surest first: local peaks of the
score from `least_score` on, with plausible corners, each plate once. No peak, no finds.

Figures: `MOST_FINDS` bounds the work on a picture that is all peaks; no real one comes near it.
On failure: nothing raises on arrays of these shapes; values that are not finite are not finds.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.detect.geometry import distinct, plausible

STRIDE = 8
MOST_FINDS = 64
_NEIGHBOURS = np.ones((3, 3), np.uint8)
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finds:
    """`quads` n x 4 x 2, `scores` n in 0..1, `two_line` n in 0..1."""

    quads: Floats
    scores: Floats
    two_line: Floats

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, chosen: NDArray[np.bool_] | list[int]) -> Finds:
        return Finds(quads=self.quads[chosen], scores=self.scores[chosen], two_line=self.two_line[chosen])


def nothing_found() -> Finds:
    """Return no finds."""
    return Finds(
        quads=np.empty((0, 4, 2), np.float32), scores=np.empty(0, np.float32), two_line=np.empty(0, np.float32)
    )


def decode(scores: Floats, corners: Floats, two_line: Floats, least_score: float) -> Finds:
    """Return the finds of one image."""
    if not (scores >= least_score).any():
        return nothing_found()
    highest = cv2.dilate(scores, _NEIGHBOURS)
    rows, columns = np.nonzero((scores >= least_score) & (scores >= highest))
    if len(rows) > MOST_FINDS:
        surest = np.argsort(-scores[rows, columns], kind="stable")[:MOST_FINDS]
        rows, columns = rows[surest], columns[surest]
    centres = np.stack([columns, rows], axis=1).astype(np.float32) * STRIDE + STRIDE / 2
    quads = corners[:, rows, columns].T.reshape(-1, 4, 2) + centres[:, None]
    finds = Finds(quads=np.asarray(quads, np.float32), scores=scores[rows, columns], two_line=two_line[rows, columns])
    finds = finds.take(plausible(finds.quads))
    return finds.take(distinct(finds.quads, finds.scores))
