"""kill -9 at every named moment of compaction, retention, backup and restore: what comes after finds all right."""

from __future__ import annotations

import shutil
import signal
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.store.copies import backup
from pipeline.store.copies.backup import back_up, restore
from pipeline.store.integrity.verify import verify
from pipeline.store.settings import RetentionSettings
from pipeline.store.upkeep import compaction, retention
from pipeline.store.upkeep.retention import Retention
from tests.support.durable import run_script
from tests.support.lake import every_byte_below, held_by, ids_of, record_on, store
from tests.support.store_keeper import AT

DAY = date(2026, 1, 5)
OLD = [record_on(number, DAY) for number in range(4)]
KEPT = [record_on(number, DAY + timedelta(days=1)) for number in range(10, 14)]


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = str(tmp_path / "store")
    store(url, [*OLD, *KEPT], each=2)
    return url


def kill(action: str, url: str, copy: Path, point: str) -> None:
    killed = run_script("store_keeper", action, url, copy, point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr


def assert_sound(url: str, expected: list) -> None:
    assert held_by(url) == ids_of(expected)
    assert verify(url).faults == []


@pytest.mark.parametrize("point", compaction.FAULT_POINTS)
def test_a_compaction_killed_anywhere_changes_no_read(tmp_path: Path, url: str, point: str) -> None:
    kill("compact", url, tmp_path / "copy", point)
    assert_sound(url, [*OLD, *KEPT])


@pytest.mark.parametrize("point", retention.FAULT_POINTS)
def test_a_retention_killed_anywhere_is_carried_out_by_the_next(tmp_path: Path, url: str, point: str) -> None:
    kill("expire", url, tmp_path / "copy", point)
    Retention(url, RetentionSettings()).expire(AT, confirmed=True)
    assert_sound(url, KEPT)
    left = every_byte_below(Path(url))
    assert not [one for one in OLD if one.read.vrm.encode() in left or one.patch in left]


@pytest.mark.parametrize("point", backup.FAULT_POINTS)
def test_a_backup_and_a_restore_killed_anywhere_are_completed_by_the_next(tmp_path: Path, url: str, point: str) -> None:
    copy = tmp_path / "copy"
    kill("back_up", url, copy, point)
    back_up(url, str(copy), AT)
    shutil.rmtree(url)
    kill("restore", url, copy, point)
    if point not in ("manifest-written", "stale-removed"):
        restore(str(copy), url)
    assert_sound(url, [*OLD, *KEPT])
