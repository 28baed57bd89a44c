"""A batch of a camera's pictures on its way through the search: in all that moves, or around what was just found.

With `[flow] follow` three of four looks at a moving road are around the plates that the looks before them found: a
small window for each, and of what moves that only is searched whole in which no plate is known. So what was found is
followed all the same, but for what leaves its window within two looks, and what comes into view apart from it is found
as soon as ever; within the same movement (right behind it, or beside it) three looks later at most. A plate that stands
where nothing moves stays known until a window around its place shows none. Where nothing is known, where windows would
spare too little, or a plate is too large for one, all that moves is searched.

A plate that two of these looks have shown, one after the other and about where it was, is settled: it was read, and
what one more look would show of it would not be. Every other look does without it, so many of these cost nothing at
all; what hurries through the picture is never settled.

Promise: what is found depends on the looks and their order alone, not on how they are batched.

Figures: a window is 0.3 x 0.2 of the picture's long side, which is 192 x 128 pixels of the search; plates up to half as
large are followed in it. What the flow of a busy road takes less with it is in DECISIONS.md.
On failure: what the models raise is raised by `found`; an answer that does not fit what was asked is a RuntimeError.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeVar

from pipeline.capture.parts import parts_around, window_size
from pipeline.domain.plate import Box, Detection, Frame, Picture, Quad
from pipeline.domain.ports import PlateReader

Answer = TypeVar("Answer")
Found = list[Detection]
_CUT_OFF = 0.01
"""What comes so near to the edge of the part that was searched may go on beyond it: as a share of the picture's long
side."""
_MOST_FILLED = 0.5
"""A plate that moves and fills more of its window's width or height may leave it until a look or two later."""
_STILL_WIDTHS, _STILL_GROWTH = 0.75, 0.25
"""As far as a plate may have come, and grown (a logarithm), that is surely the same: as for which plates are read."""
_WORTHWHILE = 0.7
"""Windows that hold more than this of the pixels of all that moves spare too little."""


class Look(Enum):
    """What a look searches."""

    FULL = "full"
    """All that moves, or the whole picture."""
    KNOWN = "known"
    """What is around known plates, and moves without one."""
    UNSETTLED = "unsettled"
    """The same, without what is around settled plates."""


@dataclass(frozen=True, slots=True)
class Known:
    """The plates that the last look showed which was not for unsettled ones alone, or that are where it did not look;
    and those of them that are settled: the one before had shown them too."""

    plates: tuple[Detection, ...] = ()
    settled: tuple[Detection, ...] = ()

    def then(self, found: Sequence[Detection], parts: Sequence[Box | None]) -> Known:
        """Return what is known after one more such look, which searched `parts`."""
        # a doubtful find is no plate, but one that is where a plate was is that plate
        sure = [one for one in found if not one.doubtful or any(_is_still(two.box, one.box) for two in self.plates)]
        settled = [one for one in sure if any(_is_still(two.box, one.box) for two in self.plates)]
        # what stands while something else moves
        elsewhere = [one for one in self.plates if not any(part is None or _is_at(one.box, part) for part in parts)]
        return Known((*sure, *elsewhere), (*settled, *(one for one in elsewhere if one in self.settled)))


@dataclass(slots=True, kw_only=True, eq=False)
class _Looked:
    """A look under way: what was asked for it, which answer is due, where in it, and what was found."""

    pixels: Picture
    search: Box | None
    moving: tuple[Box, ...]
    kind: Look
    parts: list[Box | None] = field(default_factory=list)
    answer: Future[list[tuple[Detection, ...]]] | None = None
    place: int = 0
    asked: int = 0


class Search:
    """A batch being searched; `kinds` says of each frame what a look at it searches.

    `before` is what was known before this batch; `is_done` may be asked, and `found` called, once that is known. After
    `found`, `known` is what the next batch needs.
    """

    def __init__(self, frames: Sequence[Frame], plates: PlateReader, kinds: Sequence[Look]) -> None:
        self._plates = plates
        self._looks = [
            _Looked(pixels=frame.pixels, search=frame.search, moving=frame.moving, kind=kind)
            for frame, kind in zip(frames, kinds, strict=True)
            if frame.pixels is not None
        ]
        self._found: list[Found] = []
        self.known: Known | None = None
        self._ask([(look, _parts(look, Known())) for look in self._looks if look.kind is Look.FULL])

    def __len__(self) -> int:
        return len(self._looks)

    def is_done(self, before: Known) -> bool:
        """Tell whether `found` has nothing to wait for; ask what can only be asked now."""
        self._go_on(before, wait=False)
        return len(self._found) == len(self._looks)

    def found(self, before: Known) -> list[Found]:
        """Wait for what each look found, in pixels of its picture."""
        self._go_on(before, wait=True)
        return self._found

    def _go_on(self, before: Known, *, wait: bool) -> None:
        known = self.known if self.known is not None else before
        for look in self._looks[len(self._found) :]:
            if look.answer is None:
                self._ask_from(len(self._found), known)
            if look.answer is None or not (wait or look.answer.done()):
                break
            found = _once_each(look)
            if look.kind is not Look.UNSETTLED:
                known = known.then(found, look.parts)
            self._found.append(found)
            self.known = known

    def _ask_from(self, first: int, known: Known) -> None:
        """Ask for all looks from `first` on for which `known` is what is known before them."""
        asked = []
        for look in self._looks[first:]:
            if look.kind is Look.FULL:
                break
            asked.append((look, _parts(look, known)))
            if look.kind is not Look.UNSETTLED:
                break
        self._ask(asked)

    def _ask(self, asked: Sequence[tuple[_Looked, list[Box | None]]]) -> None:
        pixels = [_part(look.pixels, part) for look, parts in asked for part in parts]
        sides = [max(look.pixels.shape[:2]) for look, parts in asked for _ in parts]
        answer = self._plates.find(pixels, sides) if pixels else answered([])
        place = 0
        for look, parts in asked:
            look.parts, look.answer, look.place, look.asked = parts, answer, place, len(pixels)
            place += len(parts)


def parts_of(
    known: Known, kind: Look, search: Box | None, moving: Sequence[Box], rows: int, columns: int
) -> list[Box | None]:
    """Return the parts that such a look searches: around what moves without a known plate, and windows around known
    plates; nothing where nothing but settled plates moves, and None for the whole picture."""
    if search is None:
        return [None]
    everything = parts_around(*moving, rows=rows, columns=columns) or [search]
    if kind is Look.FULL or not known.plates:
        return list(everything)
    asked = [one.box for one in known.plates if kind is Look.KNOWN or one not in known.settled]
    moved = [box for box in asked if any(_is_at(box, part) for part in everything)]
    new = [box for box in moving if not any(_is_at(one.box, box) for one in known.plates)]
    parts = _with_windows(parts_around(*new, rows=rows, columns=columns), moved, rows, columns)
    height, width = window_size(rows, columns)
    too_large = any(box.width > _MOST_FILLED * width or box.height > _MOST_FILLED * height for box in moved)
    if too_large or _area(parts) > _WORTHWHILE * _area(everything):
        parts = everything
    # what stands has its window whatever becomes of what moves
    return list(_with_windows(parts, [box for box in asked if box not in moved], rows, columns))


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


def _once_each(look: _Looked) -> Found:
    """Wait for what a look's parts show; return each plate once though two windows may both hold it."""
    if look.answer is None:
        raise RuntimeError("a look is gathered that was not asked for")
    answers = fitting(look.answer.result(), look.asked)[look.place : look.place + len(look.parts)]
    found: Found = []
    for part, answer in zip(look.parts, answers, strict=True):
        before, found = found, []
        ones = placed(answer, look.pixels, part)
        for one in before:
            # what is cut off at the edge of one part is whole in another, and found more surely
            same = [two for two in ones if _is_at(two.box, one.box)]
            found.append(max([one, *same], key=lambda find: find.confidence))
            ones = [two for two in ones if two not in same]
        found += ones
    return found


def _parts(look: _Looked, known: Known) -> list[Box | None]:
    return parts_of(known, look.kind, look.search, look.moving, *look.pixels.shape[:2])


def _part(pixels: Picture, search: Box | None) -> Picture:
    if search is None:
        return pixels
    left, top = int(search.x), int(search.y)
    return pixels[top : top + int(search.height), left : left + int(search.width)]


def _area(parts: Sequence[Box]) -> float:
    return sum(one.width * one.height for one in parts)


def _with_windows(parts: Sequence[Box], plates: Sequence[Box], rows: int, columns: int) -> list[Box]:
    """Return the parts with a window around each of the plates that none of them holds."""
    with_windows = [*parts]
    for box in plates:
        if not any(_holds_all(part, box, rows, columns) for part in with_windows):
            with_windows.append(_window_on(box, rows, columns))
    return with_windows


def _window_on(box: Box, rows: int, columns: int) -> Box:
    height, width = window_size(rows, columns)
    x, y = box.centre
    left, top = (
        float(int(min(max(at - length / 2, 0.0), side - length)) // 2 * 2)
        for at, length, side in ((x, width, columns), (y, height, rows))
    )
    return Box(x=left, y=top, width=float(width), height=float(height))


def _is_still(before: Box, now: Box) -> bool:
    """Tell whether a plate at `now` can only be the one that was at `before` a look or two ago."""
    (x, y), (u, v) = before.centre, now.centre
    apart = math.hypot(u - x, v - y) / max(before.width, now.width)
    return apart <= _STILL_WIDTHS and abs(math.log(now.height / before.height)) <= _STILL_GROWTH


def _is_at(box: Box, other: Box) -> bool:
    """Tell whether the middle of `box` is in `other`."""
    x, y = box.centre
    return other.x <= x < other.x + other.width and other.y <= y < other.y + other.height


def _holds_all(part: Box, box: Box, rows: int, columns: int) -> bool:
    """Tell whether `box` is in `part` with half of it again around, for what it moves, as far as the picture goes."""
    more, above = box.width / 2, box.height / 2
    return (
        part.x <= max(box.x - more, 0)
        and min(box.x + box.width + more, columns) <= part.x + part.width
        and part.y <= max(box.y - above, 0)
        and min(box.y + box.height + above, rows) <= part.y + part.height
    )
