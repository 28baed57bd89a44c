"""kill -9 at every named moment, and at random ones: the store holds every read of the journal exactly once."""

from __future__ import annotations

import random
import signal
import subprocess
from pathlib import Path

import pytest
from deltalake import DeltaTable

from pipeline.journal.journal import Journal
from pipeline.journal.settings import JournalSettings
from pipeline.store.lake import FAULT_POINTS
from pipeline.store.look import StoreReader
from tests.support.builders import a_record
from tests.support.durable import ROOT, run_script, script

READS = 12


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.db"
    with Journal(path, JournalSettings()) as journal:
        journal.append([a_record(number) for number in range(READS)])
    return path


def assert_exactly_once(url: str, told: str = "") -> None:
    expected = sorted(a_record(number).read.read_id for number in range(READS))
    assert sorted(StoreReader(url).ids()) == expected, told
    images = DeltaTable(f"{url}/images").to_pyarrow_table(columns=["read_id", "kind"]).to_pylist()
    assert sorted(row["read_id"] for row in images if row["kind"] == "patch") == expected, told
    assert sorted(row["read_id"] for row in images if row["kind"] == "overview") == expected, told


@pytest.mark.parametrize("point", FAULT_POINTS)
def test_a_store_killed_at_a_named_moment_goes_on_without_loss_or_double(
    tmp_path: Path, journal: Path, point: str
) -> None:
    url = str(tmp_path / "store")
    killed = run_script("store_writer", journal, url, point, 2, 5)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert killed.stdout.split()[-1] == point
    ended = run_script("store_writer", journal, url, "none", 1, 4)
    assert ended.returncode == 0, ended.stderr
    assert_exactly_once(url)


def test_a_store_killed_at_random_moments_goes_on_without_loss_or_double(tmp_path: Path, journal: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    url = str(tmp_path / "store")
    for _ in range(3):
        writer = subprocess.Popen(
            script("store_writer", journal, url, "none", 1, 1), cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        # between two points lies the whole of a commit, and the moment within it is the machine's to choose
        for _ in range(chance.randrange(1, 2 * len(FAULT_POINTS))):
            writer.stdout.readline()
        writer.kill()
        writer.stdout.close()
        writer.wait()
    ended = run_script("store_writer", journal, url, "none", 1, 5)
    assert ended.returncode == 0, ended.stderr
    assert_exactly_once(url, f"seed {seed}")
