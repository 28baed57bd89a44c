"""Whatever happens to the two ends and to what lies between them: at the end both hold the same reads, each once.

ANPR_SHARING_SCHEDULES says how many random schedules are run; the usual few keep a test run short.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.support.durable import fill, small_disk
from tests.support.two_ends import WAIT_SECONDS, Child, TwoEnds

SCHEDULES = int(os.environ.get("ANPR_SHARING_SCHEDULES", "2"))
READS = 300
PACE = 200.0
_PAUSE = threading.Event()


class Schedule:
    """Random faults, one after the other, while a force sends and a centre receives."""

    def __init__(self, ends: TwoEnds, seed: int) -> None:
        self._ends = ends
        self._chance = random.Random(seed)
        self._centre = ends.start_centre()
        self._force = ends.start_force(READS, PACE)
        self.done: list[str] = []

    def run(self, faults: int) -> Child:
        """Let so many faults happen; return the force, to be waited for, with nothing broken any more."""
        kinds: list[Callable[[], None]] = [
            self._kill_centre, self._kill_force, self._kill_both, self._cut, self._cut, self._refuse, self._swallow,
            self._delay, self._half_close,
        ]  # fmt: skip
        for fault in self._chance.choices(kinds, k=faults):
            self._wait(0.05, 0.6)
            self.done.append(fault.__name__)
            fault()
        return self._force

    def _wait(self, least: float, most: float) -> None:
        _PAUSE.wait(self._chance.uniform(least, most))

    def _kill_centre(self) -> None:
        self._centre.kill()
        self._wait(0.0, 0.5)
        self._centre = self._ends.start_centre()

    def _kill_force(self) -> None:
        self._force.kill()
        self._force = self._ends.start_force(READS, PACE)

    def _kill_both(self) -> None:
        self._centre.kill()
        self._kill_force()
        self._centre = self._ends.start_centre()

    def _cut(self) -> None:
        self._ends.proxy.cut()

    def _refuse(self) -> None:
        self._ends.proxy.refuse(True)
        self._wait(0.1, 1.0)
        self._ends.proxy.refuse(False)

    def _swallow(self) -> None:
        self._ends.proxy.swallow(True)
        self._wait(0.1, 4.0)
        self._ends.proxy.swallow(False)

    def _delay(self) -> None:
        self._ends.proxy.delay_seconds = 0.1
        self._wait(0.1, 1.0)
        self._ends.proxy.delay_seconds = 0.0

    def _half_close(self) -> None:
        self._ends.proxy.half_close()


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_after_any_schedule_of_faults_both_ends_hold_the_same_reads(tmp_path: Path, seed: int) -> None:
    with TwoEnds(tmp_path) as ends:
        schedule = Schedule(ends, seed)
        schedule.run(faults=5).says("arrived")
        ends.wait_until_stored(READS)
        ends.check_same(READS)


def test_a_centre_whose_certificate_has_expired_gets_nothing_until_it_is_replaced(tmp_path: Path) -> None:
    with TwoEnds(tmp_path) as ends:
        ends.certify("server", days_ago=10)
        ends.start_centre()
        force = ends.start_force(20)
        force.says("made")
        ends.wait_for_error("does not answer, or does not accept the certificates")
        assert ends.at_the_centre() == []
        ends.certify("server")
        force.says("arrived")
        ends.wait_until_stored(20)
        ends.check_same(20)


def test_a_force_whose_certificate_has_expired_sends_nothing_until_it_is_replaced(tmp_path: Path) -> None:
    with TwoEnds(tmp_path) as ends:
        ends.certify("kent", days_ago=10)
        ends.start_centre()
        force = ends.start_force(20)
        force.says("made")
        ends.wait_for_error("it is tried again")
        assert ends.at_the_centre() == []
        ends.certify("kent")
        force.says("arrived")
        ends.wait_until_stored(20)
        ends.check_same(20)


def test_a_centre_whose_disk_is_full_acknowledges_nothing_until_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 24) as disk, TwoEnds(tmp_path, centre_folder=disk / "centre") as ends:
        ends.start_centre()
        filler = fill(disk, leaving=64 * 1024)
        force = ends.start_force(400)
        force.says("made")
        ends.wait_for_error("nothing was acknowledged")
        filler.unlink()
        force.says("arrived")
        ends.wait_until_stored(400)
        ends.check_same(400)


def test_a_killed_store_comes_back_and_goes_when_its_centre_is_killed(tmp_path: Path) -> None:
    with TwoEnds(tmp_path) as ends:
        centre = ends.start_centre()
        force = ends.start_force(READS, PACE)
        (store,) = _stores_of(centre)
        store.kill()
        force.says("arrived")
        ends.wait_until_stored(READS)
        ends.check_same(READS)
        (back,) = _stores_of(centre)
        assert back.pid != store.pid
        centre.kill()
        back.wait(WAIT_SECONDS)


def _stores_of(centre: Child) -> list[psutil.Process]:
    children = psutil.Process(centre.process.pid).children()
    return [one for one in children if any("spawn_main" in word for word in one.cmdline())]
