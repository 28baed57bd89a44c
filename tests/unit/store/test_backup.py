"""A backup is the store at one moment, whole or not at all; a restore is the store again, checked file by file."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import BadInput, IntegrityError, NotFound
from pipeline.store.copies.backup import FAULT_POINTS, back_up, put_back, restore
from pipeline.store.integrity.verify import verify
from pipeline.store.settings import RetentionSettings, UpkeepSettings
from pipeline.store.upkeep.compaction import Compactor
from pipeline.store.upkeep.retention import Retention
from tests.support.lake import KillAt, Killed, every_byte_below, held_by, ids_of, record_on, store

DAY = date(2026, 1, 5)
NOW = datetime(2026, 1, 7, tzinfo=UTC)
RECORDS = [record_on(number, DAY + timedelta(days=number % 2)) for number in range(8)]


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = str(tmp_path / "store")
    store(url, RECORDS[:6], each=2)
    return url


@pytest.fixture
def target(tmp_path: Path) -> str:
    return str(tmp_path / "backup")


def restored(target: str, tmp_path: Path) -> str:
    url = str(tmp_path / "restored")
    restore(target, url)
    return url


def test_what_was_backed_up_comes_back_and_goes_on(url: str, target: str, tmp_path: Path) -> None:
    back_up(url, target, NOW)
    again = restored(target, tmp_path)
    assert held_by(again) == ids_of(RECORDS[:6])
    assert verify(again).faults == []
    # the journal's offsets came along, so nothing is stored twice
    store(again, RECORDS)
    assert held_by(again) == ids_of(RECORDS)


def test_a_backup_is_itself_a_store(url: str, target: str) -> None:
    back_up(url, target, NOW)
    assert held_by(target) == ids_of(RECORDS[:6])
    assert verify(target).faults == []


def test_only_what_is_new_is_copied_and_what_left_the_tables_leaves_the_backup(url: str, target: str) -> None:
    first = back_up(url, target, NOW)
    assert first.copied == first.files - 6
    store(url, RECORDS)
    assert 0 < back_up(url, target, NOW).copied <= 6
    assert held_by(target) == ids_of(RECORDS)
    compactor = Compactor(url, UpkeepSettings())
    while compactor.step(datetime.now(UTC) + timedelta(days=1000)):
        continue
    assert back_up(url, target, NOW).copied == 6
    assert len(list(Path(target).rglob("part-*.parquet"))) == 6
    assert held_by(target) == ids_of(RECORDS)
    assert back_up(url, target, NOW).copied == 0


def test_a_renewed_backup_keeps_nothing_longer_than_the_store(url: str, target: str) -> None:
    back_up(url, target, NOW)
    Retention(url, RetentionSettings()).expire(datetime(2027, 1, 6, tzinfo=UTC), confirmed=True)
    back_up(url, target, NOW)
    content = every_byte_below(Path(target))
    gone = [record for record in RECORDS[:6] if record.read.captured_at.date() == DAY]
    assert len(gone) == 3
    assert not [record for record in gone if record.read.vrm.encode() in content or record.patch in content]
    assert held_by(target) == ids_of([record for record in RECORDS[:6] if record not in gone])


def test_a_backup_that_nobody_renews_can_be_expired_as_a_store(url: str, target: str) -> None:
    back_up(url, target, NOW)
    Retention(target, RetentionSettings()).expire(datetime(2028, 1, 1, tzinfo=UTC), confirmed=True)
    assert held_by(target) == []


@pytest.mark.parametrize("point", FAULT_POINTS)
def test_a_backup_that_ends_anywhere_is_completed_by_the_next(
    url: str, target: str, tmp_path: Path, point: str
) -> None:
    with pytest.raises(Killed):
        back_up(url, target, NOW, KillAt(point))
    store(url, RECORDS)
    back_up(url, target, NOW)
    assert held_by(restored(target, tmp_path)) == ids_of(RECORDS)


@pytest.mark.parametrize("point", FAULT_POINTS)
def test_a_restore_that_ends_anywhere_is_completed_by_the_next(
    url: str, target: str, tmp_path: Path, point: str
) -> None:
    back_up(url, target, NOW)
    again = str(tmp_path / "restored")
    with pytest.raises(Killed):
        restore(target, again, KillAt(point))
    if point in ("manifest-written", "stale-removed"):
        # all was there already
        assert held_by(again) == ids_of(RECORDS[:6])
        return
    restore(target, again)
    assert held_by(again) == ids_of(RECORDS[:6])


def test_an_unfinished_backup_is_none(url: str, target: str, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        back_up(url, target, NOW, KillAt("files-copied"))
    with pytest.raises(NotFound, match="no finished backup"):
        restore(target, str(tmp_path / "restored"))


def test_a_store_that_is_there_is_not_restored_over(url: str, target: str) -> None:
    back_up(url, target, NOW)
    with pytest.raises(BadInput, match="already"):
        restore(target, url)


def test_a_backup_that_was_changed_is_not_restored(url: str, target: str, tmp_path: Path) -> None:
    back_up(url, target, NOW)
    victim = next(Path(target, "images").rglob("part-*.parquet"))
    victim.write_bytes(victim.read_bytes().replace(b"<patch", b"<patcX"))
    with pytest.raises(IntegrityError, match="not what was backed up"):
        restore(target, str(tmp_path / "restored"))
    # and there is no store that looks like an empty one
    with pytest.raises(NotFound):
        held_by(str(tmp_path / "restored"))


def test_a_damaged_file_is_put_back_from_a_backup(url: str, target: str) -> None:
    back_up(url, target, NOW)
    victim = next(Path(url, "reads").rglob("part-*.parquet"))
    victim.write_bytes(b"damaged")
    (fault,) = verify(url, quick=True).faults
    assert put_back(target, url, fault.table, fault.path)
    assert verify(url).faults == []
    assert not put_back(target, url, "reads", "no-such-file.parquet")


def test_a_damaged_file_is_never_backed_up_as_if_it_were_whole(url: str, target: str) -> None:
    victim = next(Path(url, "reads").rglob("part-*.parquet"))
    victim.write_bytes(b"damaged")
    with pytest.raises(IntegrityError, match="bytes instead of"):
        back_up(url, target, NOW)


@pytest.mark.parametrize("name", ["reads", "images", "marks"])
def test_a_store_whose_newest_commit_is_lost_is_not_backed_up_over_a_good_backup(
    url: str, target: str, tmp_path: Path, name: str
) -> None:
    # the backup leaves a checkpoint in the store, which then stands for the commit to whoever reads
    back_up(url, target, NOW)
    newest = sorted(Path(url, name, "_delta_log").glob("*.json"))[-1]
    newest.unlink()
    with pytest.raises(IntegrityError, match=rf"{name}/_delta_log/{newest.name}.*restore"):
        back_up(url, target, NOW)
    again = restored(target, tmp_path)
    # what is restored can be written too
    store(again, RECORDS)
    assert held_by(again) == ids_of(RECORDS)
    assert verify(again).faults == []
