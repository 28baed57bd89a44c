"""When one camera's flow asks the models, how much it asks at once, and how it ends."""

from __future__ import annotations

import threading

import pytest

from pipeline.errors import Unavailable
from tests.support.flow import Flowing

FULL = Unavailable("the disk is full")


def test_a_slow_reader_holds_up_the_taking_of_frames() -> None:
    flowing = Flowing([[number] for number in range(6)], held=True, batch_frames=1, batches_in_flight=2)
    stepping = threading.Thread(target=flowing.run, daemon=True)
    stepping.start()
    # the two allowed, and the one whose submission makes the flow wait for the oldest
    most = 3
    for answered in range(6):
        while len(flowing.reader.unanswered) < min(most, 6 - answered):
            stepping.join(0.01)
        stepping.join(0.05)
        assert len(flowing.reader.unanswered) <= most
        assert flowing.feed.taken <= answered + most
        flowing.reader.answer(0)
    stepping.join()
    assert [number for number, _, _ in flowing.tracker.observed] == list(range(6))
    assert flowing.flow.batches_in_flight == 0


def test_while_the_models_are_busy_frames_gather_until_they_make_a_batch() -> None:
    flowing = Flowing([[number] for number in range(7)], held=True, batch_frames=4)
    for _ in range(4):
        flowing.flow.step()
    assert flowing.reader.submitted == [[0]]
    flowing.flow.step()
    assert flowing.reader.submitted == [[0], [1, 2, 3, 4]]
    flowing.flow.step()
    flowing.reader.answer(0)
    flowing.reader.answer(0)
    flowing.flow.step()
    assert flowing.reader.submitted == [[0], [1, 2, 3, 4], [5, 6]]
    flowing.reader.answer(0)
    flowing.run()
    assert [number for number, _, _ in flowing.tracker.observed] == list(range(7))


def test_what_has_gathered_is_looked_at_when_no_more_frames_come() -> None:
    flowing = Flowing([[0], [1], []], held=True)
    flowing.flow.step()
    flowing.flow.step()
    flowing.reader.answer(0)
    flowing.flow.step()
    assert flowing.reader.submitted == [[0], [1]]
    flowing.reader.answer(0)
    flowing.run()
    assert [number for number, _, _ in flowing.tracker.observed] == [0, 1]


def test_draining_loses_nothing_that_has_gathered() -> None:
    flowing = Flowing([[0], [1]], road={1: ["AB12CDE"]}, held=True)
    flowing.flow.step()
    flowing.flow.step()
    flowing.reader.answer(0)
    flowing.reader.answer_what_comes()
    flowing.flow.drain()
    assert flowing.kept == ["AB12CDE"]


def test_models_that_answer_late_are_given_fewer_frames_at_once() -> None:
    flowing = Flowing([list(range(8)), [], [8], []], held=True, answer_within_seconds=0.4)
    flowing.flow.step()
    flowing.clock.advance(1.6)
    flowing.reader.answer(0)
    flowing.flow.step()
    flowing.flow.step()
    assert flowing.feed.limits == [8, 8, 2]
    assert flowing.feed.newest == [None, None, 2]
    flowing.reader.answer(0)
    flowing.flow.step()
    flowing.flow.step()
    assert flowing.feed.limits[-1] == 3


def test_while_no_frame_comes_what_is_under_way_is_finished() -> None:
    flowing = Flowing([[0], [], [1]], road={0: ["AB12CDE"]}, ends=[0], held=True)
    flowing.flow.step()
    assert flowing.flow.batches_in_flight == 1
    flowing.reader.answer(0)
    flowing.flow.step()
    assert flowing.flow.batches_in_flight == 0
    assert flowing.kept == ["AB12CDE"]


def test_draining_makes_durable_what_is_under_way_and_takes_no_more() -> None:
    flowing = Flowing([[0], [1], [2]], road={0: ["AB12CDE"], 1: ["AB12CDE"]}, held=True, batch_frames=1)
    flowing.flow.step()
    flowing.flow.step()
    flowing.reader.answer(0)
    flowing.reader.answer(0)
    flowing.flow.drain()
    assert flowing.kept == ["AB12CDE"]
    assert [number for number, _, _ in flowing.tracker.observed] == [0, 1]
    assert (flowing.feed.taken, flowing.flow.batches_in_flight, flowing.flow.reads_waiting) == (2, 0, 0)


def test_draining_into_a_journal_that_refuses_raises_and_may_be_tried_again() -> None:
    flowing = Flowing([[0], [1]], road={0: ["AB12CDE"]}, refusals=[FULL, FULL])
    flowing.flow.step()
    with pytest.raises(Unavailable):
        flowing.flow.drain()
    assert (flowing.flow.reads_waiting, flowing.told) == (1, [])
    flowing.flow.drain()
    flowing.flow.drain()
    assert flowing.kept == ["AB12CDE"]
    assert len(flowing.told) == 1
    assert flowing.tracker.flushes == 1


def test_draining_does_not_wait_for_the_time_of_the_next_attempt() -> None:
    flowing = Flowing([[0], [1]], road={0: ["AB12CDE"]}, ends=[0], refusals=[FULL], append_retry_seconds=3600.0)
    flowing.flow.step()
    assert flowing.flow.reads_waiting == 1
    flowing.flow.drain()
    assert flowing.kept == ["AB12CDE"]


def test_a_flow_that_never_began_can_be_drained() -> None:
    flowing = Flowing([[0]])
    flowing.flow.drain()
    assert (flowing.feed.taken, flowing.kept) == (0, [])
