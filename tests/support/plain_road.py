"""A road of which only the plates are known, for what looks search: `Road` finds those in what it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from pipeline.domain.plate import Box, Detection, Frame, Pixels, Quad
from pipeline.searching import Known, Look, Search
from tests.support.flow import CAMERA, START

ROWS, COLUMNS = 1080, 1920
EVERYWHERE = Box(x=0, y=0, width=COLUMNS, height=ROWS)
WINDOW = (576, 384)


def plate(x: float, y: float, width: float = 90.0, height: float = 20.0) -> Detection:
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return Detection(
        box=Box(x=x, y=y, width=width, height=height), quad=Quad(corners=corners), confidence=0.9, two_line=False
    )


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """A picture of which only place and number are known."""

    number: int
    left: int = 0
    top: int = 0
    right: int = COLUMNS
    bottom: int = ROWS

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.bottom - self.top, self.right - self.left, 3

    def __getitem__(self, where: tuple[slice, slice]) -> Canvas:
        rows, columns = where
        return replace(
            self,
            left=self.left + columns.start,
            right=self.left + columns.stop,
            top=self.top + rows.start,
            bottom=self.top + rows.stop,
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Pixels:
        raise AssertionError("nobody need look at its pixels")

    def reduced(self, rows: int, columns: int) -> Pixels:
        raise AssertionError("nobody need look at its pixels")


class Road:
    """Finds the plates that are wholly in what it is given; `asked` is what that was."""

    version = "road"

    def __init__(self, plates: Mapping[int, Sequence[Detection]], *, unsure: Set[int] = frozenset()) -> None:
        """In the looks `unsure` all is found doubtfully."""
        self._plates, self._unsure = plates, unsure
        self.asked: list[Canvas] = []
        self.calls = 0

    def find(self, images: Sequence[Any], sides: Sequence[int]) -> Future[list[tuple[Detection, ...]]]:
        assert list(sides) == [COLUMNS] * len(images)
        self.calls += 1
        self.asked += images
        answer: Future[list[tuple[Detection, ...]]] = Future()
        answer.set_result([tuple(self._in(image)) for image in images])
        return answer

    def recognise(self, plates: Sequence[tuple[Pixels, Detection]]) -> Future[list[None]]:
        raise AssertionError("nothing is read here")

    def _in(self, image: Canvas) -> list[Detection]:
        found = []
        for one in self._plates.get(image.number, ()):
            x, y = one.box.x - image.left, one.box.y - image.top
            if min(x, y) >= 0 and x + one.box.width <= image.shape[1] and y + one.box.height <= image.shape[0]:
                shown = plate(x, y, one.box.width, one.box.height)
                found.append(replace(shown, doubtful=image.number in self._unsure))
        return found


def look(number: int, search: Box | None = EVERYWHERE, moving: tuple[Box, ...] = ()) -> Frame:
    at = START + timedelta(seconds=number * 0.08)
    pixels = Canvas(number=number)
    return Frame(camera_id=CAMERA, sequence=number, captured_at=at, pixels=pixels, search=search, moving=moving)


FULL, KNOWN, UNSETTLED = Look.FULL, Look.KNOWN, Look.UNSETTLED
NOTHING = Known()


def searched(
    road: Road, frames: Sequence[Frame], kinds: Sequence[Look], before: Known = NOTHING
) -> list[list[Detection]]:
    search = Search(frames, road, kinds)
    assert search.is_done(before)
    return search.found(before)
