"""The bounded buffer between the thread that decodes and whoever takes frames.

Promise: frames leave in the order they came. Shedding, a full buffer waits at most `patience_seconds` and then loses
its oldest frame and counts it, and a taker that comes too late anyway may have it lose all but the newest; lossless,
`put` waits for room. Only frames with pixels take room; the others are a few
bytes each, and of those it holds the newest `_MOST_BARE`.

On failure: nothing raises; after `close` `put` refuses, and what is inside can still be taken.
"""

from __future__ import annotations

import threading
from collections import deque

from pipeline.domain.plate import Frame

_MOST_BARE = 1000
_BARE_TOGETHER = 16


class FrameBuffer:
    """Holds at most `capacity` frames with pixels. One thread puts, any number take."""

    def __init__(self, *, capacity: int, lossless: bool) -> None:
        self._capacity = capacity
        self._lossless = lossless
        self._frames: deque[Frame] = deque()
        self._with_pixels = 0
        self._changed = threading.Condition()
        self._closed = False
        self._dropped = self._dropped_before = 0

    def put(self, frame: Frame, patience_seconds: float = 0.0) -> bool:
        """Add `frame`; False if the buffer is closed."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._has_room(frame), None if self._lossless else patience_seconds
            )
            if self._closed:
                return False
            if not self._has_room(frame):
                self._shed(with_pixels=frame.pixels is not None)
            self._with_pixels += frame.pixels is not None
            self._frames.append(frame)
            # frames without pixels can wait for the next one with: nobody is woken for each of them
            if frame.pixels is not None or len(self._frames) - self._with_pixels >= _BARE_TOGETHER:
                self._changed.notify_all()
            return True

    def take(self, limit: int, wait_seconds: float, newest: int | None = None) -> list[Frame]:
        """Return frames, up to `limit` with pixels, waiting at most `wait_seconds` for the first; none wait once
        closed. Shedding, and if anything was lost since the last call or by it, of those with pixels no more than the
        `newest` are left: the others are lost and counted. A burst that waits for room loses nothing by that."""
        with self._changed:
            self._changed.wait_for(self._is_worth_taking, wait_seconds)
            too_late = self._dropped > self._dropped_before
            self._dropped_before = self._dropped
            while newest is not None and too_late and self._with_pixels > newest:
                self._shed(with_pixels=True)
            taken: list[Frame] = []
            looked_at = 0
            while self._frames and looked_at + (self._frames[0].pixels is not None) <= limit:
                taken.append(self._frames.popleft())
                looked_at += taken[-1].pixels is not None
            self._with_pixels -= looked_at
            if taken:
                self._changed.notify_all()
            return taken

    def _is_worth_taking(self) -> bool:
        return self._closed or self._with_pixels > 0 or len(self._frames) >= _BARE_TOGETHER

    def _has_room(self, frame: Frame) -> bool:
        if frame.pixels is None:
            return len(self._frames) - self._with_pixels < _MOST_BARE
        return self._with_pixels < self._capacity

    def _shed(self, *, with_pixels: bool) -> None:
        """Lose the oldest frame with pixels, or without."""
        oldest = next(at for at, one in enumerate(self._frames) if (one.pixels is not None) == with_pixels)
        self._with_pixels -= with_pixels
        del self._frames[oldest]
        self._dropped += 1

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def clear(self) -> None:
        with self._changed:
            self._frames.clear()
            self._with_pixels = 0

    @property
    def drained(self) -> bool:
        """True once no frame will ever come out again."""
        with self._changed:
            return self._closed and not self._frames

    @property
    def dropped(self) -> int:
        return self._dropped

    def __len__(self) -> int:
        return self._with_pixels
