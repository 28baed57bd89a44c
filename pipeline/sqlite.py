"""How the project opens its small durable tables: SQLite in WAL mode, every commit synced to the disk.

Promise: what a transaction wrote is durable when it ends and undone if it raises; readers never wait for a writer; what
is deleted is overwritten, because a free page must not tell whose plate was on it.
On failure: Unavailable for a full or failing disk and for a lock held too long, IntegrityError for a damaged file;
messages name the file and what it holds, never what stood in a row.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import IntegrityError, Unavailable

BUSY_SECONDS = 5.0
_CACHE_KIBIBYTES = 32 * 1024
"""At most, and only as far as it is filled. Ids come in no order, so an index over them is written all over the file:
with SQLite's usual two mebibytes pages are read and written again and again (DECISIONS.md)."""


def open_to_write(
    path: Path, tables: Sequence[str], *, holding: str, busy_seconds: float = BUSY_SECONDS
) -> sqlite3.Connection:
    """Return a connection whose commits are synced; folder and `tables` (CREATE … IF NOT EXISTS) are made."""
    with translated(path, holding):
        _make_folder(path.parent)
        connection = _connect(path, busy_seconds)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA cache_size = {-_CACHE_KIBIBYTES}")
        with transaction(connection):
            for table in tables:
                connection.execute(table)
    return connection


def open_to_read(path: Path, *, holding: str, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Return a connection that cannot write and never waits for a writer's sync.

    The file is not opened read-only: a reader must be able to recover what a killed writer left in the log.
    """
    with translated(path, holding):
        connection = _connect(path, busy_seconds)
        connection.execute("PRAGMA query_only = ON")
    return connection


@contextmanager
def translated(path: Path, holding: str) -> Iterator[None]:
    """Turn the errors of SQLite and of the disk into the project's; `holding` says what the file holds."""
    try:
        yield
    except sqlite3.ProgrammingError as error:
        raise Unavailable(f"{holding} {path.name}: is closed") from error
    except (sqlite3.OperationalError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise Unavailable(
            f"{holding} {path.name}: {why}; free its disk or mend it, nothing was acknowledged"
        ) from error
    except sqlite3.DatabaseError as error:
        raise IntegrityError(f"{holding} {path.name}: {error}; restore it from its copy") from error


@contextmanager
def transaction(connection: sqlite3.Connection, *, writing: bool = True) -> Iterator[None]:
    """All or nothing: durable when it ends, undone if it raises. Without `writing` it is one unchanging view."""
    connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        # SQLite has rolled back by itself for some errors, and then this would be one more
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)


def _make_folder(folder: Path) -> None:
    """Make `folder`, for its owner's eyes only, so that it survives a power cut: SQLite syncs only its own files."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    if missing:
        folder.chmod(0o700)
    for one in missing:
        descriptor = os.open(one.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
