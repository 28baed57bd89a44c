"""Turns a feed's own counters into metrics: a feed counts, whoever runs it publishes."""

from __future__ import annotations

from pipeline import metrics
from pipeline.capture.feed import Feed, FeedState

_COUNTERS = {
    "frames_decoded": metrics.FRAMES,
    "frames_dropped": metrics.FRAMES_DROPPED,
    "decode_faults": metrics.DECODE_FAULTS,
    "reconnects": metrics.RECONNECTS,
    "stalls": metrics.STALLS,
    "clock_jumps": metrics.CLOCK_JUMPS,
}


class FeedObserver:
    """Publishes what has been counted since the last look. `camera` is the feed's name, never its URL."""

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._seen = dict.fromkeys(_COUNTERS, 0)

    def observe(self, feed: Feed, in_flight: int) -> None:
        counters = feed.counters
        for name, metric in _COUNTERS.items():
            now = getattr(counters, name)
            metric.labels(self._camera).inc(now - self._seen[name])
            self._seen[name] = now
        for state in FeedState:
            metrics.CAMERA_STATE.labels(self._camera, state.value).set(state is feed.state)
        metrics.BUFFERED_FRAMES.labels(self._camera).set(feed.buffered)
        metrics.BATCHES_IN_FLIGHT.labels(self._camera).set(in_flight)
