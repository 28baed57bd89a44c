"""The middle of a soak: faults in turn, each undone and its end awaited, and everything watched meanwhile.

A fault comes so many seconds after the one before, or once the system has recovered from that, whichever is later. No
wait is for ever: what is not over or not recovered from in time is counted, and the next fault comes.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

import psutil

from benchmarks.soak_calm import Calm
from benchmarks.soak_faults import POWER_CUT, Fault, Turns
from benchmarks.soak_late import Late
from benchmarks.soak_sender import CAMERA as SENDER
from benchmarks.soak_system import System
from benchmarks.soak_watch import Watch

SAMPLE_SECONDS = 1.0
_OVER_WITHIN_SECONDS = 180.0
"""From the end of a fault's cause to a run that reads again, at most: then the next fault comes all the same."""
_LONGEST = 1.5
"""A soak that still misses kinds of faults goes on for this much of its minutes, at most."""
_LOAD_SHARE = 0.75
"""Of the faults that fit into the minutes so many can be asked for: what ends the run takes longer than the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long, and how often. `faults` ends it after so many, however long they take, instead of after minutes."""

    minutes: float
    every_seconds: float
    recover_within_seconds: float
    faults: int | None = None

    def each_kind_at_least(self, kinds: int) -> int:
        """Return how often every kind must have come before the soak ends."""
        if self.faults is not None:
            return 0
        return int(self.minutes * 60 / self.every_seconds * _LOAD_SHARE / kinds)


@dataclass(slots=True)
class Pauses:
    """How long nothing was read. `starts` are the seconds from each power cut to the first read of the new run."""

    longest: float = 0.0
    starts: list[float] = field(default_factory=list)
    _reads: int = 0
    _since: float = field(default_factory=time.monotonic)

    def look(self, now: float, reads: int) -> None:
        self.longest = max(self.longest, now - self._since)
        if reads > self._reads:
            self._reads, self._since = reads, now


@dataclass(slots=True, kw_only=True)
class _Going:
    """A fault under way, in monotonic seconds."""

    fault: Fault
    ends_at: float
    undone: bool = False
    over_at: float | None = None


class Round:
    """`run` is the middle of the soak; `done` is how often each fault came."""

    def __init__(self, system: System, turns: Turns, plan: Plan, *, watch: Watch, calm: Calm, late: Late) -> None:
        self._system, self._turns, self._plan = system, turns, plan
        self._watch, self._calm, self._late = watch, calm, late
        self._going: _Going | None = None
        self._begun = self._next_at = 0.0
        self._ending = False
        self.pauses = Pauses()
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        self._begun = time.monotonic()
        self._next_at = self._begun + self._plan.every_seconds
        self._calm.begin(time.time())
        self._late.calm_begins()
        while not self._is_over(time.monotonic()):
            self._turn(time.monotonic())
            time.sleep(SAMPLE_SECONDS)
        self._ending = True
        while not self._is_free(time.monotonic()):
            self._turn(time.monotonic())
            time.sleep(SAMPLE_SECONDS)
        if self._calm.is_calm:
            self._late.calm_ends()
            self._calm.end(time.time())

    def _is_over(self, now: float) -> bool:
        plan, minutes = self._plan, (now - self._begun) / 60
        if plan.faults is not None:
            return self.done.total() >= plan.faults and self._is_free(now)
        if minutes < plan.minutes:
            return False
        least = plan.each_kind_at_least(len(self._turns.names))
        due = set(self._turns.names) - self._turns.never_begun
        return all(self.done[name] >= least for name in due) or minutes >= plan.minutes * _LONGEST

    def _turn(self, now: float) -> None:
        system, calm = self._system, self._calm
        system.attend(now)
        system.look()
        self._carry_on(now)
        was_calm = calm.is_calm
        calm.look(system.reads, time.time())
        if calm.is_calm and not was_calm:
            self._late.calm_begins()
        self.pauses.look(now, sum(one.camera != SENDER for one in system.reads))
        self._watch.sample(now)
        enough = self._plan.faults is not None and self.done.total() >= self._plan.faults
        if now >= self._next_at and self._is_free(now) and not (enough or self._ending):
            self._break(now)

    def _is_free(self, now: float) -> bool:
        """Tell whether the next fault may come."""
        going = self._going
        if going is None or self._calm.is_calm:
            return True
        return going.over_at is not None and now - going.over_at >= self._plan.recover_within_seconds

    def _break(self, now: float) -> None:
        was_calm, at = self._calm.is_calm, time.time()
        if was_calm:
            self._late.calm_ends()
        fault = self._turns.begin_one()
        if fault is None:
            if was_calm:
                self._late.calm_begins()
            return
        minutes = (now - self._begun) / 60
        print(f"{minutes:5.1f} min  {fault.name}; {len(self._system.acknowledged)} reads so far", flush=True)
        self._calm.breaks(fault.name, at)
        self.done[fault.name] += 1
        self._going = _Going(fault=fault, ends_at=now + fault.lasts)
        self._next_at = now + self._plan.every_seconds

    def _carry_on(self, now: float) -> None:
        """Undo the fault under way when its time is up, and notice when it is over."""
        going = self._going
        if going is None or going.over_at is not None or now < going.ends_at:
            return
        if not going.undone:
            going.undone = _undone(going.fault)
            if going.undone:
                self._calm.is_undone(time.time())
        if going.undone and going.fault.over():
            going.over_at = now
            self._calm.is_over(time.time())
            if going.fault.name == POWER_CUT:
                self.pauses.starts.append(now - going.ends_at)
        elif now - going.ends_at >= _OVER_WITHIN_SECONDS:
            print(f"not over in time: {going.fault.name}", flush=True)
            going.over_at = now


def _undone(fault: Fault) -> bool:
    """Undo it; where that fails (a camera's server that does not come up), it is tried again."""
    try:
        fault.end()
    except (psutil.Error, OSError, RuntimeError):
        return False
    return True
