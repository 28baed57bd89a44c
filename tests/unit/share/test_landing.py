"""The landing: what others sent is durable as it came, and gets to the journal once, in order, whatever happens."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from pipeline.domain.sharing import EncodedRecord
from pipeline.errors import AnprError, IntegrityError, Overloaded, Unavailable
from pipeline.journal.journal import Journal
from pipeline.journal.settings import JournalSettings
from pipeline.share.landing import Landing
from pipeline.share.landing_file import LandingFile
from pipeline.wire.read_proto import encode_record
from tests.support.builders import a_record
from tests.support.durable import ROOT, fill, script, small_disk
from tests.support.landing_writer import BATCH

KILLS = 2
MEBIBYTE = 2**20


class Gate:
    """A journal before which reads wait until it is opened; while `fault` is set it fails."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.open = threading.Event()
        self.asked = threading.Event()
        self.fault: AnprError | None = None

    def append_encoded(self, records: Sequence[EncodedRecord]) -> list[bool]:
        self.asked.set()
        self.open.wait()
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        return self._journal.append_encoded(records)

    def knows(self, keys: Sequence[str]) -> set[str]:
        return self._journal.knows(keys)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.db", JournalSettings()) as journal:
        yield journal


@pytest.fixture
def gate(journal: Journal) -> Gate:
    return Gate(journal)


def landing_in(folder: Path, gate: Gate, *, most_bytes: int = MEBIBYTE) -> Landing:
    path = folder / "landing.db"
    return Landing(path, gate, gate, most_bytes=most_bytes, room_seconds=0.01, retry_seconds=0.01)


def encoded(*numbers: int, pictures: bool = False) -> list[EncodedRecord]:
    return [
        EncodedRecord(one.read.read_id, encode_record(one), (f"{one.read.read_id}/patch",) if pictures else ())
        for one in map(a_record, numbers)
    ]


def numbers_in(journal: Journal) -> list[int]:
    return [int(entry.record.read.read_id, 16) for entry in journal.after(0, 1_000_000)]


def land_for_ever(landing: Landing) -> None:
    while True:
        landing.append_encoded(encoded(2))


def test_what_has_landed_is_in_the_journal_by_the_end_in_order(tmp_path: Path, journal: Journal, gate: Gate) -> None:
    landing = landing_in(tmp_path, gate)
    assert landing.append_encoded(encoded(3, 1)) == [True, True]
    assert landing.append_encoded(encoded(2)) == [True]
    assert numbers_in(journal) == []
    gate.open.set()
    landing.close()
    assert numbers_in(journal) == [3, 1, 2]


def test_a_read_is_known_from_when_it_has_landed(tmp_path: Path, journal: Journal, gate: Gate) -> None:
    journal.append([a_record(1)])
    landing = landing_in(tmp_path, gate)
    assert landing.append_encoded(encoded(1, 2, 2)) == [False, True, False]
    assert landing.append_encoded(encoded(2, 3, pictures=True)) == [False, True]
    (one, two, three) = (key for key, *_ in encoded(1, 2, 3))
    assert landing.knows([one, two, three, f"{three}/patch", "4"]) == {one, two, three, f"{three}/patch"}
    gate.open.set()
    landing.close()
    assert numbers_in(journal) == [1, 2, 3]


def test_what_a_former_start_left_is_known_and_goes_on_its_way(tmp_path: Path, journal: Journal, gate: Gate) -> None:
    landing = landing_in(tmp_path, gate)
    landing.append_encoded(encoded(1, 2))
    # copied while it waits: what a kill leaves
    left = tmp_path / "left"
    left.mkdir()
    for name in ("landing.db", "landing.db-wal"):
        (left / name).write_bytes((tmp_path / name).read_bytes())
    gate.open.set()
    landing.close()
    # all of it had got to the journal, and the landing had not heard
    again = landing_in(left, gate)
    assert again.append_encoded(encoded(2, 3)) == [False, True]
    again.close()
    assert numbers_in(journal) == [1, 2, 3]


def test_what_comes_during_a_sync_shares_the_next_and_is_known_in_its_order(
    tmp_path: Path, journal: Journal, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    begun, go_on = threading.Event(), threading.Event()
    add = LandingFile.add

    def slowly(file: LandingFile, batches: Sequence[Sequence[EncodedRecord]]) -> list[int]:
        synced.append(len(batches))
        begun.set()
        go_on.wait()
        return add(file, batches)

    monkeypatch.setattr(LandingFile, "add", slowly)
    landing = landing_in(tmp_path, gate)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(landing.append_encoded, encoded(1, 2))
        begun.wait()
        others = [threads.submit(landing.append_encoded, encoded(*some)) for some in ((2, 3), (3, 4), (5,))]
        while len(landing._arriving) < len(others):
            threading.Event().wait(0.001)
        assert not any(one.done() for one in (first, *others))
        go_on.set()
        assert first.result() == [True, True]
        told = sorted(others[0].result() + others[1].result() + others[2].result())
    # whichever of the two came first has read 3
    assert told == [False, False, True, True, True]
    assert synced == [1, 3]
    gate.open.set()
    landing.close()
    assert sorted(numbers_in(journal)) == [1, 2, 3, 4, 5]


def test_what_shares_a_sync_that_fails_is_not_acknowledged_either(
    tmp_path: Path, journal: Journal, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[int]:
        raise Unavailable("the disk is full")

    landing = landing_in(tmp_path, gate)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(LandingFile, "add", fail)
        with pytest.raises(Unavailable, match="the disk is full"):
            landing.append_encoded(encoded(1))
    assert landing.append_encoded(encoded(1)) == [True]
    gate.open.set()
    landing.close()
    assert numbers_in(journal) == [1]


def test_while_the_journal_is_away_reads_land_and_are_tried_again(tmp_path: Path, journal: Journal, gate: Gate) -> None:
    landing = landing_in(tmp_path, gate)
    gate.fault = Unavailable("the journal is away")
    assert landing.append_encoded(encoded(1)) == [True]
    gate.asked.wait()
    assert landing.append_encoded(encoded(2)) == [True]
    gate.open.set()
    while numbers_in(journal) != [1, 2]:
        gate.asked.wait()
    landing.close()


def test_what_waits_is_bounded(tmp_path: Path, journal: Journal, gate: Gate) -> None:
    landing = landing_in(tmp_path, gate, most_bytes=10)
    assert landing.append_encoded(encoded(1)) == [True]
    with pytest.raises(Overloaded, match="1 reads wait for the journal"):
        landing.append_encoded(encoded(2))
    gate.open.set()
    landing.close()
    assert numbers_in(journal) == [1]


def test_a_damaged_journal_ends_the_taking(tmp_path: Path, gate: Gate) -> None:
    landing = landing_in(tmp_path, gate)
    gate.fault = IntegrityError("the journal is damaged")
    landing.append_encoded(encoded(1))
    gate.open.set()
    with pytest.raises(IntegrityError, match="the journal is damaged"):
        land_for_ever(landing)
    assert isinstance(landing.failure, IntegrityError)
    assert REGISTRY.get_sample_value("anpr_consumer_ended", {"consumer": "landing"}) == 1
    landing.close()


def test_a_damaged_batch_is_told_and_never_quoted(tmp_path: Path, gate: Gate) -> None:
    landing = landing_in(tmp_path, gate)
    gate.fault = Unavailable("the journal is away")
    landing.append_encoded(encoded(1))
    gate.open.set()
    landing.close()
    with sqlite3.connect(tmp_path / "landing.db") as connection:
        connection.execute("UPDATE landed SET bundle = x'00' || bundle")
    connection.close()
    with pytest.raises(IntegrityError, match=r"landing\.db: batch 1 is damaged; quarantine the file") as told:
        landing_in(tmp_path, gate)
    assert "AB12CDE" not in str(told.value)


def test_a_full_disk_acknowledges_nothing_until_there_is_room(tmp_path: Path, journal: Journal, gate: Gate) -> None:
    with small_disk(tmp_path / "disk", 2) as disk:
        landing = landing_in(disk, gate)
        filler = fill(disk, leaving=0)
        with pytest.raises(Unavailable, match="nothing was acknowledged"):
            landing.append_encoded(encoded(*range(200)))
        filler.unlink()
        assert landing.append_encoded(encoded(*range(200))) == [True] * 200
        gate.open.set()
        landing.close()
    assert numbers_in(journal) == list(range(200))


def test_a_landing_killed_at_random_moments_loses_and_doubles_nothing(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    first = 0
    for life in range(KILLS):
        writer = subprocess.Popen(
            script("landing_writer", tmp_path, first), cwd=ROOT, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert writer.stdout is not None
        for _ in range(chance.randrange(1, 30)):
            acknowledged = int(writer.stdout.readline())
        writer.kill()
        acknowledged = max([acknowledged, *(int(line) for line in writer.stdout.read().split("\n")[:-1])])
        writer.stdout.close()
        writer.wait()
        with Journal(tmp_path / "journal.db", JournalSettings()) as journal:
            Landing(tmp_path / "landing.db", journal, journal, most_bytes=MEBIBYTE).close()
            kept = numbers_in(journal)
        # whole batches, one after the other; the last may have landed without being acknowledged
        assert kept == list(range(len(kept))), f"seed {seed}, life {life}"
        assert len(kept) - 1 - acknowledged in (0, BATCH), f"seed {seed}, life {life}"
        first = len(kept)
