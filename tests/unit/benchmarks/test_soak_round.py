"""A soak's middle by a clock of its own: faults come in time, none is waited for without end, and every kind comes."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from benchmarks import soak_round
from benchmarks.soak_calm import Calm, SeenRead
from benchmarks.soak_faults import Fault, Turns
from benchmarks.soak_round import Plan, Round

KINDS, RESTARTS = 32, 6
RESTART_SECONDS = 35.0


class Time:
    """Stands for the module `time`; sleeping takes no time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Road:
    """A system whose one camera gives a read every second, each of a picture a second old, while it is `up`."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.up_again_at = 0.0
        self.reads: list[SeenRead] = []
        self.acknowledged: list[int] = []

    def attend(self, now: float) -> None: ...

    def look(self) -> None:
        if self._time.now >= self.up_again_at:
            at = self._time.now
            self.reads.append(SeenRead(offset=len(self.reads), camera="camera-0", pictured_at=at - 1, made_at=at))
            self.acknowledged.append(len(self.reads))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(soak_round, "time", time)
    return time


def kinds_for(road: Road, time: Time) -> list[Fault]:
    """Return as many kinds as there are, as many of which end the run as do."""

    def restart() -> bool:
        road.up_again_at = time.now + RESTART_SECONDS
        return True

    def is_up() -> bool:
        return time.now >= road.up_again_at

    restarts = [Fault(name=f"restart {at}", begin=restart, over=is_up) for at in range(RESTARTS)]
    return restarts + [Fault(name=f"kind {at}", begin=lambda: True, lasts=6.0) for at in range(KINDS - RESTARTS)]


def run(time: Time, kinds: list[Fault], road: Road, **changed: Any) -> tuple[Round, Calm]:
    quiet = SimpleNamespace(sample=lambda now: None, calm_begins=lambda: None, calm_ends=lambda: None)
    calm = Calm(["camera-0"], lambda: len(road.reads))
    plan = Plan(**{"minutes": 30.0, "every_seconds": 20.0, "recover_within_seconds": 60.0} | changed)
    turns = Turns(kinds, random.Random(1))
    middle = Round(cast(Any, road), turns, plan, watch=cast(Any, quiet), calm=calm, late=cast(Any, quiet))
    middle.run()
    return middle, calm


def test_in_half_an_hour_every_kind_comes_twice_and_is_recovered_from(clock: Time) -> None:
    road = Road(clock)
    middle, calm = run(clock, kinds_for(road, clock), road)
    assert clock.now - 1000.0 < 31 * 60
    assert min(middle.done.values()) >= 2
    assert len(middle.done) == KINDS
    assert calm.figures()["faults_not_recovered_from_in_time"] == 0
    assert calm.figures()["calm_seconds"] > 5 * 60


def test_a_fault_that_is_never_over_ends_neither_the_soak_nor_its_faults(clock: Time) -> None:
    road = Road(clock)
    stuck = Fault(name="stuck", begin=lambda: True, over=lambda: False)
    middle, calm = run(clock, [stuck, *kinds_for(road, clock)], road)
    assert clock.now - 1000.0 <= 45 * 60 + 5 * 60
    assert middle.done["stuck"] >= 1
    assert len(middle.done) == KINDS + 1
    assert calm.figures()["faults_not_over_in_time"] == middle.done["stuck"]


def test_what_cannot_be_undone_at_once_is_tried_again(clock: Time) -> None:
    road = Road(clock)
    tries = []

    def end() -> None:
        tries.append(clock.now)
        if len(tries) < 3:
            raise RuntimeError("the camera's server did not start")

    middle, calm = run(clock, [Fault(name="switched off", begin=lambda: True, end=end, lasts=2.0)], road, faults=1)
    assert middle.done == {"switched off": 1}
    assert len(tries) == 3
    assert calm.outages[0].recovered_at is not None


def test_a_calm_soak_breaks_nothing(clock: Time) -> None:
    road = Road(clock)
    middle, calm = run(clock, kinds_for(road, clock), road, minutes=5.0, every_seconds=float("inf"))
    assert not middle.done
    assert calm.figures()["calm_seconds"] == pytest.approx(300, abs=2)


def test_the_last_fault_is_waited_for_and_no_other_comes(clock: Time) -> None:
    road = Road(clock)
    middle, calm = run(clock, kinds_for(road, clock), road, minutes=1.0)
    assert middle.done.total() == len(calm.outages)
    assert all(one.recovered_at is not None for one in calm.outages)
    assert not calm.is_calm
