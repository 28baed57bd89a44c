"""How far the reads of a soaked run are carried, told by its files: an actor that is away tells nothing.

On failure: 0, or nothing, while a file is not there or cannot be read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from pipeline import bootstrap
from pipeline.errors import AnprError
from pipeline.settings import Settings


class Progress:
    """Reads what the run writes, and changes nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._hits = settings.match.hits_path(settings.folder)
        self._alerts = settings.alert.folder_in(settings.folder) / "alerts.db"
        self._store = settings.store.url_in(settings.folder)

    def carried_to(self) -> int:
        """Return the journal's offset up to which every read is matched, its hits in alerts, and it is in the store."""
        return min(self._alerted(), self._stored())

    def alert_ids(self) -> set[str]:
        """Return the ids of all alerts there are."""
        try:
            with _reading(self._alerts) as alerts:
                return {one for (one,) in alerts.execute("SELECT alert_id FROM alerts")}
        except (OSError, sqlite3.Error):
            return set()

    def _alerted(self) -> int:
        try:
            with _reading(self._hits) as hits:
                matched = hits.execute("SELECT max(position) FROM reached").fetchone()[0] or 0
                newest = hits.execute("SELECT max(number) FROM hits").fetchone()[0] or 0
            with _reading(self._alerts) as alerts:
                row = alerts.execute("SELECT value FROM about WHERE key = 'position'").fetchone()
        except (OSError, sqlite3.Error):
            return 0
        # "<identity of the hits> <number of the newest hit taken>"
        taken = int(row[0].rpartition(" ")[2]) if row else 0
        return int(matched) if taken >= newest else 0

    def _stored(self) -> int:
        try:
            with bootstrap.journal_reader(self._settings) as journal:
                application = f"journal-{journal.identity}"
            return DeltaTable(f"{self._store}/reads").transaction_version(application) or 0
        except (AnprError, TableNotFoundError, DeltaError, OSError):
            return 0


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise FileNotFoundError(path.name)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2.0)) as connection:
        yield connection
