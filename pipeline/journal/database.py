"""The journal's SQLite file: its tables, how it is opened, and what its errors mean.

On failure: Unavailable for a full or failing disk and for a lock held too long, IntegrityError for a damaged file.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from pipeline import sqlite
from pipeline.domain.read import CaptureRecord
from pipeline.errors import BadInput, IntegrityError, NotFound
from pipeline.journal.settings import JournalSettings
from pipeline.wire.read_proto import decode_record

# AUTOINCREMENT keeps an offset from being given twice, also after the newest entries were discarded
_TABLES = (
    "CREATE TABLE IF NOT EXISTS entries"
    " (offset INTEGER PRIMARY KEY AUTOINCREMENT, checksum BLOB NOT NULL, content BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS known"
    " (read_id TEXT PRIMARY KEY, offset INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS known_by_time ON known (at)",
    "CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    # consumers remember offsets of this file, not of another that took its place
    "INSERT OR IGNORE INTO about VALUES ('identity', lower(hex(randomblob(16))))",
)
_HOLDING = "journal"
_KEYS_AT_ONCE = 500
Row = tuple[str, bytes, tuple[str, ...], bytes]
"""Key, content, further keys, checksum."""
_LOG_WAIT_MILLISECONDS = 200


class Entry(NamedTuple):
    """One durable record, encoded, and its place in the journal. A tuple, for there is one for each read."""

    offset: int
    content: bytes

    @property
    def record(self) -> CaptureRecord:
        """The record, decoded each time. Raises IntegrityError naming the entry."""
        try:
            return decode_record(self.content)
        except BadInput as error:
            raise IntegrityError(_damaged(self.offset)) from error


def open_to_write(path: Path, settings: JournalSettings) -> sqlite3.Connection:
    """Return a connection that commits with fsync; folder and tables are made."""
    return sqlite.open_to_write(path, _TABLES, holding=_HOLDING, busy_seconds=settings.busy_timeout_seconds)


def open_to_read(path: Path, settings: JournalSettings) -> sqlite3.Connection:
    """Return a connection that cannot change the journal. Raises NotFound when there is none yet."""
    if path.is_file():
        connection = sqlite.open_to_read(path, holding=_HOLDING, busy_seconds=settings.busy_timeout_seconds)
        with translated(path):
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'about'").fetchone():
                return connection
            # another process is making it this moment
            connection.close()
    raise NotFound(f"there is no journal at {path}")


def translated(path: Path) -> AbstractContextManager[None]:
    """Turn the errors of SQLite and of the disk into the project's."""
    return sqlite.translated(path, _HOLDING)


def checksum_of(content: bytes) -> bytes:
    """Return the 16 bytes stored beside `content` to notice damage."""
    return hashlib.blake2b(content, digest_size=16).digest()


def entries_after(connection: sqlite3.Connection, offset: int, limit: int, most_bytes: int) -> list[Entry]:
    """Return up to `limit` entries beyond `offset`, in order, and no more of them than `most_bytes` hold, but one.

    Raises IntegrityError naming a damaged one.
    """
    rows = connection.execute(
        # damage may turn bytes into text, and SQLite's complaint about bad text quotes it
        "SELECT offset, CAST(checksum AS BLOB), CAST(content AS BLOB) FROM entries WHERE offset > ?"
        " ORDER BY offset LIMIT ?",
        (offset, limit),
    )
    entries: list[Entry] = []
    room = most_bytes
    for at, checksum, content in rows:
        if not isinstance(content, bytes) or checksum_of(content) != checksum:
            raise IntegrityError(_damaged(at))
        room -= len(content)
        if entries and room < 0:
            break
        entries.append(Entry(at, content))
    rows.close()
    return entries


def insert(connection: sqlite3.Connection, rows: Sequence[Row], new: list[bool], offset: int, now: int) -> int:
    """Put what is new of `rows` after `offset` and say in `new` which that was; return the newest offset then."""
    connection.execute("SAVEPOINT appending")
    fresh = connection.executemany(
        "INSERT OR IGNORE INTO known VALUES (?, ?, ?)",
        ((key, at, now) for at, (key, *_) in enumerate(rows, offset + 1)),
    ).rowcount
    if fresh == len(rows):
        new[:] = [True] * len(rows)
    else:
        # some were known: their offsets must go to others
        connection.execute("ROLLBACK TO appending")
        new[:] = _insert_keys(connection, rows, offset, now)
    connection.execute("RELEASE appending")
    kept = [row for row, is_new in zip(rows, new, strict=True) if is_new]
    connection.executemany(
        "INSERT INTO entries VALUES (?, ?, ?)",
        ((at, checksum, content) for at, (_, content, _, checksum) in enumerate(kept, offset + 1)),
    )
    also = [(key, at, now) for at, row in enumerate(kept, offset + 1) for key in row[2]]
    if also:
        connection.executemany("INSERT OR IGNORE INTO known VALUES (?, ?, ?)", also)
    return offset + len(kept)


def _insert_keys(connection: sqlite3.Connection, rows: Sequence[Row], offset: int, now: int) -> list[bool]:
    new = []
    for key, *_ in rows:
        is_new = connection.execute("INSERT OR IGNORE INTO known VALUES (?, ?, ?)", (key, offset + 1, now)).rowcount
        new.append(bool(is_new))
        offset += is_new
    return new


def known_of(connection: sqlite3.Connection, keys: Sequence[str]) -> set[str]:
    """Return those of `keys` that are remembered."""
    known: set[str] = set()
    for begin in range(0, len(keys), _KEYS_AT_ONCE):
        some = keys[begin : begin + _KEYS_AT_ONCE]
        asked = ", ".join("?" * len(some))
        known.update(
            key for (key,) in connection.execute(f"SELECT read_id FROM known WHERE read_id IN ({asked})", some)
        )
    return known


def empty_log(connection: sqlite3.Connection) -> bool:
    """Carry the write-ahead log into the file and cut it to nothing; False while a reader needs it."""
    usual = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    try:
        # while it waits for readers it keeps writers waiting too, so it must not wait for long
        connection.execute(f"PRAGMA busy_timeout = {min(usual, _LOG_WAIT_MILLISECONDS)}")
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout = {usual}")
    return not busy


def last_offset_of(connection: sqlite3.Connection) -> int:
    """Return the newest offset ever given, 0 before the first."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entries'").fetchone()
    return int(row[0]) if row else 0


def oldest_offset_of(connection: sqlite3.Connection) -> int:
    """Return the oldest offset still here; without entries, the one that will be given next."""
    row = connection.execute("SELECT min(offset) FROM entries").fetchone()
    return int(row[0]) if row[0] is not None else last_offset_of(connection) + 1


def used_bytes_of(connection: sqlite3.Connection) -> int:
    """Return how much of the file is in use."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def expired_offset_of(connection: sqlite3.Connection) -> int:
    """Return the offset up to which entries were erased because their time was up, 0 for none."""
    row = connection.execute("SELECT value FROM about WHERE key = 'expired'").fetchone()
    return int(row[0]) if row else 0


def identity_of(connection: sqlite3.Connection) -> str:
    """Return the name this journal was given when it was made."""
    row = connection.execute("SELECT value FROM about WHERE key = 'identity'").fetchone()
    if row is None:
        raise sqlite3.DatabaseError("it has lost its identity")
    return str(row[0])


def _damaged(offset: int) -> str:
    return f"journal entry {offset} is damaged: it is not what was written; quarantine the file and restore it"
