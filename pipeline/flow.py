"""The whole dataflow of one camera, top to bottom:

frames worth a look -> plates -> those worth reading -> sightings -> passages -> one voted text -> one durable read

The same class runs in process and inside a Ray actor; only the `PlateReader` and the `Journal` it is given differ.

On failure: an error that a retry can mend (a full disk) holds the reads and stops taking frames until the journal has
them, so only the camera's buffer sheds, and counts what it sheds. Every other error is raised to the runner.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from pipeline import metrics
from pipeline.capture.pictures import encode_jpeg, overview_of, patch_of, shrunk
from pipeline.capture.settings import CaptureSettings
from pipeline.domain.plate import CameraId, Detection, Frame, HeldBack, Passage, Picture, PlateText, Sighting
from pipeline.domain.ports import (
    CameraFeed,
    Clock,
    JournalWriter,
    PlateReader,
    PositionSource,
    SightingChoice,
    Tracker,
)
from pipeline.domain.read import CaptureRecord, FeedId, Location, SourceId
from pipeline.errors import AnprError
from pipeline.looking import Looking
from pipeline.pace import BatchPace
from pipeline.quality import count_read
from pipeline.searching import Known, Look
from pipeline.settings import FeedSettings, FlowSettings
from pipeline.track.assemble import read_of
from pipeline.track.vote import vote

log = logging.getLogger(__name__)
_SETTLED_SECONDS = 0.21
"""Looks further apart than at five a second leave no plate out: it would be forgotten from one to the next."""
_BETWEEN = Look.UNSETTLED, Look.KNOWN, Look.UNSETTLED
"""The looks between two in full."""
_TRACK = metrics.STAGE_SECONDS.labels("track")


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageRead:
    """A record on its way to the journal, and the passage it came of in frames of its feed (from 0, inclusive)."""

    record: CaptureRecord
    first_frame: int
    last_frame: int
    decoded_at: float


class CameraFlow:
    """Turns one camera's frames into durable reads. `step` until it returns False, or `drain` to end sooner.

    `name` is the feed's name, for metrics. With `positions` each read is where the vehicle was when it was pictured.
    """

    def __init__(
        self,
        *,
        name: str,
        camera: FeedSettings,
        camera_id: CameraId,
        feed: CameraFeed,
        plates: PlateReader,
        choice: SightingChoice,
        tracker: Tracker,
        journal: JournalWriter,
        clock: Clock,
        settings: FlowSettings,
        capture: CaptureSettings,
        positions: PositionSource | None = None,
        on_read: Callable[[PassageRead], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._retries = metrics.JOURNAL_RETRIES.labels(name)
        self._plates_found = metrics.PLATES.labels(name)
        self._plates_read = metrics.PLATES_READ.labels(name)
        self._plates_illegible = metrics.PLATES_ILLEGIBLE.labels(name)
        self._positions_missing = metrics.POSITIONS_MISSING.labels(name)
        self._to_journal = metrics.FRAME_TO_JOURNAL.labels(name)
        self._camera = camera
        self._camera_id = camera_id
        self._feed = feed
        self._plates = plates
        self._choice = choice
        self._tracker = tracker
        self._journal = journal
        self._clock = clock
        self._settings = settings
        self._capture = capture
        self._positions = positions
        self._on_read = on_read
        self._pace = BatchPace(most=settings.batch_frames, within_seconds=settings.answer_within_seconds)
        self._gathered: list[Frame] = []
        self._in_flight: deque[Looking] = deque()
        self._since_full = 0
        """Looks since the last one in full."""
        self._looked_at: datetime | None = None
        self._known = Known()
        """Of the looks whose plates were chosen."""
        self._waiting: list[PassageRead] = []
        self._append_again_at = 0.0
        self._flushed = False

    @property
    def batches_in_flight(self) -> int:
        return len(self._in_flight)

    @property
    def reads_waiting(self) -> int:
        """Reads that the journal has refused so far and that will be offered again."""
        return len(self._waiting)

    @property
    def rejections(self) -> Mapping[str, int]:
        """Plates that were followed and gave no read of their own, by reason."""
        return self._tracker.rejections

    def step(self) -> bool:
        """Move the flow on a little. False once the stream has ended and every read of it is durable."""
        if self._waiting:
            self._append()
            if self._waiting:
                return True
        room = max(self._pace.size - len(self._gathered), 1)
        frames = self._feed.take(room, self._settings.batch_wait_seconds, self._pace.newest)
        self._gathered += frames
        while self._in_flight and (not frames or self._must_collect()):
            self._collect()
        # while the models are busy with what came before, frames gather: few calls cost less than many
        if self._gathered and (not self._in_flight or len(self._gathered) >= self._pace.size):
            self._submit()
            while self._in_flight and self._must_collect():
                self._collect()
        if not frames and self._feed.ended and not self._in_flight and not self._flushed:
            self._finish(self._tracker.flush(), decoded_at=self._clock.monotonic())
            self._flushed = True
        return not (self._flushed and not self._waiting)

    def drain(self) -> None:
        """End now: what is under way becomes reads, and they become durable, or the journal's error is raised."""
        if self._gathered:
            self._submit()
        while self._in_flight:
            self._collect()
        if not self._flushed:
            self._finish(self._tracker.flush(), decoded_at=self._clock.monotonic())
            self._flushed = True
        if self._waiting:
            self._append_now()

    def _must_collect(self) -> bool:
        self._choose()
        return len(self._in_flight) > self._settings.batches_in_flight or self._in_flight[0].is_done

    def _submit(self) -> None:
        frames, self._gathered = self._gathered, []
        for why in HeldBack:
            metrics.FRAMES_HELD_BACK[why].labels(self._name).inc(sum(frame.held_back is why for frame in frames))
        kinds = [self._kind_of(frame) for frame in frames]
        self._in_flight.append(Looking(frames, self._plates, self._clock.monotonic(), kinds))
        metrics.FRAMES_LOOKED_AT.labels(self._name).inc(self._in_flight[-1].looked_at)

    def _choose(self) -> None:
        """Have read what is worth it of all that is found, as far as nothing before it is still searched."""
        for batch in self._in_flight:
            if not batch.is_chosen:
                if not batch.is_found(self._known):
                    return
                self._known = batch.choose(self._choice, self._known)

    def _kind_of(self, frame: Frame) -> Look:
        """Return what a look at `frame` searches: of a part, in full every so often only."""
        if frame.pixels is None:
            return Look.FULL
        before, self._looked_at = self._looked_at, frame.captured_at
        full = not self._settings.follow or frame.search is None or self._since_full == len(_BETWEEN)
        self._since_full = 0 if full else self._since_full + 1
        if full:
            return Look.FULL
        is_soon = before is not None and abs((frame.captured_at - before).total_seconds()) <= _SETTLED_SECONDS
        return _BETWEEN[self._since_full - 1] if is_soon else Look.KNOWN

    def _collect(self) -> None:
        batch = self._in_flight[0]
        if not batch.is_chosen:
            self._known = batch.choose(self._choice, self._known)
        seen = batch.seen()
        self._in_flight.popleft()
        if batch.looked_at:
            self._pace.answered(batch.looked_at, self._clock.monotonic() - batch.submitted_at)
        for frame, plates in zip(batch.frames, seen, strict=True):
            sightings = [
                self._sighting(frame, frame.pixels, one, text) for one, text, _ in plates if frame.pixels is not None
            ]
            read = [text for _, text, was_read in plates if was_read]
            self._plates_found.inc(len(sightings))
            self._plates_read.inc(len(read))
            self._plates_illegible.inc(read.count(None))
            with _TRACK.time():
                passages = self._tracker.observe(frame.sequence, frame.captured_at, sightings)
            if passages:
                self._finish(passages, decoded_at=frame.decoded_at)

    def _sighting(self, frame: Frame, pixels: Picture, found: Detection, text: PlateText | None) -> Sighting:
        return Sighting(
            camera_id=self._camera_id,
            sequence=frame.sequence,
            captured_at=frame.captured_at,
            detection=found,
            text=text,
            patch=patch_of(pixels, found.box),
            overview=overview_of(pixels, found.box),
        )

    def _finish(self, passages: Sequence[Passage], *, decoded_at: float) -> None:
        for passage in passages:
            finished = self._read(passage, decoded_at)
            if finished is None:
                metrics.PASSAGES_REJECTED.labels(self._name, "no-text").inc()
            else:
                self._waiting.append(finished)
        if self._waiting:
            self._append()

    def _read(self, passage: Passage, decoded_at: float) -> PassageRead | None:
        text = vote(passage)
        if text is None:
            return None
        pictured = next((one for one in passage.sightings if one.patch is not None), None)
        if pictured is None or pictured.patch is None or pictured.overview is None:
            raise RuntimeError("a passage reached its end without a picture: the tracker must keep the best one")
        patch = encode_jpeg(np.asarray(pictured.patch, np.uint8), self._capture.patch_limit_bytes)
        overview = encode_jpeg(shrunk(np.asarray(pictured.overview, np.uint8)), self._capture.overview_limit_bytes)
        camera = self._camera
        read = read_of(
            passage,
            text,
            feed_id=FeedId(camera.feed_id),
            source_id=SourceId(camera.source_id),
            clock_state=self._feed.clock_state,
            location=self._location_at(pictured.captured_at),
            lane=camera.lane,
            received_at=self._clock.now(),
            patch_jpeg=patch,
            overview_jpeg=overview,
            model_version=self._plates.version,
        )
        return PassageRead(
            record=CaptureRecord(read=read, patch=patch, overview=overview),
            first_frame=passage.sightings[0].sequence,
            last_frame=passage.sightings[-1].sequence,
            decoded_at=decoded_at,
        )

    def _location_at(self, captured_at: datetime) -> Location | None:
        if self._positions is None:
            return _location_of(self._camera)
        where = self._positions.at(captured_at)
        if where is None:
            self._positions_missing.inc()
        return where

    def _append(self) -> None:
        if self._clock.monotonic() < self._append_again_at:
            return
        try:
            self._append_now()
        except AnprError as error:
            if not error.retry_can_help:
                raise
            self._append_again_at = self._clock.monotonic() + self._settings.append_retry_seconds
            self._retries.inc()
            log.warning("%s: the journal refused %d reads, will retry: %s", self._camera_id, len(self._waiting), error)

    def _append_now(self) -> None:
        self._journal.append([one.record for one in self._waiting])
        durable_at = self._clock.monotonic()
        durable, self._waiting = self._waiting, []
        for one in durable:
            count_read(self._name, one.record.read)
            self._to_journal.observe(durable_at - one.decoded_at)
            self._on_read(one)


def _location_of(camera: FeedSettings) -> Location | None:
    if camera.latitude is None or camera.longitude is None:
        return None
    return Location(latitude=camera.latitude, longitude=camera.longitude)
