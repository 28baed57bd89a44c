"""Batches shrink while the models are busy, so that reads do not come late, and grow again."""

from __future__ import annotations

import pytest

from pipeline.pace import BatchPace


def a_pace() -> BatchPace:
    return BatchPace(most=8, within_seconds=0.4)


def test_batches_begin_as_large_as_they_may_be_and_stay_so_while_answers_come_in_time() -> None:
    pace = a_pace()
    assert pace.size == 8
    pace.answered(8, 0.3)
    pace.answered(8, 0.0)
    assert pace.size == 8


@pytest.mark.parametrize(("seconds", "size"), [(0.8, 4), (1.6, 2), (3.2, 1), (60.0, 1)])
def test_a_late_answer_makes_the_next_batch_smaller_by_as_much_as_it_was_late(seconds: float, size: int) -> None:
    pace = a_pace()
    pace.answered(8, seconds)
    assert pace.size == size


def test_batches_grow_again_by_one_an_answer_as_long_as_answers_stay_in_time() -> None:
    pace = a_pace()
    pace.answered(8, 3.2)
    sizes = []
    for _ in range(9):
        pace.answered(pace.size, pace.size * 0.05)
        sizes.append(pace.size)
    assert sizes == [2, 3, 4, 5, 6, 7, 8, 8, 8]


def test_while_batches_are_smaller_than_they_may_be_only_the_newest_frames_are_worth_keeping() -> None:
    pace = a_pace()
    assert pace.newest is None
    pace.answered(8, 0.8)
    assert pace.newest == 4
    pace.answered(4, 60.0)
    # one more may come while one is taken
    assert (pace.size, pace.newest) == (1, 2)


def test_a_camera_that_is_set_to_single_frames_keeps_what_waits() -> None:
    pace = BatchPace(most=1, within_seconds=0.4)
    pace.answered(1, 60.0)
    assert pace.newest is None
