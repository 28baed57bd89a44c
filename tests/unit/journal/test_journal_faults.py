"""kill -9 and a full disk: what was acknowledged is there, once, and nothing else was acknowledged."""

from __future__ import annotations

import itertools
import random
import subprocess
from pathlib import Path

import pytest

from pipeline.errors import Unavailable
from pipeline.journal.journal import Journal
from pipeline.journal.reader import JournalReader
from pipeline.journal.settings import JournalSettings
from tests.support.builders import a_record
from tests.support.durable import ROOT, fill, script, small_disk

SETTINGS = JournalSettings()
KILLS = 10


def test_a_writer_killed_at_random_moments_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    path = tmp_path / "journal.db"
    acknowledged: set[int] = set()
    for life in range(KILLS):
        first = life * 100_000
        writer = subprocess.Popen(
            script("journal_writer", path, first), cwd=ROOT, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert writer.stdout is not None
        for _ in range(chance.randrange(1, 40)):
            acknowledged.add(int(writer.stdout.readline()))
        writer.kill()
        acknowledged.update(int(line) for line in writer.stdout.read().split("\n")[:-1])
        writer.stdout.close()
        writer.wait()
        with JournalReader(path, SETTINGS) as reader:
            entries = reader.after(0, 100_000)
            kept = [int(entry.record.read.read_id, 16) for entry in entries]
        told = f"seed {seed}, life {life}"
        assert len(set(kept)) == len(kept), told
        assert acknowledged <= set(kept), told
        assert [entry.offset for entry in entries] == list(range(1, len(kept) + 1)), told


def append_for_ever(journal: Journal, picture: bytes, acknowledged: list[int]) -> None:
    for number in itertools.count(1):
        journal.append([a_record(number, overview=picture)])
        acknowledged.append(number)


def test_a_full_disk_acknowledges_nothing_and_mends_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        path = disk / "journal.db"
        picture = bytes(random.Random(1).randbytes(100_000))
        acknowledged: list[int] = []
        with Journal(path, SETTINGS) as journal:
            journal.append([a_record(0)])
            filler = fill(disk, leaving=600_000)
            with pytest.raises(Unavailable, match="full"):
                append_for_ever(journal, picture, acknowledged)
            refused = len(acknowledged) + 1
            expected = [0, *acknowledged]
            assert [int(entry.record.read.read_id, 16) for entry in journal.after(0, 100)] == expected
            with pytest.raises(Unavailable):
                journal.append([a_record(refused, overview=picture)])
            filler.unlink()
            assert journal.append([a_record(refused, overview=picture)]) == len(expected) + 1
        with JournalReader(path, SETTINGS) as reader:
            kept = [int(entry.record.read.read_id, 16) for entry in reader.after(0, 100)]
            assert kept == [*expected, refused]


def test_a_journal_that_cannot_even_be_made_is_unavailable(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        filler = fill(disk, leaving=0)
        with pytest.raises(Unavailable):
            Journal(disk / "deep" / "journal.db", SETTINGS)
        filler.unlink()
        with Journal(disk / "deep" / "journal.db", SETTINGS) as journal:
            assert journal.append([a_record(1)]) == 1
