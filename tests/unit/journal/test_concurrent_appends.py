"""Callers at the same time: they share commits, they are pushed back when too much waits, and none waits for ever."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.errors import Overloaded, Unavailable
from pipeline.journal.journal import Journal
from pipeline.journal.reader import JournalReader
from pipeline.journal.settings import JournalSettings
from tests.support.builders import a_record
from tests.support.clock import ManualClock

SETTINGS = JournalSettings()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(path, SETTINGS) as journal:
        yield journal


def test_callers_that_append_at_the_same_time_each_get_their_records_kept_once(journal: Journal) -> None:
    callers, each = 16, 10
    offsets: dict[int, list[int]] = {caller: [] for caller in range(callers)}

    def call(caller: int) -> None:
        for number in range(each):
            mine, shared = a_record(1000 + caller * each + number), a_record(number)
            offsets[caller].append(journal.append([mine, shared]))

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = journal.after(0, 10_000)
    ids = [entry.record.read.read_id for entry in entries]
    assert len(set(ids)) == len(ids) == callers * each + each
    assert [entry.offset for entry in entries] == list(range(1, len(ids) + 1))
    assert all(one == sorted(one) for one in offsets.values())


class HeldClock(ManualClock):
    """A clock that is asked for the time in the middle of a commit, and lets it go on when told."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.go_on = threading.Event()

    def now(self) -> datetime:
        self.asked.set()
        self.go_on.wait()
        return super().now()


@pytest.fixture
def clock() -> Iterator[HeldClock]:
    clock = HeldClock()
    yield clock
    clock.go_on.set()


def started(append: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=append)
    thread.start()
    return thread


def until(condition: Callable[[], bool], waiting: threading.Thread) -> None:
    while not condition():
        waiting.join(0.01)


def test_callers_that_wait_for_the_disk_share_one_commit(path: Path, clock: HeldClock) -> None:
    offsets: list[int] = []
    journal = Journal(path, SETTINGS, clock)
    first = started(lambda: offsets.append(journal.append([a_record(0)])))
    clock.asked.wait()
    others = [
        started(lambda number=number: offsets.append(journal.append([a_record(number)]))) for number in range(1, 9)
    ]
    until(lambda: len(journal._queue) == len(others), first)
    with JournalReader(path, SETTINGS) as reader:
        assert reader.last_offset() == 0
    assert offsets == []
    clock.go_on.set()
    for thread in (first, *others):
        thread.join()
    journal.close()
    # the first went alone; those that came during its commit were told the offset of the one they shared
    assert sorted(offsets) == [1] + [9] * len(others)


def test_too_much_waiting_for_the_disk_is_pushed_back(path: Path, clock: HeldClock) -> None:
    journal = Journal(path, JournalSettings(most_waiting_reads=3), clock)
    first = started(lambda: journal.append([a_record(0)]))
    clock.asked.wait()
    second = started(lambda: journal.append([a_record(1), a_record(2)]))
    until(lambda: len(journal._queue) == 1, second)
    with pytest.raises(Overloaded):
        journal.append([a_record(3), a_record(4)])
    clock.go_on.set()
    first.join()
    second.join()
    # with nothing waiting, a batch larger than the bound is taken, or it never would be
    assert journal.append([a_record(number) for number in range(10)]) == 10
    journal.close()


def test_a_file_locked_for_too_long_is_unavailable_and_then_mends(path: Path) -> None:
    with Journal(path, JournalSettings(busy_timeout_seconds=0.05)) as journal:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked"):
            journal.append([a_record(1)])
        other.close()
        assert journal.append([a_record(1)]) == 1


def test_callers_do_not_wait_for_ever_when_the_writer_dies(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    broken = a_record(1)
    clock = BrokenClock()
    journal = Journal(path, SETTINGS, clock)
    with pytest.raises(Unavailable, match="died"):
        journal.append([broken])
    with pytest.raises(Unavailable):
        journal.append([broken])
    journal.close()


class BrokenClock(ManualClock):
    """A clock with a fault that nobody foresaw."""

    def now(self) -> object:  # type: ignore[override]
        raise RuntimeError("no time")


def test_closing_writes_what_was_offered_and_takes_no_more(path: Path, clock: HeldClock) -> None:
    offsets: list[int] = []
    journal = Journal(path, SETTINGS, clock)
    first = started(lambda: offsets.append(journal.append([a_record(0)])))
    clock.asked.wait()
    others = [
        started(lambda number=number: offsets.append(journal.append([a_record(number)]))) for number in range(1, 4)
    ]
    until(lambda: len(journal._queue) == len(others), first)
    closing = started(journal.close)
    until(lambda: journal._closed, closing)
    with pytest.raises(Unavailable, match="closed"):
        journal.append([a_record(9)])
    clock.go_on.set()
    for thread in (first, *others, closing):
        thread.join()
    assert sorted(offsets) == [1, 4, 4, 4]
    with JournalReader(path, SETTINGS) as reader:
        kept = {entry.record.read.read_id for entry in reader.after(0, 100)}
    assert kept == {a_record(number).read.read_id for number in range(4)}
