"""Whatever happens to the two ends and to what lies between them: at the end both hold the same reads, each once.

ANPR_SHARING_SCHEDULES says how many random schedules are run; the usual two keep a test run short.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.support.durable import fill, small_disk, small_disk_where_allowed
from tests.support.two_ends import WAIT_SECONDS, Child, TwoEnds

SCHEDULES = int(os.environ.get("ANPR_SHARING_SCHEDULES", "2"))
READS = 400
PACE = 50.0
"""So slow that reads are still made while most of a schedule happens."""
_PAUSE = threading.Event()
# longer than they have patience
pytestmark = pytest.mark.timeout(900)


class Schedule:
    """Random faults, one after the other, while a force sends, out of turn and some twice, and a centre receives.

    Two schedules that follow each other share out every fault there is. `disk` is the centre's, where it is small.
    """

    def __init__(self, ends: TwoEnds, seed: int, disk: Path | None) -> None:
        self._ends = ends
        self._disk = disk
        self._chance = random.Random(seed)
        kinds: list[Callable[[], None]] = [
            self._kill_centre, self._kill_force, self._kill_both, self._cut, self._cut, self._refuse, self._swallow,
            self._delay, self._half_close, self._expire_centre, self._expire_force, self._turn_clocks,
        ]  # fmt: skip
        kinds += [self._fill_disk] if disk is not None else []
        random.Random(seed // 2).shuffle(kinds)
        self._faults = kinds[seed % 2 :: 2]
        self._centre = ends.start_centre()
        self._force = ends.start_force(READS, PACE, "unruly")

    def run(self) -> Child:
        """Let the faults happen; return the force, to be waited for, with nothing broken any more."""
        for fault in self._faults:
            self._wait(0.05, 0.6)
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
        self._force = self._ends.start_force(READS, PACE, "unruly")

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

    def _expire_centre(self) -> None:
        self._expire("server")

    def _expire_force(self) -> None:
        self._expire("kent")

    def _expire(self, of: str) -> None:
        self._ends.certify(of, days_ago=10)
        # connections that stand were let in before
        self._ends.proxy.cut()
        self._wait(0.3, 1.5)
        self._ends.certify(of)

    def _turn_clocks(self) -> None:
        """Either clock is off by up to an hour, and jumps back; no read seems to be of the future."""
        for end in self._chance.sample(["centre", "force"], 2):
            self._ends.turn_clock(end, self._chance.randint(-3600, 3600))
            self._wait(0.3, 1.0)
        for end in ("centre", "force"):
            self._ends.turn_clock(end, 0)

    def _fill_disk(self) -> None:
        assert self._disk is not None
        with suppress(OSError):
            # the centre may take some of the room meanwhile: the disk is full then too
            fill(self._disk, leaving=0)
        self._wait(0.3, 1.5)
        (self._disk / "filler").unlink()


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_after_any_schedule_of_faults_both_ends_hold_the_same_reads(tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "disk"
    with small_disk_where_allowed(folder, 64) as why_not, TwoEnds(tmp_path, centre_folder=folder / "centre") as ends:
        schedule = Schedule(ends, seed, None if why_not else folder)
        schedule.run().says("arrived")
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
        with suppress(OSError):
            # the centre may take some of the room meanwhile: the disk is full then too
            fill(disk, leaving=64 * 1024)
        force = ends.start_force(400)
        force.says("made")
        ends.wait_for_error("nothing was acknowledged")
        (disk / "filler").unlink()
        force.says("arrived")
        ends.wait_until_stored(400)
        ends.check_same(400)


def test_a_killed_store_comes_back_is_told_of_and_goes_when_its_centre_is_killed(tmp_path: Path) -> None:
    with TwoEnds(tmp_path) as ends:
        centre = ends.start_centre()
        force = ends.start_force(READS, 4 * PACE)
        (store,) = _stores_of(centre)
        store.kill()
        force.says("arrived")
        ends.wait_until_stored(READS)
        ends.check_same(READS)
        (back,) = _stores_of(centre)
        assert back.pid != store.pid
        counted, starts = ends.counted_at_the_centre(), 'anpr_actor_starts_total{actor="store"}'
        assert counted['anpr_intake_reads_total{organisation="kent",outcome="accepted"}'] == READS
        assert counted["anpr_stored_total"] > 0
        back.kill()
        ends.until(lambda: ends.counted_at_the_centre()[starts] > counted[starts], "no store came back")
        # what the dead have counted still counts
        assert ends.counted_at_the_centre()["anpr_stored_total"] == counted["anpr_stored_total"]
        (last,) = _stores_of(centre)
        centre.kill()
        last.wait(WAIT_SECONDS)


def _stores_of(centre: Child) -> list[psutil.Process]:
    children = psutil.Process(centre.process.pid).children()
    return [one for one in children if any("spawn_main" in word for word in one.cmdline())]
