"""The file of a landing: batches of encoded records, a row each, in the order they came.

Promise: what `add` was given is durable together when it returns, and not there at all when it raises; what `forget`
was told of is gone from the file, and from its log once nothing is left.
On failure: Unavailable for a full or failing disk, IntegrityError for a damaged file or batch, which is never quoted.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

from pipeline import sqlite
from pipeline.domain.sharing import EncodedRecord
from pipeline.errors import BadInput, IntegrityError
from pipeline.wire.bundle import bundle_of, records_in_bundle

_HOLDING = "landing"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS landed (number INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL,"
    " bundle BLOB NOT NULL)",
)


class LandingFile:
    """The file at `path`, which is made. For many threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection = sqlite.open_to_write(path, _TABLES, holding=_HOLDING)

    def add(self, batches: Sequence[Sequence[EncodedRecord]]) -> list[int]:
        """Make all `batches` durable with one sync; return their numbers, which rise."""
        bundles = [bundle_of(batch) for batch in batches]
        with self._lock, sqlite.translated(self._path, _HOLDING):
            if len(bundles) == 1:
                # one statement is a transaction by itself, and each costs a wait for the interpreter
                return [self._insert(bundles[0])]
            with sqlite.transaction(self._connection):
                return [self._insert(bundle) for bundle in bundles]

    def numbers(self) -> list[int]:
        """Return the numbers of what is here, in order."""
        with self._lock, sqlite.translated(self._path, _HOLDING):
            rows = self._connection.execute("SELECT number FROM landed ORDER BY number").fetchall()
        return [number for (number,) in rows]

    def records(self, number: int) -> list[EncodedRecord]:
        """Return the batch of that number."""
        with self._lock, sqlite.translated(self._path, _HOLDING):
            digest, bundle = self._connection.execute(
                "SELECT CAST(digest AS BLOB), CAST(bundle AS BLOB) FROM landed WHERE number = ?", (number,)
            ).fetchone()
        try:
            if digest == _digest(bundle):
                return records_in_bundle(bundle)
        except BadInput as error:
            raise IntegrityError(self._damaged(number)) from error
        raise IntegrityError(self._damaged(number))

    def forget(self, number: int) -> None:
        """Delete everything up to `number`."""
        with self._lock, sqlite.translated(self._path, _HOLDING):
            with sqlite.transaction(self._connection):
                self._connection.execute("DELETE FROM landed WHERE number <= ?", (number,))
            if self._connection.execute("SELECT 1 FROM landed LIMIT 1").fetchone() is None:
                # what is gone is gone from the log as well
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _insert(self, bundle: bytes) -> int:
        row = (_digest(bundle), bundle)
        return self._connection.execute("INSERT INTO landed (digest, bundle) VALUES (?, ?)", row).lastrowid or 0

    def _damaged(self, number: int) -> str:
        return f"landing {self._path.name}: batch {number} is damaged; quarantine the file and restore it"


def _digest(bundle: bytes) -> bytes:
    return hashlib.blake2b(bundle, digest_size=16).digest()
