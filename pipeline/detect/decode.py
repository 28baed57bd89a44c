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

from pipeline.detect.geometry import distinct, is_plausible

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

    def take(self, chosen: list[int]) -> Finds:
        return Finds(quads=self.quads[chosen], scores=self.scores[chosen], two_line=self.two_line[chosen])

    def sound(self, least_score: float = 0.0) -> Finds:
        """Return those with at least that score that can be plates, each plate once, surest first."""
        sure = (self.scores >= least_score).tolist()
        chosen = [i for i, quad in enumerate(self.quads.tolist()) if sure[i] and is_plausible(quad)]
        some = self if len(chosen) == len(self) else self.take(chosen)
        kept = distinct(some.quads, some.scores)
        # most pictures have one find or none: nothing to leave out, nothing to put in order
        return some if kept == list(range(len(some))) else some.take(kept)


def nothing_found() -> Finds:
    """Return no finds."""
    return Finds(
        quads=np.empty((0, 4, 2), np.float32), scores=np.empty(0, np.float32), two_line=np.empty(0, np.float32)
    )


def decode(scores: Floats, corners: Floats, two_line: Floats, least_score: float) -> Finds:
    """Return the finds of one image."""
    is_peak = scores >= least_score
    if not is_peak.any():
        return nothing_found()
    is_peak &= scores >= cv2.dilate(scores, _NEIGHBOURS)
    places = np.flatnonzero(is_peak)
    sure = scores.reshape(-1)[places]
    if len(places) > MOST_FINDS:
        surest = np.argsort(-sure, kind="stable")[:MOST_FINDS]
        places, sure = places[surest], sure[surest]
    rows, columns = np.divmod(places, scores.shape[1])
    centres = np.stack([columns, rows], axis=1).astype(np.float32) * STRIDE + STRIDE / 2
    quads = corners.reshape(8, -1)[:, places].T.reshape(-1, 4, 2) + centres[:, None]
    finds = Finds(quads=np.asarray(quads, np.float32), scores=sure, two_line=two_line.reshape(-1)[places])
    return finds.sound()
