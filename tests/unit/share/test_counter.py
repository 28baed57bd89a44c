"""What came is written soon, whether or not more comes."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

from pipeline.clock import SystemClock
from pipeline.domain.sharing import Organisation
from pipeline.share.counter import Counted, CounterBook

NOW = datetime(2026, 11, 29, tzinfo=UTC)
KENT = Organisation("kent")


def written(path: Path) -> int:
    with sqlite3.connect(path) as reading:
        return int(reading.execute("SELECT coalesce(sum(accepted), 0) FROM senders").fetchone()[0])


def test_what_came_last_is_written_though_nothing_follows(tmp_path: Path) -> None:
    book = CounterBook(tmp_path / "senders.db", SystemClock())
    book.note(KENT, Counted(accepted=3), at=NOW)
    book.note(KENT, Counted(accepted=4), at=NOW)
    pause = threading.Event()
    for _ in range(600):
        if written(tmp_path / "senders.db") == 7:
            break
        pause.wait(0.1)
    assert written(tmp_path / "senders.db") == 7
    book.close()


def test_the_end_writes_what_waits_and_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    book = CounterBook(tmp_path / "senders.db", SystemClock())
    book.note(KENT, Counted(accepted=3), at=NOW)
    book.close()
    assert written(tmp_path / "senders.db") == 3
    # what other tests left may end meanwhile, and only timers write later
    assert not [one for one in set(threading.enumerate()) - before if isinstance(one, threading.Timer)]
