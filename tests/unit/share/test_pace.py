"""How large the next batch is, and how long a failure is waited out."""

from __future__ import annotations

from itertools import pairwise

import pytest

from pipeline.share.pace import Pace
from pipeline.share.settings import ShareSettings

SHARE = ShareSettings(most_batch_reads=1000)


def pauses_of(chance: float, failures: int) -> list[float]:
    """Return how long each of so many failures, one after the other, is waited out."""
    pace, times = Pace(SHARE, lambda: chance), [0.0]
    for _ in range(failures):
        pace.failed(times[-1])
        times.append(pace.retry_at)
    return [later - sooner for sooner, later in pairwise(times)]


@pytest.mark.parametrize(("chance", "share"), [(1.0, 1.0), (0.5, 0.75), (0.0, 0.5)])
def test_chance_takes_up_to_half_of_a_pause_so_that_not_all_forces_come_back_at_once(
    chance: float, share: float
) -> None:
    whole = [5.0, 7.5, 11.25, 16.875, 25.3125, 30.0, 30.0]
    assert pauses_of(chance, len(whole)) == pytest.approx([share * seconds for seconds in whole])


def test_batches_that_fail_together_count_once_and_an_answer_begins_the_pauses_anew() -> None:
    pace = Pace(SHARE, lambda: 1.0)
    for at in (0.0, 0.1, 4.9):
        pace.failed(at)
    assert pace.retry_at == 5.0
    pace.arrived(64, 0.1)
    assert pace.retry_at == 0.0
    pace.failed(10.0)
    assert pace.retry_at == 15.0


def test_batches_shrink_when_answers_are_slow_or_do_not_come_and_never_below_a_handful() -> None:
    pace = Pace(SHARE, lambda: 1.0)
    for _ in range(4):
        pace.arrived(pace.batch_reads, 0.1)
    assert pace.batch_reads == 1000
    pace.arrived(1000, 1.0)
    assert pace.batch_reads == 1000
    pace.arrived(1000, 2.0)
    assert pace.batch_reads == 500
    pace.failed(0.0)
    assert pace.batch_reads == 250
    for at in range(100, 1000, 100):
        pace.failed(at)
    assert pace.batch_reads == 64
    # what was not full says nothing of fuller ones
    pace.arrived(63, 0.1)
    assert pace.batch_reads == 64
