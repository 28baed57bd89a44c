"""One batch of a camera's frames on its way through the models: plates are found, some are chosen, those are read.

The two calls are apart because the choice needs the frames of one camera in order, and the models serve many cameras.
Only the plates' surroundings travel to be read.

On failure: what the models raise is raised by `choose` and `seen`; an answer that does not fit what was asked is a
RuntimeError. None of them is ever "no plates".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np

from pipeline.domain.plate import Detection, Frame, Picture, Pixels, PlateText
from pipeline.domain.ports import PlateReader, SightingChoice
from pipeline.searching import Known, Look, Search, answered, fitting, moved

_AROUND_HEIGHTS, _AROUND_PIXELS = 0.25, 2.0
"""More than the margin that a plate is cut out with, and than a pixel's neighbours that count for it."""
_NOTHING = Known()
Chosen = tuple[Detection, PlateText | None, bool]
"""A plate, its text, and whether it was read at all."""


class Looking:
    """A batch under way. `choose` once for each batch, in the order of the frames; then `seen`."""

    def __init__(
        self, frames: Sequence[Frame], plates: PlateReader, submitted_at: float, kinds: Sequence[Look] | None = None
    ) -> None:
        """`kinds` says of each frame what a look at it searches; all are in full without."""
        self.frames = frames
        self.submitted_at = submitted_at
        self._plates = plates
        self._search = Search(frames, plates, kinds or [Look.FULL] * len(frames))
        self._chosen: list[list[tuple[Detection, bool]]] = []
        self._texts: Future[list[PlateText | None]] | None = None

    @property
    def looked_at(self) -> int:
        return len(self._search)

    @property
    def is_chosen(self) -> bool:
        return self._texts is not None

    @property
    def is_done(self) -> bool:
        return self._texts is not None and self._texts.done()

    def is_found(self, before: Known) -> bool:
        """Tell whether `choose` has nothing to wait for; `before` is what is known from the looks before this batch."""
        return self._search.is_done(before)

    def choose(self, choice: SightingChoice, before: Known = _NOTHING) -> Known:
        """Wait for what is found, and ask for the texts of what is worth it. Return what is known then."""
        found = self._search.found(before)
        each = iter(found)
        asked: list[tuple[Pixels, Detection]] = []
        for frame in self.frames:
            ones = choice.kept(frame.captured_at, next(each)) if frame.pixels is not None else []
            worth = choice.choose(frame.captured_at, ones) if ones else []
            self._chosen.append(list(zip(ones, worth, strict=True)))
            if frame.pixels is not None:
                asked += [cut_around(frame.pixels, one) for one, worthy in self._chosen[-1] if worthy]
        self._texts = self._plates.recognise(asked) if asked else answered([])
        return self._search.known or before

    def seen(self) -> list[list[Chosen]]:
        """Wait for the texts; return for each frame its plates."""
        if self._texts is None:
            raise RuntimeError("a batch is read after its plates were chosen")
        read = sum(worthy for ones in self._chosen for _, worthy in ones)
        texts = iter(fitting(self._texts.result(), read))
        return [[(one, next(texts) if worthy else None, worthy) for one, worthy in ones] for ones in self._chosen]


def cut_around(pixels: Picture, plate: Detection) -> tuple[Pixels, Detection]:
    """Return the plate's surroundings, as much as reading it needs, and where in them it is."""
    xs, ys = zip(*plate.quad.corners, strict=True)
    around = _AROUND_HEIGHTS * max(plate.box.height, max(ys) - min(ys)) + _AROUND_PIXELS
    rows, columns = pixels.shape[:2]
    # the corners may lie outside the picture, though never all of it
    left, top = (min(max(math.floor(min(at) - around), 0), side - 1) for at, side in ((xs, columns), (ys, rows)))
    right, bottom = (math.ceil(max(at) + around) for at in (xs, ys))
    part = pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
    return np.asarray(part, np.uint8), moved(plate, -left, -top)
