"""The journal seen from outside: by readers in other processes, and when its file is damaged."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import IntegrityError, NotFound
from pipeline.journal.journal import Journal
from pipeline.journal.reader import JournalReader
from pipeline.journal.settings import JournalSettings
from tests.support.builders import a_record
from tests.support.durable import ROOT, script

SETTINGS = JournalSettings()


class OtherProcess:
    """A reader in its own process, which answers what is new since it was last asked."""

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            script("journal_lister", path), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.identity = self._line()

    def new(self) -> list[tuple[int, str]]:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        words = self._line().split()
        return list(zip(map(int, words[::2]), words[1::2], strict=True))

    def end(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(path, SETTINGS) as journal:
        yield journal


def test_two_readers_in_other_processes_follow_the_writer(journal: Journal, path: Path) -> None:
    readers = [OtherProcess(path), OtherProcess(path)]
    ids = [a_record(number).read.read_id for number in range(5)]
    assert {reader.identity for reader in readers} == {journal.identity}
    journal.append([a_record(0), a_record(1)])
    assert [reader.new() for reader in readers] == [[(1, ids[0]), (2, ids[1])]] * 2
    journal.append([a_record(1), a_record(2)])
    journal.discard_up_to(2)
    journal.append([a_record(3)])
    assert readers[0].new() == [(3, ids[2]), (4, ids[3])]
    journal.append([a_record(4)])
    assert readers[0].new() == [(5, ids[4])]
    assert readers[1].new() == [(3, ids[2]), (4, ids[3]), (5, ids[4])]
    assert [reader.new() for reader in readers] == [[], []]
    for reader in readers:
        reader.end()


def test_a_journal_that_another_process_is_making_is_not_there_yet_or_is_whole(tmp_path: Path) -> None:
    count = 20
    with subprocess.Popen(script("journal_maker", tmp_path, count), cwd=ROOT) as maker:
        identities = {identity_once_made(tmp_path / f"{number}.db") for number in range(count)}
    assert maker.returncode == 0
    assert len(identities) == count


def identity_once_made(path: Path) -> str:
    while True:
        try:
            with JournalReader(path, SETTINGS) as reader:
                return reader.identity
        except NotFound:
            continue


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entries SET content = CAST(content AS TEXT)",
        "UPDATE entries SET content = CAST(x'ff41423132434445' AS TEXT)",
        "UPDATE entries SET checksum = CAST(x'ff' AS TEXT)",
        "UPDATE entries SET content = 12",
    ],
)
def test_bytes_that_became_something_else_are_damage_and_are_never_quoted(path: Path, damage: str) -> None:
    with Journal(path, SETTINGS) as journal:
        journal.append([a_record(1)])
    connection = sqlite3.connect(path)
    connection.execute(damage)
    connection.commit()
    connection.close()
    with JournalReader(path, SETTINGS) as reader:
        if damage.endswith("CAST(content AS TEXT)"):
            # the same bytes under another name are no loss
            assert [entry.record for entry in reader.after(0, 10)] == [a_record(1)]
            return
        with pytest.raises(IntegrityError, match="entry 1 ") as told:
            reader.after(0, 10)
    assert "AB12CDE" not in str(told.value)
