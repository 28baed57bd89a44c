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

    def hits_path(self, folder: str) -> Path:
        """Return the file of hits for the settings' `folder`."""
        return Path(folder) / "hits.jsonl"
