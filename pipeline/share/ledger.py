"""How far the outbox has come with a peer: one small SQLite file.

Promise: what `save` was given is durable when it returns, all of it or nothing.
On failure: Unavailable for a full or failing disk, IntegrityError for a damaged file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline import sqlite

_HOLDING = "outbox"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS stretches (begin INTEGER NOT NULL, end INTEGER)",
    "CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS told (erasure_id TEXT PRIMARY KEY) WITHOUT ROWID",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Stretches that have not arrived, oldest first (begin exclusive, end inclusive; the last is open), up to where
    pictures have, and the position among the hits."""

    stretches: tuple[tuple[int, int | None], ...] = ((0, None),)
    pictures: int = 0
    hits: str = ""


class Ledger:
    """The file at `path`, for the journal called `journal`: offsets of another journal mean nothing and are dropped,
    which costs sending its reads again."""

    def __init__(self, path: Path, journal: str) -> None:
        self._path = path
        self._connection = sqlite.open_to_write(path, _TABLES, holding=_HOLDING)
        with sqlite.translated(path, _HOLDING), sqlite.transaction(self._connection):
            if self._about("journal") != journal:
                self._connection.execute("DELETE FROM stretches")
                self._connection.execute("DELETE FROM about")
                self._connection.execute("INSERT INTO about VALUES ('journal', ?)", (journal,))

    def standing(self) -> Standing:
        """Return what was saved last."""
        with sqlite.translated(self._path, _HOLDING), sqlite.transaction(self._connection, writing=False):
            rows = self._connection.execute("SELECT begin, end FROM stretches ORDER BY begin").fetchall()
            if not rows:
                return Standing()
            return Standing(stretches=tuple(rows), pictures=int(self._about("pictures") or 0), hits=self._about("hits"))

    def save(self, standing: Standing) -> None:
        """Make `standing` durable."""
        with sqlite.translated(self._path, _HOLDING), sqlite.transaction(self._connection):
            self._connection.execute("DELETE FROM stretches")
            self._connection.executemany("INSERT INTO stretches VALUES (?, ?)", standing.stretches)
            self._connection.executemany(
                "INSERT OR REPLACE INTO about VALUES (?, ?)",
                (("pictures", str(standing.pictures)), ("hits", standing.hits)),
            )

    def untold(self, erasure_ids: Sequence[str]) -> list[str]:
        """Return those of `erasure_ids` that the peer was not told of."""
        with sqlite.translated(self._path, _HOLDING):
            told = {one for (one,) in self._connection.execute("SELECT erasure_id FROM told")}
        return [one for one in erasure_ids if one not in told]

    def tell(self, erasure_ids: Sequence[str]) -> None:
        """Keep that the peer was told of these."""
        with sqlite.translated(self._path, _HOLDING), sqlite.transaction(self._connection):
            self._connection.executemany("INSERT OR IGNORE INTO told VALUES (?)", ((one,) for one in erasure_ids))

    def close(self) -> None:
        self._connection.close()

    def _about(self, key: str) -> str:
        row = self._connection.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else ""
