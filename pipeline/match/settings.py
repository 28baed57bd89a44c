"""Settings of the matcher."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSettings:
    """`hotlist` is a CSV file; empty means no list, so nothing ever matches."""

    hotlist: str = ""
    look_for_changes_every_seconds: float = 1.0
    """How often the file is looked at for a new list."""
    batch_reads: int = 256
    """Most reads matched before their hits and the position are written."""

    def __post_init__(self) -> None:
        if self.batch_reads < 1 or self.look_for_changes_every_seconds <= 0:
            raise ValueError("batch_reads and look_for_changes_every_seconds must be positive")

    def hits_path(self, folder: str) -> Path:
        """Return the file of hits for the settings' `folder`."""
        return Path(folder) / "hits.jsonl"
