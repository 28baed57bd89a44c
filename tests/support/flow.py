"""One camera's flow with ends that a test writes as data: what the feed gives, what each frame shows, what refuses."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from pipeline.capture.settings import CaptureSettings
from pipeline.domain.plate import (
    Box,
    CameraId,
    ClosedBecause,
    Detection,
    Frame,
    HeldBack,
    Passage,
    PassageId,
    Pixels,
    PlateText,
    Quad,
    Sighting,
)
from pipeline.domain.ports import PositionSource, SeenPlate, SightingChoice
from pipeline.domain.read import CaptureRecord, ClockState
from pipeline.errors import AnprError
from pipeline.flow import CameraFlow, PassageRead
from pipeline.settings import FeedSettings, FlowSettings
from tests.support.clock import ManualClock
from tests.support.sightings import plate_text

CAMERA = CameraId("flow-gate")
START = ManualClock().now()
VERSION = "models-1"
Answer = list[tuple[Detection, ...]]


def frame(sequence: int, held_back: HeldBack | None = None, search: Box | None = None) -> Frame:
    """A picture that bears its own number, unless it is held back."""
    return Frame(
        camera_id=CAMERA,
        sequence=sequence,
        captured_at=START + timedelta(seconds=sequence / 25),
        pixels=None if held_back else np.full((60, 120, 3), sequence, np.uint8),
        held_back=held_back,
        search=search,
        decoded_at=100.0,
    )


def number_of(pixels: Pixels) -> int:
    return int(pixels[0, 0, 0])


def seen(text: str | None) -> SeenPlate:
    """A plate in the middle of the picture; None is illegible."""
    corners = ((40.0, 30.0), (80.0, 30.0), (80.0, 40.0), (40.0, 40.0))
    box = Box(x=40, y=30, width=40, height=10)
    detection = Detection(box=box, quad=Quad(corners=corners), confidence=0.9)
    return detection, None if text is None else plate_text(text)


class ScriptedFeed:
    """Gives one item of its script for each `take`: frames, none, or an error; then the stream has ended.

    Of the frames, those named are held back, and those named are searched in a part.
    """

    clock_state = ClockState.FILE

    def __init__(
        self,
        script: Sequence[Sequence[int] | AnprError],
        held_back: Mapping[int, HeldBack],
        parts: Mapping[int, Box],
    ) -> None:
        self._script = deque(script)
        self._held_back = held_back
        self._parts = parts
        self.taken = 0
        self.limits: list[int] = []
        self.newest: list[int | None] = []

    def take(self, limit: int, wait_seconds: float, newest: int | None = None) -> list[Frame]:
        self.taken += 1
        self.limits.append(limit)
        self.newest.append(newest)
        if not self._script:
            return []
        given = self._script.popleft()
        if isinstance(given, AnprError):
            raise given
        assert len(given) <= limit, "the script gives more frames than were asked for"
        return [frame(number, self._held_back.get(number), self._parts.get(number)) for number in given]

    @property
    def ended(self) -> bool:
        return not self._script


class EveryPlate:
    """Has all of them read."""

    def kept(self, captured_at: datetime, found: Sequence[Detection]) -> list[Detection]:
        return list(found)

    def choose(self, captured_at: datetime, found: Sequence[Detection]) -> list[bool]:
        return [True] * len(found)


class ScriptedReader:
    """Sees in each frame what the script says; a `held` one answers only when told to. Texts come at once."""

    version = VERSION

    def __init__(self, road: Mapping[int, Sequence[str | None]], *, held: bool, broken: Exception | None) -> None:
        self._road = road
        self._held = held
        self._broken = broken
        self.submitted: list[list[int]] = []
        self.recognised: list[list[int]] = []
        self.unanswered: deque[tuple[list[int], Future[Answer]]] = deque()

    def find(self, images: Sequence[Pixels], sides: Sequence[int]) -> Future[Answer]:
        numbers = [number_of(image) for image in images]
        self.submitted.append(numbers)
        answer: Future[Answer] = Future()
        self.unanswered.append((numbers, answer))
        if not self._held:
            self.answer(0)
        return answer

    def answer_what_comes(self) -> None:
        """From now on answer at once."""
        self._held = False

    def answer(self, which: int) -> None:
        """Answer the `which`-th of the batches that wait for it."""
        numbers, answer = self.unanswered[which]
        del self.unanswered[which]
        if self._broken is not None:
            answer.set_exception(self._broken)
        else:
            answer.set_result([tuple(seen(text)[0] for text in self._road.get(number, ())) for number in numbers])

    def recognise(self, plates: Sequence[tuple[Pixels, Detection]]) -> Future[list[PlateText | None]]:
        read: Future[list[PlateText | None]] = Future()
        asked = [number_of(pixels) for pixels, _ in plates]
        self.recognised.append(asked)
        # the plates of one picture are asked for in the order in which they were found
        nth = [asked[:at].count(number) for at, number in enumerate(asked)]
        read.set_result([seen(self._road[number][at])[1] for number, at in zip(asked, nth, strict=True)])
        return read


class ScriptedTracker:
    """Takes all sightings as one vehicle, whose passage ends at the frames named and at the end."""

    def __init__(self, ends: Collection[int]) -> None:
        self._ends = ends
        self._open: list[Sighting] = []
        self.observed: list[tuple[int, datetime, int]] = []
        self.flushes = 0

    @property
    def rejections(self) -> Mapping[str, int]:
        return {}

    def observe(self, sequence: int, captured_at: datetime, sightings: Sequence[Sighting]) -> list[Passage]:
        self.observed.append((sequence, captured_at, len(sightings)))
        # a tracker keeps the pictures of one sighting only
        kept = [replace(one, patch=None, overview=None) for one in sightings] if self._open else sightings
        self._open.extend(kept)
        return self._end(ClosedBecause.GONE) if sequence in self._ends else []

    def flush(self) -> list[Passage]:
        self.flushes += 1
        return self._end(ClosedBecause.STREAM_ENDED)

    def _end(self, why: ClosedBecause) -> list[Passage]:
        sightings, self._open = tuple(self._open), []
        if not sightings:
            return []
        name = PassageId(f"passage-{sightings[0].sequence}")
        return [Passage(passage_id=name, camera_id=CAMERA, sightings=sightings, closed_because=why)]


@dataclass
class ScriptedJournal:
    """Keeps records; raises the next of `refusals` first."""

    refusals: deque[AnprError] = field(default_factory=deque)
    kept: list[CaptureRecord] = field(default_factory=list)
    asked: int = 0

    def append(self, records: Sequence[CaptureRecord]) -> int:
        self.asked += 1
        if self.refusals:
            raise self.refusals.popleft()
        self.kept.extend(records)
        return len(self.kept)


class Flowing:
    """A flow and its ends. `road` says which texts are in which frame, `ends` after which frames a passage is over."""

    def __init__(
        self,
        script: Sequence[Sequence[int] | AnprError],
        *,
        road: Mapping[int, Sequence[str | None]] | None = None,
        ends: Collection[int] = (),
        held_back: Mapping[int, HeldBack] | None = None,
        parts: Mapping[int, Box] | None = None,
        refusals: Sequence[AnprError] = (),
        held: bool = False,
        broken: Exception | None = None,
        camera: FeedSettings | None = None,
        positions: PositionSource | None = None,
        choice: SightingChoice | None = None,
        **settings: Any,
    ) -> None:
        self.feed = ScriptedFeed(script, held_back or {}, parts or {})
        self.reader = ScriptedReader(road or {}, held=held, broken=broken)
        self.tracker = ScriptedTracker(ends)
        self.journal = ScriptedJournal(refusals=deque(refusals))
        self.clock = ManualClock()
        self.told: list[PassageRead] = []
        self.flow = CameraFlow(
            name=CAMERA,
            camera=camera or FeedSettings(url="rtsp://nowhere"),
            camera_id=CAMERA,
            feed=self.feed,
            plates=self.reader,
            choice=choice or EveryPlate(),
            tracker=self.tracker,
            journal=self.journal,
            clock=self.clock,
            settings=FlowSettings(**settings),
            capture=CaptureSettings(),
            positions=positions,
            on_read=self.told.append,
        )

    def run(self) -> None:
        """Step to the end; time passes between steps."""
        for _ in range(100):
            if not self.flow.step():
                return
            self.clock.advance(0.5)
        raise AssertionError("the flow never ended")

    @property
    def kept(self) -> list[str]:
        return [record.read.vrm for record in self.journal.kept]
