"""A batch of a camera's pictures on its way through the search: in all that moves, or around what was just found.

With `[flow] follow` a plate that was found a moment ago is looked for in a small window around its place in every other
look at a moving road, and of what moves only that is searched whole in which no plate was found. So what was found is
seen in every look all the same, and what comes into view apart from it is found as soon as ever; within the same
movement (right behind it, or beside it) one look later at most. Where the look before found nothing, where it found too
much for windows to be cheaper, or something too large for them, all that moves is searched.

Promise: what is found depends on the looks and their order alone, not on how they are batched.

Figures: a window is 0.3 x 0.2 of the picture's long side, which is 192 x 128 pixels of the search; plates up to half as
large are followed in it. The flow of a busy 1080p road takes a twentieth less with it (DECISIONS.md).
On failure: what the models raise is raised by `found`; an answer that does not fit what was asked is a RuntimeError.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TypeVar

from pipeline.capture.parts import part_around
from pipeline.domain.plate import Box, Detection, Frame, Picture, Quad
from pipeline.domain.ports import PlateReader

Answer = TypeVar("Answer")
Found = list[Detection]
_CUT_OFF = 0.01
"""What comes so near to the edge of the part that was searched may go on beyond it: as a share of the picture's long
side."""
_WINDOW = (0.3, 0.2)
"""Width and height of a window as shares of the picture's long side: multiples of 32 pixels of the search."""
_MOST_FILLED = 0.5
"""A plate that fills more of its window's width or height may leave it until the next look."""
_WORTHWHILE = 0.7
"""Windows that hold more than this of the pixels of all that moves spare too little."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Look:
    pixels: Picture
    search: Box | None
    moving: tuple[Box, ...]
    follows: bool


class Search:
    """A batch being searched. `follows` says of each frame whether it may be searched around the look before it.

    `before` is what the last look of the batch before this one found; `is_done` may be asked, and `found` called, once
    that is known.
    """

    def __init__(self, frames: Sequence[Frame], plates: PlateReader, follows: Sequence[bool]) -> None:
        self._plates = plates
        self._looks = [
            _Look(pixels=frame.pixels, search=frame.search, moving=frame.moving, follows=follow)
            for frame, follow in zip(frames, follows, strict=True)
            if frame.pixels is not None
        ]
        self._full = self._asked([(one.pixels, one.search) for one in self._looks if not one.follows])
        self._parts: list[list[Box | None]] = []
        self._following: Future[list[tuple[Detection, ...]]] | None = None
        self._found: list[Found] | None = None

    def __len__(self) -> int:
        return len(self._looks)

    def is_done(self, before: Sequence[Detection]) -> bool:
        """Tell whether `found` has nothing to wait for; ask what can only be asked now."""
        if self._found is None and self._full.done():
            self._follow(before)
        return self._found is not None or (self._following is not None and self._following.done())

    def found(self, before: Sequence[Detection]) -> list[Found]:
        """Wait for what each look found, in pixels of its picture."""
        if self._found is None:
            self._follow(before)
            self._found = self._gathered()
        return self._found

    def _follow(self, before: Sequence[Detection]) -> None:
        """Ask for the looks that follow others, now that these are known; wait for these."""
        if self._following is not None:
            return
        last, asked = list(before), list[tuple[Picture, Box | None]]()
        for look, found in zip(self._looks, self._in_full(), strict=True):
            if found is None:
                self._parts.append(parts_around(last, look.search, look.moving, *look.pixels.shape[:2]))
                asked += [(look.pixels, part) for part in self._parts[-1]]
            else:
                last = found
        self._following = self._asked(asked)

    def _in_full(self) -> list[Found | None]:
        """Wait for the looks in full; return None for the others."""
        full = sum(not look.follows for look in self._looks)
        answers = iter(fitting(self._full.result(), full))
        return [None if look.follows else placed(next(answers), look.pixels, look.search) for look in self._looks]

    def _gathered(self) -> list[Found]:
        if self._following is None:
            raise RuntimeError("what follows is asked for before it is gathered")
        answers = iter(fitting(self._following.result(), sum(map(len, self._parts))))
        parts = iter(self._parts)
        gathered = []
        for look, found in zip(self._looks, self._in_full(), strict=True):
            gathered.append(_once_each(look.pixels, next(parts), answers) if found is None else found)
        return gathered

    def _asked(self, parts: Sequence[tuple[Picture, Box | None]]) -> Future[list[tuple[Detection, ...]]]:
        if not parts:
            return answered([])
        sides = [max(pixels.shape[:2]) for pixels, _ in parts]
        return self._plates.find([_part(pixels, search) for pixels, search in parts], sides)


def parts_around(
    found: Sequence[Detection], search: Box | None, moving: Sequence[Box], rows: int, columns: int
) -> list[Box | None]:
    """Return the windows around what was found in the look before, and the parts around what else moves; `search`
    alone where all of it is to be searched."""
    size = _window_of(rows, columns)
    found = [one for one in found if not one.doubtful]
    windows: list[Box] = []
    for one in found:
        box = one.box
        if box.width > _MOST_FILLED * size[0] or box.height > _MOST_FILLED * size[1]:
            return [search]
        if not any(_holds_all(window, box) for window in windows):
            windows.append(_window_on(box, size, rows, columns))
    new = [box for box in moving if not any(_is_at(one.box, box) for one in found)]
    if new and windows:
        part = part_around(*new, rows=rows, columns=columns)
        windows = [part, *(window for window in windows if not _holds(part, window))]
    everything = search.width * search.height if search else float(rows * columns)
    if not windows or sum(one.width * one.height for one in windows) > _WORTHWHILE * everything:
        return [search]
    return list(windows)


def window_size(rows: int, columns: int) -> tuple[int, int]:
    """Return the rows and columns of a window in such a picture."""
    width, height = _window_of(rows, columns)
    return int(height), int(width)


def placed(found: Sequence[Detection], pixels: Picture, search: Box | None) -> Found:
    """Return what was found in a part of a picture as it is in the picture, without what the part may have cut off."""
    if search is None:
        return list(found)
    rows, columns = pixels.shape[:2]
    near = _CUT_OFF * max(rows, columns)
    left, top = (near if begin > 0 else -math.inf for begin in (search.x, search.y))
    right = search.width - near if search.x + search.width < columns else math.inf
    bottom = search.height - near if search.y + search.height < rows else math.inf
    return [
        moved(one, search.x, search.y)
        for one in found
        if one.box.x > left
        and one.box.y > top
        and one.box.x + one.box.width < right
        and one.box.y + one.box.height < bottom
    ]


def moved(plate: Detection, right: float, down: float) -> Detection:
    """Return the plate so many pixels further right and down."""
    box = plate.box
    first, second, third, fourth = ((x + right, y + down) for x, y in plate.quad.corners)
    return replace(
        plate,
        box=Box(x=box.x + right, y=box.y + down, width=box.width, height=box.height),
        quad=Quad(corners=(first, second, third, fourth)),
    )


def answered(answer: list[Answer]) -> Future[list[Answer]]:
    """Return what need not be asked for as if it had been."""
    given: Future[list[Answer]] = Future()
    given.set_result(answer)
    return given


def fitting(answer: list[Answer], asked: int) -> list[Answer]:
    """Return `answer`, which must be as long as what was asked."""
    if len(answer) != asked:
        raise RuntimeError(f"{asked} were asked for, {len(answer)} were answered")
    return answer


def _once_each(pixels: Picture, parts: Sequence[Box | None], answers: Iterator[tuple[Detection, ...]]) -> Found:
    """Return what a look's parts show, each plate once though two windows may both hold it."""
    found: Found = []
    for part in parts:
        found += [
            one for one in placed(next(answers), pixels, part) if not any(_is_at(one.box, two.box) for two in found)
        ]
    return found


def _part(pixels: Picture, search: Box | None) -> Picture:
    if search is None:
        return pixels
    left, top = int(search.x), int(search.y)
    return pixels[top : top + int(search.height), left : left + int(search.width)]


def _window_of(rows: int, columns: int) -> tuple[float, float]:
    """Return the width and height of a window in such a picture: even, because colour has half the size."""
    long_side = max(rows, columns)
    width, height = (round(share * long_side / 2) * 2 for share in _WINDOW)
    return float(min(width, columns)), float(min(height, rows))


def _window_on(box: Box, size: tuple[float, float], rows: int, columns: int) -> Box:
    x, y = box.centre
    width, height = size
    left, top = (
        float(int(min(max(at - length / 2, 0.0), side - length)) // 2 * 2)
        for at, length, side in ((x, width, columns), (y, height, rows))
    )
    return Box(x=left, y=top, width=width, height=height)


def _is_at(box: Box, other: Box) -> bool:
    """Tell whether the middle of `box` is in `other`."""
    x, y = box.centre
    return other.x <= x < other.x + other.width and other.y <= y < other.y + other.height


def _holds(part: Box, other: Box) -> bool:
    return (
        part.x <= other.x
        and part.y <= other.y
        and other.x + other.width <= part.x + part.width
        and other.y + other.height <= part.y + part.height
    )


def _holds_all(window: Box, box: Box) -> bool:
    """Tell whether `box` is in `window` with half of it again around, for what it moves."""
    more, above = box.width / 2, box.height / 2
    return (
        window.x <= box.x - more
        and box.x + box.width + more <= window.x + window.width
        and window.y <= box.y - above
        and box.y + box.height + above <= window.y + window.height
    )
