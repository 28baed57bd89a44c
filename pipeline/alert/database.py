"""The alerts' SQLite file: its tables, how it is opened, and what its errors mean.

On failure: Unavailable for a full or failing disk and for a lock held too long, IntegrityError for a damaged file.
"""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

from pipeline import sqlite

_HOLDING = "alerts"
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
    return sqlite.open_to_write(path, _TABLES, holding=_HOLDING)


def open_to_read(path: Path) -> sqlite3.Connection:
    """Return a connection that never waits for a writer's fsync."""
    return sqlite.open_to_read(path, holding=_HOLDING)


def translated(path: Path) -> AbstractContextManager[None]:
    """Turn the errors of SQLite and of the disk into the project's."""
    return sqlite.translated(path, _HOLDING)
