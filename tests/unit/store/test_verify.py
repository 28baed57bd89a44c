"""A store that is not what was written is noticed, named and put aside, and never looks like an empty one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from pipeline.errors import IntegrityError
from pipeline.store.integrity.quarantine import quarantine, quarantined, release
from pipeline.store.integrity.verify import verify
from pipeline.store.lake import Lake
from pipeline.store.layout import MARKS_SCHEMA
from pipeline.store.look import StoreReader
from pipeline.store.settings import UpkeepSettings
from pipeline.store.tables import open_table
from pipeline.store.upkeep.compaction import Compactor
from pipeline.store.upkeep.listing import files_of
from tests.support.lake import record_on, store

DAY = date(2026, 1, 5)
NOW = datetime(2026, 1, 7, tzinfo=UTC)
RECORDS = [record_on(number, DAY) for number in range(6)]


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = str(tmp_path / "store")
    store(url, RECORDS, each=2)
    return url


def a_file(url: str, name: str) -> Path:
    return Path(url) / name / files_of(open_table(url, name))[1].path


def faults_of(url: str, *, quick: bool = False) -> list[tuple[str, str]]:
    return [(fault.table, fault.what) for fault in verify(url, quick=quick).faults]


def test_a_sound_store_has_no_faults_before_and_after_compaction(url: str) -> None:
    report = verify(url)
    assert (report.files, report.reads, report.images, report.faults) == (9, 6, 12, [])
    compactor = Compactor(url, UpkeepSettings())
    while compactor.step(datetime.now(UTC) + timedelta(days=1000)):
        continue
    report = verify(url)
    assert (report.files, report.reads, report.images, report.faults) == (3, 6, 12, [])


@pytest.mark.parametrize("name", ["reads", "images"])
@pytest.mark.parametrize("quick", [True, False])
def test_a_truncated_file_is_named(url: str, name: str, quick: bool) -> None:
    victim = a_file(url, name)
    victim.write_bytes(victim.read_bytes()[:-100])
    (fault,) = verify(url, quick=quick).faults
    assert (fault.table, Path(url) / name / fault.path, fault.day) == (name, victim, DAY)
    assert "bytes instead of" in fault.what


def test_a_missing_file_is_named(url: str) -> None:
    a_file(url, "reads").unlink()
    assert faults_of(url, quick=True) == [("reads", "is missing")]


def test_bytes_that_are_no_parquet_any_more_are_noticed(url: str) -> None:
    victim = a_file(url, "reads")
    victim.write_bytes(bytes(victim.stat().st_size))
    assert faults_of(url, quick=True) == [("reads", "is no Parquet file any more")]


def test_a_flipped_bit_in_a_picture_is_noticed(url: str) -> None:
    victim = a_file(url, "images")
    content = victim.read_bytes()
    assert b"<overview" in content
    victim.write_bytes(content.replace(b"<overview", b"<overvieX", 1))
    assert faults_of(url, quick=True) == []
    ((name, what),) = faults_of(url)
    assert name == "images"
    assert what.startswith("has 1 rows")


def test_a_read_changed_by_somebody_who_knows_parquet_is_noticed(url: str) -> None:
    victim = a_file(url, "reads")
    rows = pq.read_table(victim, partitioning=None)
    changed = rows.set_column(rows.schema.get_field_index("camera_id"), "camera_id", pa.array(["other"] * len(rows)))
    table = DeltaTable(f"{url}/reads")
    days = pa.array([DAY] * len(rows), pa.date32())
    write_deltalake(table, changed.append_column("capture_day", days).cast(_schema_of(table)), mode="append")
    ((_, what),) = faults_of(url)
    assert what == "has 2 rows that are not what was stored"


def _schema_of(table: DeltaTable) -> pa.Schema:
    return pa.schema(table.schema().to_arrow())


def test_reads_without_their_pictures_are_noticed(url: str) -> None:
    DeltaTable(f"{url}/images").delete("kind = 'overview'")
    assert faults_of(url) == [("images", f"6 reads of {DAY} are without their overview")]


def test_marks_that_are_not_those_of_the_reads_are_noticed(url: str) -> None:
    table = DeltaTable(f"{url}/marks")
    write_deltalake(table, table.to_pyarrow_table().slice(1).cast(MARKS_SCHEMA), mode="overwrite")
    assert faults_of(url) == [("marks", f"the marks of {DAY} are not those of its reads")]


@pytest.mark.parametrize("which", [1, 2])
def test_a_missing_log_entry_is_damage_and_not_an_empty_store(url: str, which: int) -> None:
    (Path(url) / "reads" / "_delta_log" / f"{which:020}.json").unlink()
    for opened in (lambda: StoreReader(url), lambda: Lake(url, "one")):
        with pytest.raises(IntegrityError, match="reads"):
            opened()
    ((name, what),) = faults_of(url, quick=True)
    assert name == "reads"
    assert "damaged" in what


def test_a_missing_log_entry_for_which_a_checkpoint_stands_is_damage_too(url: str) -> None:
    table = open_table(url, "reads")
    table.create_checkpoint()
    (Path(url) / "reads" / "_delta_log" / f"{table.version():020}.json").unlink()
    ((name, what),) = faults_of(url, quick=True)
    assert (name, what.partition("/")[0]) == ("reads", "the log misses reads")
    with pytest.raises(IntegrityError, match="reads"):
        store(url, [*RECORDS, record_on(9, DAY)])


def test_a_missing_newest_log_entry_is_made_good_from_the_journal(url: str) -> None:
    newest = open_table(url, "reads").version()
    (Path(url) / "reads" / "_delta_log" / f"{newest:020}.json").unlink()
    store(url, RECORDS)
    assert faults_of(url) == []
    assert StoreReader(url).count() == 6


def test_a_damaged_file_goes_into_quarantine_and_what_needs_it_fails_by_its_name(url: str) -> None:
    victim = a_file(url, "reads")
    victim.write_bytes(b"damaged")
    (taken,) = quarantine(url, verify(url, quick=True).faults, NOW)
    assert not victim.exists()
    assert (Path(url) / "quarantine" / "reads" / taken.path).read_bytes() == b"damaged"
    assert quarantined(url) == [taken]
    assert quarantine(url, verify(url, quick=True).faults, NOW) == []
    with pytest.raises((FileNotFoundError, OSError)):
        StoreReader(url).reads()


def test_a_file_that_was_put_back_leaves_quarantine(url: str) -> None:
    victim = a_file(url, "reads")
    good = victim.read_bytes()
    victim.write_bytes(b"damaged")
    (taken,) = quarantine(url, verify(url).faults, NOW)
    victim.parent.mkdir(exist_ok=True)
    victim.write_bytes(good)
    release(url, taken.table, taken.path)
    assert quarantined(url) == []
    assert faults_of(url) == []


def test_only_the_days_asked_for_are_checked(url: str) -> None:
    a_file(url, "reads").write_bytes(b"")
    assert verify(url, days=[date(2026, 1, 6)]).files == 0
    assert verify(url, days=[DAY]).faults


def test_a_store_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert [name for name, _ in faults_of(str(tmp_path / "nowhere"))] == ["reads", "images", "marks"]
