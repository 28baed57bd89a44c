"""The supervised feed: a thread decodes into a bounded buffer, watches for silence and reconnects.

Promise: of a file every frame is given, the decoder waiting for the taker; of a camera (or a file paced as one) the
newest `buffer_frames`, or fewer where the taker is too late anyway, every lost frame counted. A camera without a frame
for `stall_after_seconds` is `stalled`, is warned of and counted once for each silence, and is opened again for ever,
with growing pauses.

On failure: what no retry can mend, and any error of a file, is raised from every `take` once the frames before it
are taken; a feed is never silently an empty road.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self, cast

from pipeline.capture.address import parse_address
from pipeline.capture.backoff import Backoff
from pipeline.capture.buffer import FrameBuffer
from pipeline.capture.settings import CaptureSettings
from pipeline.capture.source import VideoSource
from pipeline.domain.plate import CameraId, Frame
from pipeline.domain.ports import Clock
from pipeline.domain.read import ClockState
from pipeline.errors import AnprError, Unavailable

log = logging.getLogger(__name__)


class FeedState(StrEnum):
    """What a feed is doing; `ended` and `failed` are final."""

    CONNECTING = "connecting"
    RUNNING = "running"
    STALLED = "stalled"
    RECONNECTING = "reconnecting"
    NOT_ADMITTED = "not-admitted"
    """Nothing is captured: the camera has no approved assessment that is in date."""
    ENDED = "ended"
    FAILED = "failed"


_LATE_SECONDS = 0.2
_PATIENCE_SECONDS = 0.5
"""A group that was held is decoded in a burst, after which the decoder has time: its frames wait for room so long."""
_CROWDED_FRAMES = 3
"""More than wait while the models keep up: their memory is the decoder's, which would keep it for good."""
_RENEWED_SECONDS = 10.0
"""A decoder is not renewed more often: it must then get its memory for pictures again."""
_FINAL = (FeedState.ENDED, FeedState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCounters:
    """What happened since the feed began. `frames` counts all that came, also those that were held back; `reconnects`
    every attempt to open it again."""

    frames: int
    frames_dropped: int
    decode_faults: int
    reconnects: int
    stalls: int
    clock_jumps: int


class Source(Protocol):
    """What a feed supervises; `frames` may be called again after it raised Unavailable."""

    @property
    def live(self) -> bool: ...

    @property
    def clock_state(self) -> ClockState: ...

    @property
    def decode_faults(self) -> int: ...

    @property
    def clock_jumps(self) -> int: ...

    def renew(self) -> None: ...

    def frames(self) -> Iterator[Frame]: ...


class Feed:
    """Decodes from the moment it is made until `close`. `chance` gives the jitter, 0..1."""

    def __init__(
        self,
        source: Source,
        *,
        camera_id: CameraId,
        clock: Clock,
        settings: CaptureSettings,
        realtime: bool = False,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._source = source
        self._camera_id = camera_id
        self._clock = clock
        self._stall_after_seconds = settings.stall_after_seconds
        self._paced = realtime and not source.live
        self._buffer = FrameBuffer(capacity=settings.buffer_frames, lossless=not source.live and not realtime)
        self._backoff = Backoff(
            first_seconds=settings.reconnect_first_seconds,
            limit_seconds=settings.reconnect_limit_seconds,
            chance=chance,
        )
        self._lock = threading.Lock()
        self._phase = FeedState.CONNECTING
        self._error: AnprError | None = None
        self._last_frame = clock.monotonic()
        self._silent = False
        self._frames = self._reconnects = self._stalls = 0
        self._crowded = False
        self._renew_after = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"feed-{camera_id}", daemon=True)
        self._thread.start()

    def take(self, limit: int, wait_seconds: float, newest: int | None = None) -> list[Frame]:
        """Return up to `limit` frames in order, waiting at most `wait_seconds` for the first; else an empty list.

        Of a camera that loses frames no more than the `newest` are left waiting; the others are lost and counted.
        """
        frames = self._buffer.take(limit, wait_seconds, newest)
        if not frames:
            self._watch()
            if self._error is not None and self._buffer.drained and not self._stop.is_set():
                raise self._error.with_traceback(None)
        return frames

    @property
    def ended(self) -> bool:
        """True once the stream is over (or the feed closed) and every frame of it was taken; never after a failure."""
        return self._buffer.drained and (self._error is None or self._stop.is_set())

    @property
    def state(self) -> FeedState:
        return self._watch()

    @property
    def counters(self) -> FeedCounters:
        self._watch()
        return FeedCounters(
            frames=self._frames,
            frames_dropped=self._buffer.dropped,
            decode_faults=self._source.decode_faults,
            reconnects=self._reconnects,
            stalls=self._stalls,
            clock_jumps=self._source.clock_jumps,
        )

    @property
    def clock_state(self) -> ClockState:
        return self._source.clock_state

    @property
    def buffered(self) -> int:
        return len(self._buffer)

    def close(self) -> None:
        """Stop decoding, drop what is buffered and join the thread: at most one read or open timeout."""
        self._stop.set()
        self._buffer.close()
        self._buffer.clear()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        # set first: should this thread die of an error nobody foresaw, the taker must not wait for ever
        end: tuple[FeedState, AnprError | None] = (
            FeedState.FAILED,
            Unavailable(f"camera {self._camera_id}: the capture thread died; its error is on the error output"),
        )
        try:
            self._supervise()
            end = (FeedState.ENDED, None)
        except AnprError as error:
            log.warning("camera %s: capture failed: %s", self._camera_id, error)
            end = (FeedState.FAILED, error)
        finally:
            with self._lock:
                self._phase, self._error = end
            self._buffer.close()

    def _supervise(self) -> None:
        while not self._stop.is_set():
            try:
                self._run_once()
            except Unavailable as error:
                if not self._source.live:
                    raise
                log.warning("camera %s: %s", self._camera_id, error)
            if not self._source.live:
                return
            self._phase = FeedState.RECONNECTING
            self._watch()
            if self._stop.wait(self._backoff.next_seconds()):
                return
            self._reconnects += 1

    def _run_once(self) -> None:
        # an iterator that yields is a generator; closing it closes the video in this thread
        with closing(cast("Generator[Frame]", self._source.frames())) as frames:
            begun: tuple[Frame, float] | None = None
            for frame in frames:
                begun = begun or (frame, self._clock.monotonic())
                if self._paced and self._stop.wait(pace_seconds(*begun, frame, self._clock.monotonic())):
                    return
                with self._lock:
                    self._frames += 1
                    self._last_frame = self._clock.monotonic()
                    self._silent = False
                    self._phase = FeedState.RUNNING
                self._backoff.succeeded()
                late = self._source.live and self._clock.monotonic() - frame.decoded_at > _LATE_SECONDS
                if not self._buffer.put(frame, _PATIENCE_SECONDS if late else 0.0):
                    return
                self._renew_when_over()

    def _renew_when_over(self) -> None:
        """After frames had to wait, have the decoder's memory for them given back."""
        waiting, now = len(self._buffer), self._clock.monotonic()
        self._crowded |= waiting >= _CROWDED_FRAMES
        if self._crowded and waiting <= 1 and now >= self._renew_after:
            self._crowded, self._renew_after = False, now + _RENEWED_SECONDS
            self._source.renew()

    def _watch(self) -> FeedState:
        with self._lock:
            if self._phase in _FINAL or not self._source.live:
                return self._phase
            silence = self._clock.monotonic() - self._last_frame
            if silence <= self._stall_after_seconds:
                return self._phase
            newly, self._silent = not self._silent, True
            self._stalls += newly
        if newly:
            log.warning("camera %s: no frame for %.0f s", self._camera_id, silence)
        return FeedState.STALLED


def pace_seconds(first: Frame, begun: float, frame: Frame, now: float) -> float:
    """Return how long `frame` must wait at `now` if `first` was due at `begun` (both monotonic seconds)."""
    return max(0.0, begun + (frame.captured_at - first.captured_at).total_seconds() - now)


def open_feed(
    url: str, *, camera_id: CameraId, clock: Clock, settings: CaptureSettings, realtime: bool = False
) -> Feed:
    """Return the running feed of the file or camera at `url`. Raises BadInput where `url` is neither."""
    source = VideoSource(parse_address(url), camera_id=camera_id, clock=clock, settings=settings)
    return Feed(source, camera_id=camera_id, clock=clock, settings=settings, realtime=realtime)
