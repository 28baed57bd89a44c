"""The alerts' SQLite file: its tables, how it is opened, and what its errors mean.

On failure: Unavailable for a full or failing disk and for a lock held too long, IntegrityError for a damaged file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import IntegrityError, Unavailable

_BUSY_SECONDS = 5.0
# AUTOINCREMENT keeps a cursor from being given twice, also after the newest rows were deleted
_TABLES = (
    "CREATE TABLE IF NOT EXISTS alerts (number INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL UNIQUE,"
    " state TEXT NOT NULL, collapses TEXT NOT NULL, captured_at REAL NOT NULL, escalate_to TEXT NOT NULL,"
    " content BLOB NOT NULL)",
    "CREATE INDEX IF NOT EXISTS alerts_by_capture ON alerts (captured_at)",
    "CREATE INDEX IF NOT EXISTS alerts_that_collapse ON alerts (collapses, number)",
    "CREATE INDEX IF NOT EXISTS alerts_by_state ON alerts (state, number)",
    "CREATE TABLE IF NOT EXISTS hits (hit_id TEXT PRIMARY KEY, alert INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS told (alert INTEGER NOT NULL, recipient TEXT NOT NULL,"
    " PRIMARY KEY (alert, recipient)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS events (cursor INTEGER PRIMARY KEY AUTOINCREMENT, alert INTEGER NOT NULL,"
    " kind TEXT NOT NULL, at TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS events_by_alert ON events (alert)",
    "CREATE INDEX IF NOT EXISTS hits_by_alert ON hits (alert)",
    "CREATE TABLE IF NOT EXISTS subscribers (name TEXT PRIMARY KEY, cursor INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)


def open_to_write(path: Path) -> sqlite3.Connection:
    """Return a connection that commits with fsync; folder and tables are made."""
    with translated(path):
        _make_folder(path.parent)
        connection = _connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # what is deleted is overwritten: a free page must not tell whose plate was on it
        connection.execute("PRAGMA secure_delete = ON")
        with transaction(connection):
            for table in _TABLES:
                connection.execute(table)
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """Return a connection that never waits for a writer's fsync."""
    with translated(path):
        connection = _connect(path)
        connection.execute("PRAGMA query_only = ON")
    return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the errors of SQLite and of the disk into the project's."""
    try:
        yield
    except sqlite3.ProgrammingError as error:
        raise Unavailable(f"alerts {path.name}: is closed") from error
    except (sqlite3.OperationalError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise Unavailable(f"alerts {path.name}: {why}; free its disk or mend it, nothing was acknowledged") from error
    except sqlite3.DatabaseError as error:
        raise IntegrityError(f"alerts {path.name}: {error}; restore it from its disk's copy") from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing: durable when it ends, undone if it raises."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        # SQLite has rolled back by itself for some errors, and then this would be one more
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _make_folder(folder: Path) -> None:
    """Make `folder`, for its owner's eyes only, so that it survives a power cut."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for one in missing:
        descriptor = os.open(one.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
