"""The journal's promises: durable before acknowledged, once, in order, never an offset twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.domain.read import ReadId
from pipeline.domain.sharing import EncodedRecord
from pipeline.errors import IntegrityError, NotFound, Unavailable
from pipeline.journal.database import open_to_read, open_to_write
from pipeline.journal.journal import Journal
from pipeline.journal.reader import JournalReader
from pipeline.journal.settings import JournalSettings
from pipeline.wire.read_proto import encode_record
from tests.support.builders import a_record
from tests.support.clock import ManualClock

SETTINGS = JournalSettings(remember_ids_days=2)
DAY_SECONDS = 86_400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "journal.db"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def journal(path: Path, clock: ManualClock) -> Iterator[Journal]:
    with Journal(path, SETTINGS, clock) as journal:
        yield journal


def test_an_empty_journal_has_offset_nought_and_nothing_to_read(journal: Journal) -> None:
    assert journal.last_offset() == 0
    assert journal.after(0, 10) == []
    assert journal.append([]) == 0


def test_records_come_back_as_they_were_and_in_order(journal: Journal) -> None:
    records = [a_record(number, lane=None, location=None) for number in range(5)]
    assert journal.append(records[:2]) == 2
    assert journal.append(records[2:]) == 5
    assert [entry.record for entry in journal.after(0, 10)] == records
    assert [entry.offset for entry in journal.after(0, 10)] == [1, 2, 3, 4, 5]
    assert [entry.offset for entry in journal.after(2, 2)] == [3, 4]


def test_a_read_appended_twice_is_kept_once(journal: Journal) -> None:
    assert journal.append([a_record(1), a_record(1), a_record(2)]) == 2
    assert journal.append([a_record(2), a_record(3)]) == 3
    assert [entry.record for entry in journal.after(0, 10)] == [a_record(1), a_record(2), a_record(3)]


def test_records_outlive_the_process(path: Path) -> None:
    with Journal(path, SETTINGS) as first:
        first.append([a_record(1)])
        identity = first.identity
    with Journal(path, SETTINGS) as second:
        assert second.append([a_record(1), a_record(2)]) == 2
        assert second.identity == identity


def test_another_file_is_another_journal(path: Path, tmp_path: Path) -> None:
    with Journal(path, SETTINGS) as one, Journal(tmp_path / "other.db", SETTINGS) as other:
        assert one.identity != other.identity


def test_the_disk_is_told_to_keep_what_is_committed(path: Path) -> None:
    connection = open_to_write(path, SETTINGS)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


def test_discarded_entries_are_gone_and_their_offsets_are_not_given_again(path: Path) -> None:
    with Journal(path, SETTINGS) as journal:
        journal.append([a_record(1), a_record(2)])
        assert journal.discard_up_to(2) == 2
        assert journal.after(0, 10) == []
        assert journal.last_offset() == 2
    with Journal(path, SETTINGS) as journal:
        assert journal.append([a_record(3)]) == 3


def test_a_late_retry_of_a_discarded_read_is_not_kept_again(journal: Journal, clock: ManualClock) -> None:
    journal.append([a_record(1)])
    clock.advance(DAY_SECONDS)
    journal.discard_up_to(1)
    journal.append([a_record(1)])
    assert journal.after(0, 10) == []


def test_ids_are_forgotten_in_the_end(journal: Journal, clock: ManualClock) -> None:
    journal.append([a_record(1)])
    clock.advance(2 * DAY_SECONDS + 1)
    journal.discard_up_to(1)
    assert journal.append([a_record(1)]) == 2


def test_the_id_of_an_entry_still_here_is_never_forgotten(journal: Journal, clock: ManualClock) -> None:
    journal.append([a_record(1), a_record(2)])
    clock.advance(30 * DAY_SECONDS)
    journal.discard_up_to(1)
    assert journal.append([a_record(2)]) == 2


def test_lag_counts_what_is_yet_to_be_taken(journal: Journal) -> None:
    journal.append([a_record(number) for number in range(4)])
    assert journal.lag_of(1) == 3
    assert journal.lag_of(4) == 0


def test_an_offset_never_given_shows_that_an_older_journal_was_put_in_place(journal: Journal) -> None:
    journal.append([a_record(1)])
    with pytest.raises(IntegrityError, match="older copy"):
        journal.lag_of(2)


def test_reads_that_no_consumer_took_and_nobody_has_are_missing(journal: Journal) -> None:
    journal.append([a_record(number) for number in range(5)])
    assert (journal.missing_after(0), journal.missing_after(5)) == (0, 0)
    journal.discard_up_to(3)
    assert [journal.missing_after(offset) for offset in (0, 2, 3, 5)] == [3, 1, 0, 0]
    journal.discard_up_to(5)
    assert [journal.missing_after(offset) for offset in (0, 3, 5)] == [5, 2, 0]


def test_what_is_appended_before_the_limit_expires_taken_or_not(journal: Journal, clock: ManualClock) -> None:
    journal.append([a_record(1), a_record(2)])
    clock.advance(DAY_SECONDS)
    limit = clock.now()
    clock.advance(1)
    journal.append([a_record(3)])
    assert journal.expire(limit) == {"journal entries": 2}
    assert [entry.record for entry in journal.after(0, 10)] == [a_record(3)]
    # their time was up, so nobody misses them
    assert journal.missing_after(0) == 0
    assert journal.expire(limit) == {"journal entries": 0}


@pytest.mark.parametrize("how", ["discard", "expire"])
def test_what_is_gone_is_gone_from_every_byte_of_the_files(path: Path, clock: ManualClock, how: str) -> None:
    with Journal(path, SETTINGS, clock) as journal:
        journal.append([a_record(number, overview=b"wide view " * 2000) for number in range(20)])
        clock.advance(DAY_SECONDS)
        assert b"AB12CDE" in everything_in(path.parent)
        if how == "discard":
            journal.discard_up_to(20)
        else:
            journal.expire(clock.now())
        left = everything_in(path.parent)
        assert b"AB12CDE" not in left
        assert b"wide view" not in left
        assert journal.append([a_record(30)]) == 21


def test_a_reader_in_the_middle_keeps_the_log_from_being_emptied_and_that_is_told(
    path: Path, clock: ManualClock
) -> None:
    with Journal(path, JournalSettings(busy_timeout_seconds=0.05), clock) as journal:
        journal.append([a_record(1)])
        clock.advance(DAY_SECONDS)
        reading = sqlite3.connect(path, isolation_level=None)
        reading.execute("BEGIN")
        reading.execute("SELECT * FROM entries").fetchall()
        with pytest.raises(Unavailable, match="next try"):
            journal.expire(clock.now())
        reading.close()
        journal.expire(clock.now())
        assert b"AB12CDE" not in everything_in(path.parent)


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_so_much_is_taken_at_once_as_fits_but_always_one(journal: Journal) -> None:
    journal.append([a_record(number, overview=bytes(1000)) for number in range(4)])
    size = len(journal.after(0, 1)[0].content)
    assert [len(journal.after(0, 10, most)) for most in (1, size, 2 * size, 10 * size)] == [1, 1, 2, 4]


def test_two_readers_follow_one_writer(journal: Journal, path: Path) -> None:
    with JournalReader(path, SETTINGS) as one, JournalReader(path, SETTINGS) as other:
        journal.append([a_record(1)])
        assert one.after(0, 10) == other.after(0, 10) == journal.after(0, 10)
        journal.append([a_record(2)])
        assert (one.last_offset(), other.lag_of(1)) == (2, 1)
        assert one.identity == other.identity == journal.identity


def test_a_reader_cannot_write(journal: Journal, path: Path) -> None:
    journal.append([a_record(1)])
    connection = open_to_read(path, SETTINGS)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM entries")
    connection.close()


def test_a_reader_says_that_there_is_no_journal_yet(path: Path) -> None:
    with pytest.raises(NotFound):
        JournalReader(path, SETTINGS)


def test_a_closed_journal_takes_and_gives_nothing(path: Path) -> None:
    journal = Journal(path, SETTINGS)
    journal.close()
    with pytest.raises(Unavailable, match="closed"):
        journal.append([a_record(1)])
    with pytest.raises(Unavailable, match="closed"):
        journal.last_offset()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entries SET content = substr(content, 1, length(content) - 3) WHERE offset = 2",
        "UPDATE entries SET content = zeroblob(length(content)) WHERE offset = 2",
        "UPDATE entries SET checksum = zeroblob(16) WHERE offset = 2",
        "UPDATE entries SET content = 'text' WHERE offset = 2",
    ],
)
def test_a_damaged_record_is_named_by_its_offset_and_not_read_around(path: Path, damage: str) -> None:
    with Journal(path, SETTINGS) as journal:
        journal.append([a_record(1), a_record(2), a_record(3)])
    with sqlite3.connect(path) as connection:
        connection.execute(damage)
    connection.close()
    with JournalReader(path, SETTINGS) as reader:
        with pytest.raises(IntegrityError, match="entry 2 ") as told:
            reader.after(0, 10)
        assert "AB12CDE" not in str(told.value)
        assert [entry.offset for entry in reader.after(2, 10)] == [3]


def test_a_file_that_is_no_database_is_an_integrity_error(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no database, and never was one" * 100)
    with pytest.raises(IntegrityError):
        Journal(path, SETTINGS)
    with pytest.raises(IntegrityError):
        JournalReader(path, SETTINGS)


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable):
        Journal(tmp_path / "file" / "journal.db", SETTINGS)


@pytest.mark.parametrize("wrong", [{"remember_ids_days": 0}, {"busy_timeout_seconds": 0}, {"most_waiting_reads": 0}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="positive"):
        JournalSettings(**wrong)  # type: ignore[arg-type]


def test_a_read_id_is_what_makes_two_reads_the_same(journal: Journal) -> None:
    same = ReadId("f" * 32)
    journal.append([a_record(1, read_id=same), a_record(2, read_id=same)])
    assert [entry.record for entry in journal.after(0, 10)] == [a_record(1, read_id=same)]


def test_records_that_come_encoded_are_kept_once_and_told_apart(tmp_path: Path) -> None:
    records = [
        EncodedRecord(f"{number:032x}", encode_record(a_record(number)), (f"{number}/patch",)) for number in (1, 2)
    ]
    with Journal(tmp_path / "journal.db", JournalSettings()) as journal:
        assert journal.append_encoded(records[:1]) == [True]
        assert journal.append_encoded([*records, records[1]]) == [False, True, False]
        assert [entry.record for entry in journal.after(0, 9)] == [a_record(1), a_record(2)]
        assert journal.last_offset() == 2
        assert journal.knows([records[0].key, "2/patch", "3/patch"]) == {records[0].key, "2/patch"}
