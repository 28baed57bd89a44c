"""A search that is kept learns by itself, whatever happens to the store, until it is let go."""

from __future__ import annotations

import threading

from pipeline.errors import NotFound
from pipeline.store.search.reading import Stop
from pipeline.store.search.warming import kept_warm


class Learner:
    """Cannot learn at first; then does, twice, and goes on for as long as it may."""

    def __init__(self) -> None:
        self.times = 0
        self.stop: Stop | None = None
        self.learning = threading.Event()

    def warm(self, stop: Stop | None = None) -> int:
        self.times, self.stop = self.times + 1, stop
        if self.times == 1:
            raise NotFound("nothing was ever stored")
        if self.times == 3:
            self.learning.set()
        return 0


def test_a_search_learns_again_and_again_also_after_a_failure_until_it_ends() -> None:
    learner = Learner()
    with kept_warm(learner, every_seconds=0.0):
        assert learner.learning.wait(60)
        assert learner.stop is not None
        assert not learner.stop.asked
    assert learner.stop.asked
    assert "warming" not in {thread.name for thread in threading.enumerate()}
