"""A benchmark's reads are late by the clock of the objective: from the frame that they show, when it was due."""

from __future__ import annotations

from datetime import timedelta

from benchmarks.ready_camera import percentiles, share_within, timed
from tests.support.builders import AT, a_read


def test_a_read_is_late_from_when_its_picture_was_due_and_not_from_the_end_of_its_passage() -> None:
    recorded_at, begun_at = AT.timestamp(), 5000.0
    # pictured 10 s into the clip, which ran from 5000 on; its passage ended a second later, and then it was made
    (one,) = timed([(a_read(captured_at=AT + timedelta(seconds=10)), 5011.0, 5011.2)], recorded_at, begun_at)
    assert round(one.durable_at - one.shown_at, 3) == 1.2
    assert round(one.durable_at - one.ended_at, 3) == 0.2


def test_a_decoder_that_falls_behind_is_late() -> None:
    recorded_at, begun_at = AT.timestamp(), 5000.0
    # the frame that ended the passage came three seconds late, and what came of it came at once
    (one,) = timed([(a_read(captured_at=AT + timedelta(seconds=10)), 5014.0, 5014.1)], recorded_at, begun_at)
    assert round(one.durable_at - one.shown_at, 3) == 4.1


def test_a_percentile_is_what_so_many_do_not_exceed_and_of_too_few_there_is_no_p99() -> None:
    hundred = [one / 1000 for one in range(100, 0, -1)]
    assert percentiles("late", hundred) == {"late_p50_ms": 50, "late_p95_ms": 95, "late_p99_ms": 99}
    assert percentiles("late", hundred[1:], asked=(50, 99)) == {"late_p50_ms": 50, "late_p99_ms": None}
    assert percentiles("late", [], asked=(50,)) == {"late_p50_ms": None}


def test_what_is_just_in_time_is_in_time() -> None:
    assert share_within([1.0, 2.0, 2.001, 3.0]) == 0.5
    assert share_within([]) is None
