"""A feed that runs only while its camera is admitted.

Promise: no connection is made to a camera that is not admitted. One that is withdrawn while it runs gives no frame
more once that was looked up, every `look_every_seconds`: frames that wait in the buffer are dropped, the stream is
closed, and the feed has ended, so that what was captured before becomes durable; `halted` tells the runner to make a
new one, which waits for admission. Every stop is an alarm: a metric and a warning, without the place.
On failure: as `pipeline/capture/feed.py`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from pipeline import metrics
from pipeline.capture.feed import Feed, FeedCounters, FeedState
from pipeline.domain.camera import Admission, Admitted, NotAdmitted
from pipeline.domain.plate import Frame
from pipeline.domain.ports import Clock
from pipeline.domain.read import ClockState

log = logging.getLogger(__name__)
_NOTHING = FeedCounters(frames=0, frames_dropped=0, decode_faults=0, reconnects=0, stalls=0, clock_jumps=0)


class AdmittedFeed:
    """Opens its feed when it may, closes it when it may no longer. `camera` is the feed's name, for metrics."""

    def __init__(
        self,
        camera: str,
        open_: Callable[[], Feed],
        admission: Callable[[], Admission],
        *,
        clock: Clock,
        look_every_seconds: float,
    ) -> None:
        self._camera = camera
        metrics.CAMERA_HALTS.labels(camera)
        self._open = open_
        self._admission = admission
        self._clock = clock
        self._look_every_seconds = look_every_seconds
        self._look_at = clock.monotonic()
        self._feed: Feed | None = None
        self._refused = ""
        self._closed = threading.Event()
        self.halted = False
        """True once admission was lost: this feed has ended, and a new one would wait."""
        self._look()

    def take(self, limit: int, wait_seconds: float, newest: int | None = None) -> list[Frame]:
        """Return frames as a feed does; none while the camera is not admitted."""
        self._look()
        if self._feed is None or self.halted:
            if not self.halted:
                self._closed.wait(wait_seconds)
            return []
        return self._feed.take(limit, wait_seconds, newest)

    @property
    def ended(self) -> bool:
        return self.halted or self._closed.is_set() or (self._feed is not None and self._feed.ended)

    @property
    def state(self) -> FeedState:
        if self.halted or self._feed is None:
            return FeedState.NOT_ADMITTED
        return self._feed.state

    @property
    def counters(self) -> FeedCounters:
        return self._feed.counters if self._feed else _NOTHING

    @property
    def clock_state(self) -> ClockState:
        return self._feed.clock_state if self._feed else ClockState.RECEIPT

    @property
    def buffered(self) -> int:
        return self._feed.buffered if self._feed else 0

    def close(self) -> None:
        self._closed.set()
        if self._feed is not None:
            self._feed.close()

    def _look(self) -> None:
        now = self._clock.monotonic()
        if self.halted or self._closed.is_set() or now < self._look_at:
            return
        self._look_at = now + self._look_every_seconds
        admission = self._admission()
        metrics.CAMERA_NOT_ADMITTED.labels(self._camera).set(isinstance(admission, NotAdmitted))
        if isinstance(admission, Admitted):
            self._refused = ""
            self._feed = self._feed or self._open()
            return
        if self._feed is not None:
            self.halted = True
            metrics.CAMERA_HALTS.labels(self._camera).inc()
            log.warning("camera %s: STOPPED, it may run no longer: %s", self._camera, admission.reason)
            self._feed.close()
        elif admission.reason != self._refused:
            log.warning("camera %s: does not run: %s", self._camera, admission.reason)
        self._refused = admission.reason
