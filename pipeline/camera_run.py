"""One camera's feed and flow, from its beginning to its end, and again whenever it was stopped and is admitted anew.

Promise: `until_the_end` returns when the stream has ended and every read is durable.
On failure: what ended the feed or the flow is raised.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from pipeline.admitted import AdmittedFeed
from pipeline.domain.ports import Clock
from pipeline.flow import CameraFlow
from pipeline.observe import FlowObserver


class CameraRun:
    """`feed` and `flow` make new ones; `name` is the feed's name, for metrics."""

    def __init__(
        self,
        name: str,
        *,
        feed: Callable[[], AdmittedFeed],
        flow: Callable[[AdmittedFeed], CameraFlow],
        pause_seconds: float,
        clock: Clock,
    ) -> None:
        self._name = name
        self._new_feed = feed
        self._new_flow = flow
        self._pause_seconds = pause_seconds
        self._clock = clock
        self._begin()

    def until_the_end(self, stopping: threading.Event) -> None:
        """Run until the stream ends or `stopping` is set. A camera that was stopped waits to be admitted again."""
        self._once(stopping)
        while self.feed.halted and not stopping.is_set():
            self._begin()
            self._once(stopping)

    def _begin(self) -> None:
        self.feed = self._new_feed()
        self.flow = self._new_flow(self.feed)
        self._observer = FlowObserver(self._name, self._clock)

    def _once(self, stopping: threading.Event) -> None:
        try:
            while not stopping.is_set() and self.flow.step():
                self._observer.observe(self.feed, self.flow)
                if self.flow.reads_waiting:
                    stopping.wait(self._pause_seconds)
            self.flow.drain()
        finally:
            self._observer.observe(self.feed, self.flow)
            self.feed.close()
