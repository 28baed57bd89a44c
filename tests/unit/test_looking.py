"""A batch on its way through the models: what is asked, and what an answer that does not fit becomes."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from pipeline.domain.plate import Box, Detection, HeldBack, Pixels, PlateText, Quad
from pipeline.looking import Looking, cut_around
from pipeline.recognise.rectify import flattened
from pipeline.track.choice import ReadingChoice
from pipeline.track.settings import TrackSettings
from tests.support.flow import EveryPlate, Flowing, ScriptedReader, frame


def plate_at(x: float, y: float, width: float = 60.0, height: float = 14.0) -> Detection:
    """A plate that slants a little."""
    corners = ((x, y), (x + width, y + 4.3), (x + width - 1.5, y + height + 4.1), (x - 1.4, y + height))
    box = Box(x=x - 1.4, y=y, width=width + 1.4, height=height + 4.3)
    return Detection(box=box, quad=Quad(corners=corners), confidence=0.9)


@pytest.mark.parametrize("place", [(100.3, 80.7), (0.5, 0.4), (250.2, 170.9), (-3.0, 90.0)])
def test_what_is_cut_out_reads_like_the_whole_picture(place: tuple[float, float]) -> None:
    picture = np.random.default_rng(3).integers(0, 255, (200, 320, 3), np.uint8)
    plate = plate_at(*place)
    part, inside = cut_around(picture, plate)
    assert part.size < picture.size / 5
    whole, cut = (
        flattened(pixels, one.quad, two_line=False).astype(int) for pixels, one in ((picture, plate), (part, inside))
    )
    assert np.abs(whole - cut).max() <= 1


def test_only_what_is_chosen_is_sent_to_be_read_and_the_rest_is_seen_all_the_same() -> None:
    class EverySecond(EveryPlate):
        def choose(self, captured_at: datetime, found: Sequence[Detection]) -> list[bool]:
            return [frame_number(captured_at) % 2 == 0 for _ in found]

    flowing = Flowing([[0, 1, 2]], road={number: ["AB12CDE"] for number in range(3)}, choice=EverySecond())
    flowing.run()
    assert flowing.reader.recognised == [[0, 2]]
    assert [plates for _, _, plates in flowing.tracker.observed] == [1, 1, 1]
    assert flowing.kept == ["AB12CDE"]


def test_what_is_read_does_not_depend_on_how_frames_are_batched() -> None:
    def read_of(script: list[list[int]]) -> list[int]:
        flowing = Flowing(
            script, road={number: ["AB12CDE"] for number in range(24)}, choice=ReadingChoice(TrackSettings())
        )
        flowing.run()
        return [number for asked in flowing.reader.recognised for number in asked]

    whole = read_of([list(range(start, start + 8)) for start in (0, 8, 16)])
    assert whole == read_of([[number] for number in range(24)])
    assert len(whole) == 3


def test_a_batch_in_which_nothing_is_found_has_nothing_read() -> None:
    flowing = Flowing([[0, 1]])
    flowing.run()
    assert flowing.reader.recognised == []


def test_plates_are_chosen_in_the_order_of_their_frames_though_the_finds_of_later_ones_come_first() -> None:
    times: list[datetime] = []

    class Noting(EveryPlate):
        def choose(self, captured_at: datetime, found: Sequence[Detection]) -> list[bool]:
            times.append(captured_at)
            return [True] * len(found)

    road = {number: ["AB12CDE"] for number in range(3)}
    flowing = Flowing([[0], [1], [2]], road=road, held=True, batch_frames=1, batches_in_flight=3, choice=Noting())
    for _ in range(3):
        flowing.flow.step()
    for which in (2, 1, 0):
        flowing.reader.answer(which)
    flowing.run()
    assert times == [frame(number).captured_at for number in range(3)]


class Short(ScriptedReader):
    """Leaves out the last answer of what is asked."""

    def __init__(self, *, of: str) -> None:
        super().__init__({0: ["AB12CDE"]}, held=False, broken=None)
        self._of = of

    def find(self, images: Sequence[Pixels], sides: Sequence[int]) -> Future[list[tuple[Detection, ...]]]:
        return self._shortened(super().find(images, sides), "find")

    def recognise(self, plates: Sequence[tuple[Pixels, Detection]]) -> Future[list[PlateText | None]]:
        return self._shortened(super().recognise(plates), "recognise")

    def _shortened(self, answer: Future[list[Any]], what: str) -> Future[list[Any]]:
        if self._of != what:
            return answer
        shorter: Future[list[Any]] = Future()
        shorter.set_result(answer.result()[:-1])
        return shorter


@pytest.mark.parametrize("of", ["find", "recognise"])
def test_an_answer_that_does_not_fit_is_no_empty_road(of: str) -> None:
    looking = Looking([frame(0)], Short(of=of), 0.0)

    def ask() -> None:
        looking.choose(EveryPlate())
        looking.seen()

    with pytest.raises(RuntimeError, match="1 were asked for, 0 were answered"):
        ask()


def test_what_is_found_in_a_part_of_a_picture_is_placed_in_the_picture_unless_the_part_cuts_it_off() -> None:
    asked: list[tuple[tuple[int, ...], int]] = []
    found, cut_off = plate_at(20.0, 10.0), plate_at(98.0, 40.0)

    class Part(ScriptedReader):
        def find(self, images: Sequence[Pixels], sides: Sequence[int]) -> Future[list[tuple[Detection, ...]]]:
            asked.extend((image.shape, side) for image, side in zip(images, sides, strict=True))
            answer: Future[list[tuple[Detection, ...]]] = Future()
            answer.set_result([(found, cut_off) for _ in images])
            return answer

    picture = replace(
        frame(0), pixels=np.zeros((200, 320, 3), np.uint8), search=Box(x=100, y=50, width=160, height=140)
    )
    looking = Looking([picture], Part({0: ["AB12CDE"]}, held=False, broken=None), 0.0)
    looking.choose(EveryPlate())
    [[(plate, _, _)]] = looking.seen()
    assert asked == [((140, 160, 3), 320)]
    assert (plate.box.x, plate.box.y) == (found.box.x + 100, found.box.y + 50)
    assert plate.quad.corners[2] == (found.quad.corners[2][0] + 100, found.quad.corners[2][1] + 50)


@pytest.mark.parametrize(
    ("follow", "asked"), [(True, [[0, 4, 5, 9], [1, 2], [3], [6, 7], [8]]), (False, [list(range(10))])]
)
def test_three_of_four_looks_at_a_part_wait_for_what_the_looks_before_them_find(
    follow: bool, asked: list[list[int]]
) -> None:
    # the first and the sixth are at the whole picture
    parts = {number: Box(x=0, y=0, width=100, height=60) for number in (1, 2, 3, 4, 6, 7, 8, 9)}
    flowing = Flowing([list(range(10))], parts=parts, follow=follow, batch_frames=10)
    flowing.run()
    assert flowing.reader.submitted == asked


def test_of_looks_that_are_far_apart_none_leaves_a_settled_plate_out() -> None:
    numbers = [0, 10, 20, 30, 40, 42, 44]
    parts = {number: Box(x=0, y=0, width=100, height=60) for number in numbers[1:]}
    flowing = Flowing([numbers], parts=parts, follow=True)
    flowing.run()
    # each waits for the one before it, but for those in full; two that come soon after one are asked for together
    assert flowing.reader.submitted == [[0, 40], [10], [20], [30], [42, 44]]


def test_frames_that_nobody_looks_at_cost_no_call() -> None:
    reader = ScriptedReader({}, held=False, broken=None)
    looking = Looking([frame(0, HeldBack.QUIET)], reader, 0.0)
    looking.choose(EveryPlate())
    assert (looking.looked_at, looking.seen(), reader.submitted) == (0, [[]], [])


def frame_number(captured_at: datetime) -> int:
    return round((captured_at - frame(0).captured_at).total_seconds() * 25)
