"""The store's tail: commits by number or by age, and takes up where the tables stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import IntegrityError
from pipeline.journal.journal import Journal
from pipeline.journal.settings import JournalSettings
from pipeline.store.lake import Lake
from pipeline.store.look import StoreReader
from pipeline.store.settings import StoreSettings
from pipeline.store.tail import StoreTail
from tests.support.builders import a_record
from tests.support.durable import ListJournal

SETTINGS = StoreSettings(commit_reads=3, most_commit_reads=3, commit_after_seconds=2.0)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return str(tmp_path / "store")


def tail_of(journal: ListJournal, url: str) -> StoreTail:
    return StoreTail(journal, Lake(url, journal.identity), SETTINGS)


def records(count: int, first: int = 0) -> list:
    return [a_record(number) for number in range(first, first + count)]


def test_nothing_to_take_is_nothing_taken(url: str) -> None:
    tail = tail_of(ListJournal([]), url)
    assert tail.step(0.0) == 0
    assert (tail.position, tail.lag) == (0, 0)


def test_a_full_batch_is_committed_at_once_and_the_rest_when_it_is_old_enough(url: str) -> None:
    tail = tail_of(ListJournal(records(4)), url)
    assert tail.step(10.0) == 3
    assert tail.lag == 1
    assert tail.step(10.5) == 0
    assert tail.step(12.4) == 0
    assert tail.step(12.5) == 1
    assert (tail.position, tail.lag) == (4, 0)


def test_age_is_counted_anew_for_each_batch(url: str) -> None:
    journal = ListJournal(records(1))
    tail = tail_of(journal, url)
    assert [tail.step(0.0), tail.step(2.0)] == [0, 1]
    assert tail.step(100.0) == 0
    journal.records += records(1, first=1)
    assert [tail.step(101.0), tail.step(102.9), tail.step(103.0)] == [0, 0, 1]


def test_finishing_takes_everything_however_young(url: str) -> None:
    tail = tail_of(ListJournal(records(8)), url)
    tail.finish()
    assert tail.position == 8
    assert StoreReader(url).count() == 8


def test_another_tail_goes_on_where_the_tables_stand(url: str) -> None:
    journal = ListJournal(records(3))
    tail_of(journal, url).finish()
    journal.records += records(2, first=3)
    again = tail_of(journal, url)
    assert again.position == 3
    again.finish()
    assert sorted(StoreReader(url).ids()) == sorted(one.read.read_id for one in journal.records)


def test_a_journal_older_than_the_store_stops_it_instead_of_losing_reads(url: str) -> None:
    tail_of(ListJournal(records(3)), url).finish()
    with pytest.raises(IntegrityError):
        tail_of(ListJournal(records(2, first=10)), url).step(0.0)


def test_reads_that_are_neither_here_nor_there_stop_the_store_until_their_loss_is_accepted(
    url: str, tmp_path: Path
) -> None:
    with Journal(tmp_path / "journal.db", JournalSettings()) as journal:
        journal.append(records(5))
        journal.discard_up_to(3)
        lake = Lake(url, journal.identity)
        tail = StoreTail(journal, lake, SETTINGS)
        with pytest.raises(IntegrityError, match="3 reads are neither"):
            tail.step(10.0)
        lake.skip_to(3)
        tail.finish()
        assert StoreReader(url).count() == 2
        assert (Lake(url, journal.identity).position, journal.missing_after(5)) == (5, 0)


def test_a_backlog_is_committed_in_large_batches_that_fit_into_memory(url: str) -> None:
    journal = ListJournal([a_record(number, overview=bytes(400_000)) for number in range(10)])
    tail = StoreTail(journal, Lake(url, "one"), StoreSettings(commit_reads=2, most_commit_mebibytes=1))
    assert [tail.step(0.0) for _ in range(6)] == [2, 2, 2, 2, 2, 0]
    assert StoreReader(url).count() == 10


@pytest.mark.parametrize("wrong", [{"commit_reads": 0}, {"commit_after_seconds": -1.0}, {"most_commit_reads": 400}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        StoreSettings(**wrong)  # type: ignore[arg-type]


def test_the_store_lies_in_the_folder_unless_told_otherwise() -> None:
    assert StoreSettings().url_in("var") == "var/store"
    assert StoreSettings(url="s3://bucket/anpr/").url_in("var") == "s3://bucket/anpr"


def test_how_long_reads_waited_is_counted_from_their_receipt_once_they_can_be_found(url: str) -> None:
    journal, counted = ListJournal(records(4)), []
    lake = Lake(url, journal.identity, on_searchable=counted.append)
    StoreTail(journal, lake, SETTINGS).finish()
    assert [len(batch) for batch in counted] == [3, 1]
    assert [at for batch in counted for at in batch] == [one.read.received_at for one in journal.records]
