"""Turns the counters of a feed and its flow into metrics: they count, whoever runs them publishes."""

from __future__ import annotations

from collections import Counter

from pipeline import metrics
from pipeline.admitted import AdmittedFeed
from pipeline.capture.feed import Feed, FeedState
from pipeline.domain.ports import Clock
from pipeline.flow import CameraFlow

_COUNTERS = {
    "frames": metrics.FRAMES,
    "frames_dropped": metrics.FRAMES_DROPPED,
    "decode_faults": metrics.DECODE_FAULTS,
    "reconnects": metrics.RECONNECTS,
    "stalls": metrics.STALLS,
    "clock_jumps": metrics.CLOCK_JUMPS,
}


class FlowObserver:
    """Publishes what has been counted since the last look. `camera` is the feed's name, never its URL."""

    def __init__(self, camera: str, clock: Clock) -> None:
        self._camera = camera
        self._clock = clock
        self._frames = 0
        self._seen = dict.fromkeys(_COUNTERS, 0)
        self._rejected: Counter[str] = Counter()

    def observe(self, feed: Feed | AdmittedFeed, flow: CameraFlow) -> None:
        counters = feed.counters
        for name, metric in _COUNTERS.items():
            now = getattr(counters, name)
            metric.labels(self._camera).inc(now - self._seen[name])
            self._seen[name] = now
        if counters.frames > self._frames:
            self._frames = counters.frames
            metrics.CAMERA_LAST_FRAME.labels(self._camera).set(self._clock.now().timestamp())
        for state in FeedState:
            metrics.CAMERA_STATE.labels(self._camera, state.value).set(state is feed.state)
        metrics.BUFFERED_FRAMES.labels(self._camera).set(feed.buffered)
        metrics.BATCHES_IN_FLIGHT.labels(self._camera).set(flow.batches_in_flight)
        rejected = Counter(flow.rejections)
        for reason, number in rejected.items():
            metrics.PASSAGES_REJECTED.labels(self._camera, reason).inc(number - self._rejected[reason])
        self._rejected = rejected
