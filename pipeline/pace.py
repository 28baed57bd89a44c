"""How many frames a camera gives the models at once, by how fast they answered the last ones.

Batches as large as the settings allow are best while the models are free. Where several cameras want more than the
models can do, all that is under way waits for all the rest: large batches then only make every read late, for what is
too much is shed in any case.

On failure: nothing here fails.
"""

from __future__ import annotations

_FEWEST = 2
"""Of frames that wait: one may come while the one before it is taken."""


class BatchPace:
    """The size of the next batch: at most `most`, at least 1, and answered within about `within_seconds`."""

    def __init__(self, *, most: int, within_seconds: float) -> None:
        self._most = most
        self._within_seconds = within_seconds
        self._size = float(most)

    @property
    def size(self) -> int:
        return max(1, int(self._size))

    @property
    def newest(self) -> int | None:
        """How many of the frames that wait are worth keeping: where the models are busy, what is looked at is one of
        several, and had better be one of the last. None while they are free."""
        return None if self.size == self._most else max(self.size, _FEWEST)

    def answered(self, frames: int, seconds: float) -> None:
        """Note how long the models took for a batch of so many frames: at once smaller, but only slowly larger."""
        possible = frames * self._within_seconds / seconds if seconds > 0 else float(self._most)
        self._size = min(float(self._most), possible, self._size + 1)
