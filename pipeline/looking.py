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
from dataclasses import replace
from typing import TypeVar

import numpy as np

from pipeline.domain.plate import Box, Detection, Frame, Picture, Pixels, PlateText, Quad
from pipeline.domain.ports import PlateReader, SightingChoice

Answer = TypeVar("Answer")
_AROUND_HEIGHTS, _AROUND_PIXELS = 0.25, 2.0
"""More than the margin that a plate is cut out with, and than a pixel's neighbours that count for it."""
_CUT_OFF = 0.01
"""What comes so near to the edge of the part that was searched may go on beyond it: as a share of the picture's long
side."""
Chosen = tuple[Detection, PlateText | None, bool]
"""A plate, its text, and whether it was read at all."""


class Looking:
    """A batch under way. `choose` once for each batch, in the order of the frames; then `seen`."""

    def __init__(self, frames: Sequence[Frame], plates: PlateReader, submitted_at: float) -> None:
        self.frames = frames
        self.submitted_at = submitted_at
        self._plates = plates
        looked_at = [(frame.pixels, frame.search) for frame in frames if frame.pixels is not None]
        self._images = [_part(pixels, search) for pixels, search in looked_at]
        sides = [max(pixels.shape[:2]) for pixels, _ in looked_at]
        self._found = plates.find(self._images, sides) if self._images else _answered([])
        self._chosen: list[list[tuple[Detection, bool]]] = []
        self._texts: Future[list[PlateText | None]] | None = None

    @property
    def looked_at(self) -> int:
        return len(self._images)

    @property
    def is_found(self) -> bool:
        return self._found.done()

    @property
    def is_chosen(self) -> bool:
        return self._texts is not None

    @property
    def is_done(self) -> bool:
        return self._texts is not None and self._texts.done()

    def choose(self, choice: SightingChoice) -> None:
        """Wait for what is found, and ask for the texts of what is worth it."""
        found = iter(_fitting(self._found.result(), len(self._images)))
        asked: list[tuple[Pixels, Detection]] = []
        for frame in self.frames:
            ones = _placed(next(found), frame.pixels, frame.search) if frame.pixels is not None else []
            worth = choice.choose(frame.captured_at, ones) if ones else []
            self._chosen.append(list(zip(ones, worth, strict=True)))
            if frame.pixels is not None:
                asked += [cut_around(frame.pixels, one) for one, worthy in self._chosen[-1] if worthy]
        self._texts = self._plates.recognise(asked) if asked else _answered([])

    def seen(self) -> list[list[Chosen]]:
        """Wait for the texts; return for each frame its plates."""
        if self._texts is None:
            raise RuntimeError("a batch is read after its plates were chosen")
        read = sum(worthy for ones in self._chosen for _, worthy in ones)
        texts = iter(_fitting(self._texts.result(), read))
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
    return np.asarray(part, np.uint8), _moved(plate, -left, -top)


def _part(pixels: Picture, search: Box | None) -> Picture:
    if search is None:
        return pixels
    left, top = int(search.x), int(search.y)
    return pixels[top : top + int(search.height), left : left + int(search.width)]


def _placed(found: Sequence[Detection], pixels: Picture, search: Box | None) -> list[Detection]:
    """Return what was found in a part of a picture as it is in the picture, without what the part may have cut off."""
    if search is None:
        return list(found)
    rows, columns = pixels.shape[:2]
    near = _CUT_OFF * max(rows, columns)
    left, top = (near if begin > 0 else -math.inf for begin in (search.x, search.y))
    right = search.width - near if search.x + search.width < columns else math.inf
    bottom = search.height - near if search.y + search.height < rows else math.inf
    return [
        _moved(one, search.x, search.y)
        for one in found
        if one.box.x > left
        and one.box.y > top
        and one.box.x + one.box.width < right
        and one.box.y + one.box.height < bottom
    ]


def _moved(plate: Detection, right: float, down: float) -> Detection:
    box = plate.box
    first, second, third, fourth = ((x + right, y + down) for x, y in plate.quad.corners)
    return replace(
        plate,
        box=Box(x=box.x + right, y=box.y + down, width=box.width, height=box.height),
        quad=Quad(corners=(first, second, third, fourth)),
    )


def _answered(answer: list[Answer]) -> Future[list[Answer]]:
    given: Future[list[Answer]] = Future()
    given.set_result(answer)
    return given


def _fitting(answer: list[Answer], asked: int) -> list[Answer]:
    if len(answer) != asked:
        raise RuntimeError(f"{asked} were asked for, {len(answer)} were answered")
    return answer
