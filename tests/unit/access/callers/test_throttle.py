"""How much one caller may ask: so many calls a second after a burst, so many at once, and nobody pays for another."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from pipeline.access.callers.settings import CallerLimits
from pipeline.access.callers.throttle import Throttle
from pipeline.errors import Overloaded
from tests.support.clock import ManualClock

LIMITS = CallerLimits(calls_a_second=2, burst_calls=3, most_calls=2, most_streams=1)


def call(throttle: Throttle, caller: str = "kent") -> None:
    with throttle.under_way(caller, stream=False):
        pass


def test_after_a_burst_calls_come_as_fast_as_time_gives_them_back() -> None:
    clock = ManualClock()
    throttle = Throttle(LIMITS, clock)
    for _ in range(3):
        call(throttle)
    with pytest.raises(Overloaded, match="2 calls a second"):
        call(throttle)
    call(throttle, "essex")
    clock.advance(0.5)
    call(throttle)
    with pytest.raises(Overloaded):
        call(throttle)
    clock.advance(3600)
    for _ in range(3):
        call(throttle)


@pytest.mark.parametrize(("stream", "most"), [(False, 2), (True, 1)])
def test_no_more_are_under_way_at_once_than_allowed_and_an_end_makes_room(stream: bool, most: int) -> None:
    clock = ManualClock()
    throttle = Throttle(LIMITS, clock)
    with ExitStack() as under_way:
        for _ in range(most):
            under_way.enter_context(throttle.under_way("kent", stream=stream))
        with pytest.raises(Overloaded, match="at once"), throttle.under_way("kent", stream=stream):
            pass
    clock.advance(60)
    with throttle.under_way("kent", stream=stream):
        pass


def test_callers_who_have_gone_are_forgotten_and_those_under_way_are_not() -> None:
    clock = ManualClock()
    throttle = Throttle(LIMITS, clock)
    with throttle.under_way("stays", stream=True):
        for number in range(2000):
            call(throttle, f"caller-{number}")
            clock.advance(2)
        assert len(throttle._counts) < 1100
        with pytest.raises(Overloaded), throttle.under_way("stays", stream=True):
            pass
