"""The faults of a soak, each a name and what is done; `lasts` is how long until it is over, in seconds.

What happens to a running system is here, where it can be had: hanging, restarting and broken cameras need GStreamer, a
full disk needs root. Damage that only a restore mends (a Parquet file cut short) and certificates that ran out have
tests of their own.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

from benchmarks.soak_system import System
from tests.support.hook_server import DIE, HANG

ACTORS = (
    "CameraActor",
    "InferenceActor",
    "JournalActor",
    "StoreActor",
    "MaintenanceActor",
    "MatcherActor",
    "HotlistShard",
    "HotlistPublisher",
    "AlertActor",
    "AuditActor",
    "MetricsActor",
    "OutboxActor",
    "JoinActor",
)
LIFELINES = ("driver", "raylet", "gcs_server")
"""Whoever of these dies, the run ends by itself within seconds."""
POWER_CUT = "power cut"
_LEFT_FREE_BYTES = 200_000
_FAILING_CALLS = 5
_HANGING_CALLS = 1
"""Each is waited for until the webhook's time is up."""
_JUMP_SECONDS = 3600
MOST_IN_VAIN = 30
"""Calls of `begin_one`, a second apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`begin` returns False when there was nothing to do it to; then another is drawn. `over` says when the next may
    come: a system that is still starting is no target."""

    name: str
    begin: Callable[[], bool]
    end: Callable[[], None] = lambda: None
    lasts: float = 0.0
    over: Callable[[], bool] = lambda: True


class Turns:
    """Begins faults in turns: every kind comes once in a turn, in an order of chance."""

    def __init__(self, kinds: Sequence[Fault], chance: random.Random) -> None:
        self._kinds = kinds
        self._chance = chance
        self._turn: list[Fault] = []
        self._in_vain = 0
        self.never_begun: set[str] = set()
        """Kinds that a turn went on without, because there was nothing to do them to for half a minute."""

    @property
    def names(self) -> list[str]:
        return [one.name for one in self._kinds]

    def begin_one(self) -> Fault | None:
        """Begin the next of this turn; one that has nothing to be done to waits for another call. None: all wait."""
        if not self._turn:
            self._turn = list(self._kinds)
            self._chance.shuffle(self._turn)
        for fault in list(self._turn):
            if _begins(fault):
                self._turn.remove(fault)
                self._in_vain = 0
                return fault
        self._in_vain += 1
        if self._in_vain > MOST_IN_VAIN:
            self.never_begun |= {one.name for one in self._turn}
            self._turn, self._in_vain = [], 0
        return None


def _begins(fault: Fault) -> bool:
    try:
        return fault.begin()
    except (psutil.Error, OSError):
        # what it was to be done to has just ended
        return False
    except RuntimeError:
        # a camera's server did not come up again: that is a fault too, and its end mends it
        return True


class Faults:
    """All `kinds` of faults that this system can have."""

    def __init__(self, system: System, chance: random.Random) -> None:
        self._system = system
        self._chance = chance
        self._filler = system.disk / "filler"
        self._run_before = 0
        self.kinds = [Fault(name=f"kill {one}", begin=lambda one=one: self._kill(one)) for one in ACTORS]
        self.kinds += [
            Fault(name=f"kill {one}", begin=lambda one=one: self._kill_lifeline(one), over=self._runs_anew)
            for one in LIFELINES
        ]
        self.kinds += [
            Fault(name="stopped as by systemd", begin=self._stop_in_order, over=self._runs_anew),
            Fault(name=POWER_CUT, begin=self._cut_power, over=system.reads_again),
            Fault(name="new list", begin=self._new_list),
            Fault(name="power cut amid a new list", begin=self._cut_power_amid_list, over=system.reads_again),
            Fault(name="webhook fails", begin=lambda: self._answer_hook([503] * _FAILING_CALLS)),
            Fault(name="webhook hangs", begin=lambda: self._answer_hook([HANG] * _HANGING_CALLS)),
            Fault(name="webhook takes it and dies", begin=lambda: self._answer_hook([DIE] * _FAILING_CALLS)),
            Fault(name="subscriber reads no more", begin=system.subscriber.hold, end=system.subscriber.free, lasts=8.0),
            Fault(name="clock jumps", begin=self._turn_clock, end=self._turn_back, lasts=6.0),
            Fault(name="sharing peer killed", begin=self._kill_centre, end=system.centre.start, lasts=5.0),
            Fault(name="line to the centre cut", begin=self._cut_line, end=self._mend_line, lasts=6.0),
            Fault(name="line to the centre dead", begin=self._hold_line, end=self._mend_line, lasts=8.0),
            Fault(name="line to the centre half closed", begin=self._half_close_line),
        ]
        if system.servers:
            self.kinds += [
                Fault(name="camera hangs", begin=self._freeze, end=self._thaw, lasts=8.0),
                Fault(name="camera restarts", begin=self._switch_off, end=self._switch_on, lasts=2.0),
                Fault(name="stream broken", begin=self._break_stream, end=self._mend_stream, lasts=8.0),
            ]
        if system.has_disk:
            self.kinds.append(Fault(name="disk full", begin=self._fill_disk, end=self._free_disk, lasts=6.0))
        self._victim = system.servers[0] if system.servers else None

    def _kill(self, actor: str) -> bool:
        victims = self._system.workers().get(actor)
        if not victims:
            return False
        self._chance.choice(victims).kill()
        return True

    def _kill_lifeline(self, name: str) -> bool:
        victims = self._system.workers().get(name)
        if not victims:
            return False
        self._run_before = self._system.ends_now()
        victims[0].kill()
        return True

    def _stop_in_order(self) -> bool:
        self._run_before = self._system.ends_now()
        self._system.run.terminate()
        return True

    def _runs_anew(self) -> bool:
        return self._system.run.pid != self._run_before and self._system.reads_again()

    def _cut_power_amid_list(self) -> bool:
        return self._new_list() and self._cut_power()

    def _cut_power(self) -> bool:
        self._system.kill_everything()
        self._system.start()
        return True

    def _kill_centre(self) -> bool:
        self._system.centre.kill()
        return True

    def _turn_clock(self) -> bool:
        # back, and at the end forward; a read from ahead of the centre's clock would be put aside there, as it should
        self._system.clock.turn(-_JUMP_SECONDS)
        return True

    def _turn_back(self) -> None:
        self._system.clock.turn(0)

    def _new_list(self) -> bool:
        # all marks of the road stay on the list, so that what must hit is known
        self._system.write_hotlist([*self._system.marks, f"ZZ{self._chance.randrange(10, 99)}SOK"])
        return True

    def _answer_hook(self, script: list[int | str]) -> bool:
        self._system.hook.script.extend(script)
        return True

    def _cut_line(self) -> bool:
        self._system.line.refuse(True)
        return True

    def _hold_line(self) -> bool:
        self._system.line.swallow(True)
        return True

    def _half_close_line(self) -> bool:
        self._system.line.half_close()
        return True

    def _mend_line(self) -> None:
        self._system.line.refuse(False)
        self._system.line.swallow(False)

    def _freeze(self) -> bool:
        self._victim = self._chance.choice(self._system.servers)
        self._victim.freeze()
        return True

    def _thaw(self) -> None:
        if self._victim:
            self._victim.thaw()

    def _switch_off(self) -> bool:
        self._victim = self._chance.choice(self._system.servers)
        self._victim.stop()
        return True

    def _switch_on(self) -> None:
        if self._victim:
            self._victim.start()

    def _break_stream(self) -> bool:
        self._victim = self._chance.choice(self._system.servers)
        self._victim.change(self._system.broken)
        return True

    def _mend_stream(self) -> None:
        if self._victim:
            self._victim.change()

    def _fill_disk(self) -> bool:
        disk = os.statvfs(self._system.disk)
        room = disk.f_bavail * disk.f_frsize - _LEFT_FREE_BYTES
        if room <= 0:
            return False
        with self._filler.open("wb") as file, suppress(OSError):
            # what the run writes meanwhile may leave less than there was; then the disk is full all the same
            os.posix_fallocate(file.fileno(), 0, room)
        return True

    def _free_disk(self) -> None:
        self._filler.unlink(missing_ok=True)
