"""Looks at each rough find again: where exactly its corners are, whether it is a plate, and how many lines it has.

Promise: `CornerFinder.settled` takes images and each one's rough finds (quads in pixels of the image) and returns them
in the same order with the corners that the windows show, and a score that both networks stand behind. Finds that fall
together are left to the caller. No finds, no call of the network.

Figures: the score is the geometric mean of the two networks' (see the model card for what it gives on held-out
pictures). On failure: what the session raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.detect.decode import Finds, Floats
from pipeline.detect.geometry import boxes_of, plausible
from pipeline.detect.windows import HEIGHT, WIDTH, window_on
from pipeline.domain.plate import Detection, Picture, Quad
from pipeline.inference.session import Session


class CornerFinder:
    """Settles finds with a network that `session` runs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def settled(self, images: Sequence[Picture], finds: Sequence[Finds]) -> list[Finds]:
        """Return the finds of each image, settled; see the module's promise."""
        boxes = [
            (image, box)
            for image, ones in zip(images, finds, strict=True)
            if len(ones)
            for box in boxes_of(ones.quads).tolist()
        ]
        if not boxes:
            return list(finds)
        at_once = self._session.at_once
        pieces = [self._looked_at(boxes[start : start + at_once]) for start in range(0, len(boxes), at_once)]
        quads, chances, two_line = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
        found, start = [], 0
        for ones in finds:
            taken = slice(start, start + len(ones))
            start += len(ones)
            found.append(
                Finds(
                    quads=quads[taken],
                    scores=np.asarray(np.sqrt(ones.scores * chances[taken]), np.float32),
                    two_line=two_line[taken],
                )
                if len(ones)
                else ones
            )
        return found

    def _looked_at(self, boxes: Sequence[tuple[Picture, Sequence[float]]]) -> tuple[Floats, Floats, Floats]:
        """Return the corners that the windows on the boxes show, in their pictures, and what else the network tells."""
        pixels = np.empty((len(boxes), HEIGHT, WIDTH, 3), np.uint8)
        windows = [window_on(image, box, into) for (image, box), into in zip(boxes, pixels, strict=True)]
        corners, chances, two_line = self._session.run(pixels)
        scales = np.array([window.scale for window in windows], np.float32)
        origins = np.array([window.origin for window in windows], np.float32)
        return corners / scales[:, None, None] + origins[:, None], chances, two_line

    def warm_up(self, windows: int) -> None:
        """Make the runtime compile the network for so many windows at once."""
        self._session.run(np.zeros((windows, HEIGHT, WIDTH, 3), np.uint8))

    def placed(self, picture: Picture, found: Detection) -> Detection | None:
        """Return `found` with the corners that its window shows; None where they make no plate."""
        box = found.box
        sides = [[box.x, box.y], [box.x + box.width, box.y], [box.x + box.width, box.y + box.height]]
        quads = np.array([[*sides, [box.x, box.y + box.height]]], np.float32)
        one, none = np.ones(1, np.float32), np.zeros(1, np.float32)
        [settled] = self.settled([picture], [Finds(quads=quads, scores=one, two_line=none)])
        if not plausible(settled.quads)[0]:
            return None
        first, second, third, fourth = ((float(x), float(y)) for x, y in settled.quads[0])
        return replace(found, quad=Quad(corners=(first, second, third, fourth)))
