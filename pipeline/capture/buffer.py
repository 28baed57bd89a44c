"""The bounded buffer between the thread that decodes and whoever takes frames.

Promise: frames leave in the order they came. Shedding, a full buffer loses its oldest frame and counts it; lossless,
`put` waits for room.

On failure: nothing raises; after `close` `put` refuses, and what is inside can still be taken.
"""

from __future__ import annotations

import threading
from collections import deque

from pipeline.domain.plate import Frame


class FrameBuffer:
    """Holds at most `capacity` frames. One thread puts, any number take."""

    def __init__(self, *, capacity: int, lossless: bool) -> None:
        self._capacity = capacity
        self._lossless = lossless
        self._frames: deque[Frame] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._dropped = 0

    def put(self, frame: Frame) -> bool:
        """Add `frame`; False if the buffer is closed."""
        with self._changed:
            if self._lossless:
                self._changed.wait_for(lambda: self._closed or len(self._frames) < self._capacity)
            if self._closed:
                return False
            if len(self._frames) >= self._capacity:
                self._frames.popleft()
                self._dropped += 1
            self._frames.append(frame)
            self._changed.notify_all()
            return True

    def take(self, limit: int, wait_seconds: float) -> list[Frame]:
        """Return up to `limit` frames, waiting at most `wait_seconds` for the first; none wait once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._frames), wait_seconds)
            taken = [self._frames.popleft() for _ in range(min(limit, len(self._frames)))]
            if taken:
                self._changed.notify_all()
            return taken

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def clear(self) -> None:
        with self._changed:
            self._frames.clear()

    @property
    def drained(self) -> bool:
        """True once no frame will ever come out again."""
        with self._changed:
            return self._closed and not self._frames

    @property
    def dropped(self) -> int:
        return self._dropped

    def __len__(self) -> int:
        return len(self._frames)
