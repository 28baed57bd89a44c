"""Settings of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSettings:
    """The journal is one SQLite file in `folder`/journal, on a disk of this machine (never a network file system)."""

    remember_ids_days: int = 14
    """A read offered again within so many days is the same read; a recording replayed later is read anew."""
    busy_timeout_seconds: float = 5.0
    """How long a reader or writer waits for the other side's short locks."""
    most_waiting_reads: int = 8192
    """Reads that may wait for the disk; callers who offer more are told to come again."""

    def __post_init__(self) -> None:
        if self.remember_ids_days < 1 or self.busy_timeout_seconds <= 0 or self.most_waiting_reads < 1:
            raise ValueError("remember_ids_days, busy_timeout_seconds and most_waiting_reads must be positive")

    def path_in(self, folder: str) -> Path:
        """Return the journal's file for the settings' `folder`."""
        return Path(folder) / "journal" / "journal.db"
