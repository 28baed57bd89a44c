"""Random schedules of everything that may go wrong at once leave exactly the acknowledged reads.

Each schedule is drawn from a seed that a failure prints. `ANPR_SCHEDULES` says how many are run.
"""

from __future__ import annotations

import os
import random
import shutil
from calendar import isleap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from pipeline.domain.read import CaptureRecord
from pipeline.domain.retention import first_day_kept
from pipeline.errors import AnprError, IntegrityError, Unavailable
from pipeline.store.copies import backup
from pipeline.store.integrity.quarantine import quarantine, quarantined, release
from pipeline.store.integrity.verify import verify
from pipeline.store.lake import FAULT_POINTS as APPEND_POINTS
from pipeline.store.lake import Lake
from pipeline.store.settings import RetentionSettings, UpkeepSettings
from pipeline.store.upkeep import compaction, retention
from pipeline.store.upkeep.compaction import Compactor
from pipeline.store.upkeep.retention import Retention
from tests.support.durable import ListJournal, fill, small_disk
from tests.support.lake import KillAt, Killed, every_byte_below, held_by, ids_of, record_on

SCHEDULES = int(os.environ.get("ANPR_SCHEDULES", "3"))
STEPS = 14
UPKEEP = UpkeepSettings(merge_files=3, merge_image_files=3)
RETENTION = RetentionSettings(longest_standstill_days=10_000)


def _beginning(now: datetime) -> datetime:
    """Return a 26 February of a year before a leap year, so far ahead that no steps lead back to `now`."""
    year = next(year for year in count(now.year) if isleap(year + 1) and datetime(year, 2, 1, tzinfo=UTC) > now)
    return datetime(year, 2, 26, 23, 50, tzinfo=UTC)


BEGINNING = _beginning(datetime.now(UTC))
"""The leap day comes within the schedule, and every step may cross midnight. It is ahead of the machine's clock, which
dates the files: what was written by then is no commit in the making any more."""


class Schedule:
    """A store, its journal (which forgets nothing), its backup, and a clock that is not always right."""

    def __init__(self, seed: int, disk: Path, elsewhere: Path) -> None:
        self.chance = random.Random(seed)
        self.disk, self.url, self.copy = disk, str(disk / "store"), str(elsewhere / "backup")
        self.elsewhere = elsewhere
        self.now = BEGINNING
        self.journal = ListJournal([])
        self.latest = BEGINNING
        self.backed_up = False
        self.told: list[str] = []
        Lake(self.url, "one")

    def run(self) -> None:
        steps: list[Callable[[], None]] = [
            *[self.append] * 4,
            self.two_writers,
            *[self.compact] * 2,
            *[self.expire] * 2,
            self.back_up,
            self.clock_jumps,
            self.disk_full,
            self.file_truncated,
            self.log_entry_lost,
        ]
        while not self.backed_up:
            self._step(self.append)
            self._step(self.back_up)
        for _ in range(STEPS):
            self._step(self.chance.choice(steps))
        self.settle()

    def _step(self, step: Callable[[], None]) -> None:
        self.told.append(step.__name__)
        try:
            step()
        except Killed:
            self.told.append("killed")
        except Unavailable as error:
            self.told.append(f"unavailable: {error}")
        except IntegrityError as error:
            self.told.append(f"integrity: {error}")
            self.mend()

    def acknowledge(self) -> None:
        """Put a few reads into the journal: of now, late, from the future, from long ago."""
        for _ in range(self.chance.randrange(1, 5)):
            days = self.chance.choice([0, 0, 0, -1, -5, 2, 4000, -4000])
            captured = (self.now + timedelta(days=days)).date()
            number = len(self.journal.records)
            self.journal.records.append(record_on(number, captured, received=self.now.date()))

    def append(self) -> None:
        self.acknowledge()
        lake = Lake(self.url, "one", self._maybe_killed(APPEND_POINTS), opened_for=self.chance.randrange(1, 4))
        while entries := self.journal.after(lake.position, self.chance.randrange(1, 4)):
            lake.append(entries)

    def two_writers(self) -> None:
        self.acknowledge()
        one, other = (Lake(self.url, "one", opened_for=self.chance.randrange(1, 3)) for _ in range(2))
        for _ in range(2):
            entries = self.journal.after(one.position, 1)
            one.append(entries)
            other.append(entries)

    def compact(self) -> None:
        compactor = Compactor(self.url, UPKEEP, self._maybe_killed(compaction.FAULT_POINTS))
        # the log's own times are the machine's
        while compactor.step(datetime.now(UTC) + timedelta(days=self.chance.choice([0, 3000]))):
            continue
        compactor.remove_replaced()

    def expire(self) -> None:
        self.latest = max(self.latest, self.now)
        Retention(self.url, RETENTION, self._maybe_killed(retention.FAULT_POINTS)).expire(self.now, confirmed=True)

    def back_up(self) -> None:
        backup.back_up(self.url, self.copy, self.now, self._maybe_killed(backup.FAULT_POINTS))
        self.backed_up = True

    def clock_jumps(self) -> None:
        self.now += timedelta(days=self.chance.choice([0, 1, -1, 40, 368]), minutes=self.chance.choice([15, -15]))

    def disk_full(self) -> None:
        filler = fill(self.disk, leaving=self.chance.choice([0, 20_000]))
        try:
            self.chance.choice([self.append, self.compact, self.expire])()
        finally:
            filler.unlink()

    def file_truncated(self) -> None:
        self.append()
        self.back_up()
        files = sorted(Path(self.url).glob("*/capture_day=*/*.parquet"))
        if files:
            victim = self.chance.choice(files)
            os.truncate(victim, victim.stat().st_size // 2)
        self.mend()

    def log_entry_lost(self) -> None:
        entries = sorted(Path(self.url).glob("*/_delta_log/*.json"))
        self.chance.choice(entries).unlink()
        self.append()

    def mend(self) -> None:
        """What an operator does: put damaged files back from the backup, or restore all of it."""
        report = verify(self.url)
        quarantine(self.url, report.faults, self.now)
        waiting = quarantined(self.url)
        for one in waiting:
            if backup.put_back(self.copy, self.url, one.table, one.path):
                release(self.url, one.table, one.path)
        if verify(self.url).faults:
            shutil.rmtree(self.url)
            backup.restore(self.copy, self.url)

    def settle(self) -> None:
        """Let everything come to its end undisturbed, then compare."""
        for _ in range(3):
            try:
                lake = Lake(self.url, "one")
                while entries := self.journal.after(lake.position, 100):
                    lake.append(entries)
                break
            except AnprError:
                self.mend()
        if verify(self.url).faults:
            self.mend()
            lake = Lake(self.url, "one")
            lake.append(self.journal.after(lake.position, 10_000))
        now = max(self.latest, self.now)
        Retention(self.url, RETENTION).expire(now, confirmed=True)
        first = first_day_kept(now.date(), 12)
        kept = [one for one in self.journal.records if _counts_from(one) >= first.isoformat()]
        assert held_by(self.url) == ids_of(kept)
        assert verify(self.url).faults == []
        left = every_byte_below(Path(self.url))
        gone = [one for one in self.journal.records if one not in kept]
        assert not [one for one in gone if one.read.vrm.encode() in left or one.patch in left]

    def _maybe_killed(self, points: tuple[str, ...]) -> Callable[[str], None]:
        if self.chance.random() < 0.5:
            return lambda _: None
        return KillAt(self.chance.choice(points), self.chance.randrange(1, 3))


def _counts_from(record: CaptureRecord) -> str:
    return min(record.read.captured_at, record.read.received_at).date().isoformat()


@pytest.mark.slow
@pytest.mark.parametrize("number", range(SCHEDULES))
def test_any_schedule_of_faults_leaves_exactly_the_acknowledged_reads(tmp_path: Path, number: int) -> None:
    seed = random.randrange(2**32)
    with small_disk(tmp_path / "disk", 64) as disk:
        schedule = Schedule(seed, disk, tmp_path)
        try:
            schedule.run()
        except BaseException:
            print(f"seed {seed}, from {BEGINNING}", schedule.told)
            raise
