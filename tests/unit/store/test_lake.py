"""The store's promises: every entry exactly once in both tables, whoever writes and however often it is offered."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from pipeline.domain.read import Read, digest_of
from pipeline.domain.vrm import Vrm
from pipeline.errors import IntegrityError, Unavailable
from pipeline.store import durable
from pipeline.store.durable import local_folder, settle
from pipeline.store.lake import FAULT_POINTS, Lake
from pipeline.store.look import StoreReader
from tests.support.builders import AT, a_record
from tests.support.durable import ListJournal, fill, small_disk

RECORDS = [a_record(number, patch=b"p%d" % number, overview=b"o%d" % number) for number in range(6)]
ENTRIES = ListJournal(RECORDS).after(0, 100)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return str(tmp_path / "deep" / "store")


def reads_in(url: str) -> list[Read]:
    return sorted(StoreReader(url).reads(), key=lambda read: read.read_id)


def pictures_in(url: str) -> list[tuple[str, str, bytes]]:
    rows = DeltaTable(f"{url}/images").to_pyarrow_table().to_pylist()
    return sorted((row["read_id"], row["kind"], row["jpeg"]) for row in rows)


def pictures_of(count: int) -> list[tuple[str, str, bytes]]:
    return sorted(
        (record.read.read_id, kind, jpeg)
        for record in RECORDS[:count]
        for kind, jpeg in (("patch", record.patch), ("overview", record.overview))
    )


def test_a_new_store_is_empty_and_at_the_beginning(url: str) -> None:
    lake = Lake(url, "one")
    assert lake.position == 0
    assert lake.append([]) == 0
    assert StoreReader(url).count() == 0


def test_reads_and_pictures_come_back_as_they_were(url: str) -> None:
    lake = Lake(url, "one")
    assert lake.append(ENTRIES[:4]) == 4
    assert lake.append(ENTRIES[4:]) == 2
    assert lake.position == 6
    assert reads_in(url) == [record.read for record in RECORDS]
    assert pictures_in(url) == pictures_of(6)


def test_entries_offered_again_are_stored_once(url: str) -> None:
    lake = Lake(url, "one")
    lake.append(ENTRIES[:3])
    assert lake.append(ENTRIES[:3]) == 0
    assert lake.append(ENTRIES[1:5]) == 2
    assert Lake(url, "one").append(ENTRIES[2:5]) == 0
    assert reads_in(url) == [record.read for record in RECORDS[:5]]
    assert pictures_in(url) == pictures_of(5)


def test_a_second_writer_of_the_same_journal_cannot_double_anything(url: str) -> None:
    one, other = Lake(url, "one"), Lake(url, "one")
    one.append(ENTRIES[:3])
    with pytest.raises(Unavailable, match="transaction"):
        other.append(ENTRIES[:3])
    assert other.append(ENTRIES[:3]) == 0
    assert reads_in(url) == [record.read for record in RECORDS[:3]]
    assert pictures_in(url) == pictures_of(3)


def test_a_second_writer_is_noticed_when_the_tables_are_opened_afresh(url: str) -> None:
    one, other = Lake(url, "one", opened_for=1), Lake(url, "one")
    one.append(ENTRIES[:2])
    with pytest.raises(Unavailable, match="transaction"):
        other.append(ENTRIES[:2])
    other.append(ENTRIES[2:4])
    # what follows the position that it has known would leave a gap, or double something
    with pytest.raises(Unavailable, match="somebody else"):
        one.append(ENTRIES[2:6])
    assert one.position == 4
    assert one.append(ENTRIES[2:6]) == 2
    assert reads_in(url) == [record.read for record in RECORDS]
    assert pictures_in(url) == pictures_of(6)


def test_tables_that_vanish_are_not_begun_in_the_middle_and_the_new_ones_are_on_disk(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(url, "one", opened_for=1)
    lake.append(ENTRIES[:2])
    shutil.rmtree(url)
    with pytest.raises(Unavailable):
        lake.append(ENTRIES[2:])
    assert lake.position == 0
    settled: set[tuple[str, int]] = set()

    def seen(table: Path, version: int) -> None:
        settled.add((table.name, version))
        settle(table, version)

    monkeypatch.setattr(durable, "settle", seen)
    assert lake.append(ENTRIES) == 6
    assert settled == {(name, version) for name in ("reads", "images", "marks") for version in (0, 1)}
    assert reads_in(url) == [record.read for record in RECORDS]


def test_the_log_is_looked_through_for_what_is_too_old_once_in_an_opening(url: str) -> None:
    lake = Lake(url, "one", opened_for=3)
    lake.append(ENTRIES[:1])
    log = Path(url) / "reads" / "_delta_log"
    DeltaTable(f"{url}/reads").create_checkpoint()
    old = sorted(log.glob("*.json"))
    for file in old:
        os.utime(file, (0, 0))
    lake.append(ENTRIES[1:2])
    lake.append(ENTRIES[2:3])
    assert set(old) < set(log.glob("*.json"))
    lake.append(ENTRIES[3:4])
    assert not [file for file in old[:-1] if file.exists()]
    assert reads_in(url) == [record.read for record in RECORDS[:4]]


def test_two_journals_share_a_store_and_each_has_its_own_position(url: str) -> None:
    one, other = Lake(url, "one"), Lake(url, "other")
    one.append(ENTRIES[:2])
    other.append(ListJournal(RECORDS[2:]).after(0, 3))
    one.append(ENTRIES[1:2])
    assert (Lake(url, "one").position, Lake(url, "other").position) == (2, 3)
    assert reads_in(url) == [record.read for record in RECORDS[:5]]


def test_rows_lie_under_the_utc_day_of_their_capture(url: str) -> None:
    late = a_record(1, captured_at=datetime(2026, 1, 5, 23, 59, tzinfo=UTC))
    next_day = a_record(2, captured_at=datetime(2026, 1, 6, 0, 1, tzinfo=UTC))
    Lake(url, "one").append(ListJournal([late, next_day]).after(0, 2))
    for name in ("reads", "images"):
        days = {part["capture_day"] for part in DeltaTable(f"{url}/{name}").partitions()}
        assert {str(day) for day in days} == {"2026-01-05", "2026-01-06"}


def test_a_search_by_time_and_mark_finds_what_it_should(url: str) -> None:
    records = [
        a_record(1, vrm=Vrm("AA11AAA")),
        a_record(2, vrm=Vrm("BB22BBB")),
        a_record(3, vrm=Vrm("AA11AAA"), captured_at=AT + timedelta(days=2)),
    ]
    Lake(url, "one").append(ListJournal(records).after(0, 3))
    store = StoreReader(url)
    first, second, third = (record.read for record in records)
    assert store.reads() == [first, second, third]
    assert store.reads(vrm=Vrm("AA11AAA")) == [first, third]
    assert store.reads(between=(AT, AT + timedelta(days=1))) == [first, second]
    assert store.reads(between=(second.captured_at, third.captured_at), vrm=Vrm("AA11AAA")) == []
    assert store.reads_of([second.read_id]) == [second]
    assert sorted(store.ids()) == sorted(one.read.read_id for one in records)


def test_pictures_are_written_as_files_without_the_mark_in_their_names(url: str, tmp_path: Path) -> None:
    Lake(url, "one").append(ENTRIES[:2])
    store = StoreReader(url)
    assert store.export_pictures(store.reads(), tmp_path / "pictures") == 4
    written = sorted((tmp_path / "pictures").iterdir())
    assert sorted(file.read_bytes() for file in written) == [b"o0", b"o1", b"p0", b"p1"]
    assert not [file for file in written if "AB12CDE" in file.name]


def test_a_picture_that_is_not_what_was_read_is_an_integrity_error(url: str, tmp_path: Path) -> None:
    forged = a_record(1, patch=b"forged", patch_digest=digest_of(b"true"))
    Lake(url, "one").append(ListJournal([forged]).after(0, 1))
    store = StoreReader(url)
    with pytest.raises(IntegrityError, match="patch"):
        store.export_pictures(store.reads(), tmp_path / "pictures")


def test_a_table_with_other_columns_is_refused(url: str) -> None:
    write_deltalake(f"{url}/reads", pa.table({"capture_day": pa.array([date(2026, 1, 1)])}))
    with pytest.raises(IntegrityError, match="columns"):
        Lake(url, "one")


def test_a_store_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable):
        Lake(str(tmp_path / "file" / "store"), "one")


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("point", FAULT_POINTS)
def test_an_append_that_ends_anywhere_is_completed_by_the_next(url: str, point: str) -> None:
    def die(name: str) -> None:
        if name == point:
            raise Killed

    Lake(url, "one").append(ENTRIES[:2])
    with pytest.raises(Killed):
        Lake(url, "one", die).append(ENTRIES[2:4])
    after = Lake(url, "one")
    assert after.position == (4 if point.startswith("marks") else 2)
    # the next batch may be cut differently
    after.append([entry for entry in ENTRIES if entry.offset > after.position])
    assert after.position == 6
    assert reads_in(url) == [record.read for record in RECORDS]
    assert pictures_in(url) == pictures_of(6)


def test_a_full_disk_stores_nothing_by_half_and_mends_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        url = str(disk / "store")
        lake = Lake(url, "one")
        lake.append(ENTRIES[:2])
        filler = fill(disk, leaving=0)
        for _ in range(2):
            with pytest.raises(Unavailable):
                lake.append(ENTRIES[2:])
        filler.unlink()
        assert lake.position == 2
        assert lake.append(ENTRIES[2:]) == 4
        assert reads_in(url) == [record.read for record in RECORDS]
        assert pictures_in(url) == pictures_of(6)


def test_only_a_folder_needs_to_be_settled() -> None:
    assert local_folder("/srv/store") == Path("/srv/store")
    assert local_folder("file:///srv/my%20store") == Path("/srv/my store")
    assert local_folder("s3://bucket/store") is None


def test_settling_a_commit_long_cleaned_up_is_no_fault(url: str) -> None:
    Lake(url, "one")
    settle(Path(url) / "reads", 99)


def test_pictures_that_come_later_join_their_read_without_a_second_row(url: str) -> None:
    late = replace(RECORDS[0], pictures_only=True)
    journal = ListJournal([replace(RECORDS[0], patch=b"", overview=b""), late])
    lake = Lake(url, journal.identity)
    lake.append(journal.after(0, 1))
    lake.append(journal.after(1, 1))
    assert reads_in(url) == [late.read]
    assert pictures_in(url) == pictures_of(1)
