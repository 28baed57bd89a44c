"""Compaction changes files and never rows, whoever reads or writes meanwhile, and wherever it is killed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from pipeline.errors import AnprError, IntegrityError
from pipeline.store.lake import Lake
from pipeline.store.look import StoreReader
from pipeline.store.settings import UpkeepSettings
from pipeline.store.tables import open_table
from pipeline.store.upkeep.compaction import FAULT_POINTS, Compactor, due
from pipeline.store.upkeep.listing import DataFile, files_of
from tests.support.durable import ListJournal, fill, small_disk
from tests.support.lake import KillAt, Killed, held_by, ids_of, record_on, store

DAY = date(2026, 1, 5)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = NOW.date()
# the log's own times are the machine's
LATER = datetime.now(UTC) + timedelta(days=2)
SETTINGS = UpkeepSettings(merge_files=4, merge_image_files=4)
RECORDS = [record_on(number, DAY) for number in (7, 3, 9, 1, 8, 2, 5)]


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = str(tmp_path / "store")
    store(url, RECORDS, each=1)
    return url


def compact(url: str, now: datetime = LATER) -> None:
    compactor = Compactor(url, SETTINGS)
    while compactor.step(now):
        continue


def test_a_closed_day_becomes_one_sorted_file_and_no_read_changes(url: str) -> None:
    before = sorted(StoreReader(url).reads(), key=lambda read: read.read_id)
    compact(url)
    assert sorted(StoreReader(url).reads(), key=lambda read: read.read_id) == before
    assert held_by(url) == ids_of(RECORDS)
    (file,) = DeltaTable(f"{url}/reads").file_uris()
    marks = pq.read_table(file)["vrm_folded"].to_pylist()
    assert marks == sorted(marks)
    assert len(DeltaTable(f"{url}/images").file_uris()) == 1


def test_there_is_an_end_to_it(url: str) -> None:
    compactor = Compactor(url, SETTINGS)
    steps = [compactor.step(LATER) for _ in range(5)]
    assert steps == [7, 7, 7, 0, 0]
    assert Compactor(url, SETTINGS).step(LATER) == 0


def test_a_late_read_is_sorted_into_its_day(url: str) -> None:
    compact(url)
    late = record_on(4, DAY)
    store(url, [*RECORDS, late])
    compact(url)
    assert held_by(url) == ids_of([*RECORDS, late])
    assert len(DeltaTable(f"{url}/reads").file_uris()) == 1


def test_a_reader_of_the_old_version_goes_on_and_an_append_is_not_in_the_way(url: str) -> None:
    old = StoreReader(url)
    lake = Lake(url, "one")
    compactor = Compactor(url, SETTINGS)
    assert compactor.step(LATER)
    more = record_on(20, DAY)
    # this writer has not heard of the compaction
    lake.append(ListJournal([*RECORDS, more]).after(7, 1))
    assert compactor.step(LATER)
    assert compactor.remove_replaced() == 0
    assert sorted(old.ids()) == ids_of(RECORDS)
    assert held_by(url) == ids_of([*RECORDS, more])


def test_a_writer_that_slept_while_the_log_was_cut_goes_on(url: str) -> None:
    lake = Lake(url, "one")
    compact(url)
    for name in ("reads", "images"):
        table = open_table(url, name)
        table.create_checkpoint()
        for entry in (Path(url) / name / "_delta_log").glob("*.json"):
            if int(entry.name[:20]) < table.version():
                entry.unlink()
    more = record_on(20, DAY)
    lake.append(ListJournal([*RECORDS, more]).after(7, 1))
    assert held_by(url) == ids_of([*RECORDS, more])


def test_a_damaged_file_stops_the_compaction_of_its_day(url: str) -> None:
    victim = Path(url) / "reads" / files_of(open_table(url, "reads"))[2].path
    victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])
    with pytest.raises(IntegrityError, match="reads"):
        compact(url)


def step_and_tidy(compactor: Compactor) -> None:
    compactor.step(LATER)
    compactor.remove_replaced()


@pytest.mark.parametrize("point", FAULT_POINTS)
def test_a_compaction_that_ends_anywhere_changes_no_read(url: str, point: str) -> None:
    compactor = Compactor(url, SETTINGS, KillAt(point))
    with pytest.raises(Killed):
        step_and_tidy(compactor)
    assert held_by(url) == ids_of(RECORDS)
    compact(url)
    assert held_by(url) == ids_of(RECORDS)


def test_a_full_disk_stops_a_compaction_and_changes_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        url = str(disk / "store")
        store(url, RECORDS, each=1)
        filler = fill(disk, leaving=0)
        with pytest.raises(AnprError):
            compact(url)
        filler.unlink()
        assert held_by(url) == ids_of(RECORDS)
        compact(url)
        assert held_by(url) == ids_of(RECORDS)
        assert len(DeltaTable(f"{url}/reads").file_uris()) == 1


def a_file(number: int, *, mebibytes: float = 0.1, day: date = TODAY, age_hours: float = 0.0) -> DataFile:
    return DataFile(
        path=f"{number}.parquet",
        day=day,
        size=int(mebibytes * 2**20),
        rows=100,
        modified=NOW - timedelta(hours=age_hours),
        first_received=NOW,
    )


def test_a_day_that_goes_on_is_merged_when_it_is_crowded_and_never_sorted() -> None:
    files = [a_file(number) for number in range(4)]
    assert due("reads", files[:3], NOW, SETTINGS) == []
    (work,) = due("reads", files, NOW, SETTINGS)
    assert (work.sort, len(work.files)) == (False, 4)


def test_what_was_merged_to_its_size_is_left_alone() -> None:
    files = [a_file(0, mebibytes=9), a_file(1, mebibytes=10), *(a_file(number) for number in (2, 3))]
    assert due("reads", files, NOW, SETTINGS) == []


def test_pictures_are_merged_when_enough_came_and_are_never_sorted() -> None:
    assert due("images", [a_file(0, mebibytes=30), a_file(1, mebibytes=30)], NOW, SETTINGS) == []
    (work,) = due("images", [a_file(0, mebibytes=34), a_file(1, mebibytes=30)], NOW, SETTINGS)
    assert not work.sort
    old = [a_file(number, day=DAY, age_hours=2) for number in (0, 1)]
    assert [work.sort for work in due("images", old, NOW, SETTINGS)] == [False]


def test_a_closed_day_is_sorted_when_late_reads_have_stopped_coming() -> None:
    files = [a_file(0, day=DAY, mebibytes=60, age_hours=5), a_file(1, day=DAY, age_hours=0.5)]
    assert due("reads", files, NOW, SETTINGS) == []
    (work,) = due("reads", [files[0], replace(files[1], modified=NOW - timedelta(hours=1))], NOW, SETTINGS)
    assert (work.sort, work.day) == (True, DAY)


def test_a_day_is_closed_an_hour_after_its_midnight() -> None:
    yesterday = [a_file(number, day=date(2026, 11, 23), age_hours=2) for number in range(2)]
    assert due("reads", yesterday, datetime(2026, 11, 24, 0, 59, tzinfo=UTC) + timedelta(days=0), SETTINGS) == []
    old = [replace(file, modified=NOW - timedelta(days=1)) for file in yesterday]
    assert due("reads", old, datetime(2026, 11, 24, 0, 59, tzinfo=UTC), SETTINGS) == []
    assert due("reads", old, datetime(2026, 11, 24, 1, 0, tzinfo=UTC), SETTINGS)


@pytest.mark.parametrize(
    "wrong",
    [{"keep_replaced_files_hours": 0}, {"merge_files": 1}, {"sorted_file_mebibytes": 0}, {"merge_every_seconds": 0.0}],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        UpkeepSettings(**wrong)  # type: ignore[arg-type]
