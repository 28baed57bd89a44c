"""The caretaker: chores at their time, each failing alone, and nothing of a read left anywhere past its limit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import IntegrityError, Unavailable
from pipeline.expiry import expiring_stages
from pipeline.journal.journal import Journal
from pipeline.settings import Settings
from pipeline.store.files import Files
from pipeline.store.integrity.quarantine import quarantined
from pipeline.store.settings import RetentionSettings, UpkeepSettings
from pipeline.store.tables import open_table
from pipeline.store.upkeep.caretaker import Caretaker
from pipeline.store.upkeep.erasures import recorded
from pipeline.store.upkeep.listing import files_of
from tests.support.clock import ManualClock
from tests.support.lake import every_byte_below, held_by, ids_of, record_on, store

DAY = date(2026, 1, 5)
RECORDS = [record_on(number, DAY) for number in range(6)]
LIMIT = datetime(2027, 1, 6, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 12, 1, tzinfo=UTC))


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = str(tmp_path / "store")
    store(url, RECORDS, each=1)
    return url


def caretaker(url: str, clock: ManualClock, *others: object) -> Caretaker:
    return Caretaker(
        url,
        upkeep=UpkeepSettings(merge_every_seconds=10, tidy_every_seconds=100),
        retention=RetentionSettings(longest_standstill_days=1000),
        others=list(others),  # type: ignore[arg-type]
        clock=clock,
    )


def test_chores_have_their_time_and_then_there_is_rest(url: str, clock: ManualClock) -> None:
    care = caretaker(url, clock)
    assert [care.step() for _ in range(4)] == [True, True, True, False]
    clock.advance(10)
    assert [care.step() for _ in range(2)] == [True, False]


def test_merges_that_are_always_due_leave_erasing_its_turn(url: str, clock: ManualClock) -> None:
    asked: list[datetime] = []

    def expire(before: datetime) -> Mapping[str, int]:
        asked.append(before)
        return {}

    care = caretaker(url, clock, expire)
    for _ in range(25):
        assert care.step()
        # as long as a merge takes where the disk is slow, or there is much
        clock.advance(10)
    assert len(asked) == 3


def test_a_store_that_is_not_there_yet_needs_no_care(tmp_path: Path, clock: ManualClock) -> None:
    care = caretaker(str(tmp_path / "none"), clock)
    assert [care.step() for _ in range(4)] == [True, True, True, False]


def test_what_other_stages_keep_goes_too_and_is_recorded(url: str, clock: ManualClock) -> None:
    asked: list[datetime] = []

    def expire(before: datetime) -> Mapping[str, int]:
        asked.append(before)
        return {"hits": 3, "alerts": 0}

    clock.advance((LIMIT - clock.now()).total_seconds())
    gone = caretaker(url, clock, expire).expire(confirmed=True)
    assert asked == [datetime(2026, 1, 6, tzinfo=UTC)]
    assert (gone["reads"], gone["images"], gone["hits"]) == (6, 12, 3)
    assert {"hits": 3} in [one.counts for one in recorded(Files(url))]


def test_a_stage_that_cannot_expire_now_is_told_and_stops_no_other(url: str, clock: ManualClock) -> None:
    def busy(_: datetime) -> Mapping[str, int]:
        raise Unavailable("is being read")

    asked: list[datetime] = []

    def expire(before: datetime) -> Mapping[str, int]:
        asked.append(before)
        return {}

    clock.advance((LIMIT - clock.now()).total_seconds())
    with pytest.raises(Unavailable, match="is being read"):
        caretaker(url, clock, busy, expire).expire(confirmed=True)
    assert len(asked) == 1
    assert held_by(url) == []


def test_a_damaged_file_found_while_merging_goes_into_quarantine(url: str) -> None:
    victim = Path(url) / "reads" / files_of(open_table(url, "reads"))[0].path
    victim.write_bytes(b"damaged")
    # the log's own times are the machine's
    clock = ManualClock(datetime.now(UTC) + timedelta(days=400))
    with pytest.raises(IntegrityError):
        caretaker(url, clock).merge()
    assert [one.table for one in quarantined(url)] == ["reads"]
    assert not victim.exists()


def test_nothing_of_a_read_is_left_in_the_whole_folder_after_its_limit(tmp_path: Path, clock: ManualClock) -> None:
    settings = Settings(folder=str(tmp_path / "var"))
    journal_clock = ManualClock(datetime(2026, 1, 5, 12, tzinfo=UTC))
    kept = [record_on(number, date(2026, 11, 5)) for number in range(20, 24)]
    with Journal(settings.journal.path_in(settings.folder), settings.journal, journal_clock) as journal:
        journal.append(RECORDS)
        journal_clock.advance(300 * 86_400)
        journal.append(kept)
    url = settings.store.url_in(settings.folder)
    store(url, [*RECORDS, *kept], each=3)
    folder = Path(settings.folder)
    content = every_byte_below(folder)
    assert all(record.read.vrm.encode() in content and record.patch in content for record in [*RECORDS, *kept])
    clock.advance((LIMIT - clock.now()).total_seconds())
    gone = caretaker(url, clock, *expiring_stages(settings)).expire(confirmed=True)
    content = every_byte_below(folder)
    assert not [record for record in RECORDS if record.read.vrm.encode() in content or record.patch in content]
    assert not [record for record in RECORDS if record.read.read_id.encode() in content]
    assert all(record.read.vrm.encode() in content and record.patch in content for record in kept)
    assert (gone["journal entries"], gone["reads"]) == (6, 6)
    assert held_by(url) == ids_of(kept)
