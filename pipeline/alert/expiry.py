"""What the twelve-month limit means for alerts: they go with the reads they were raised of.

On failure: Unavailable for a failing disk; what was erased stays erased and the rest is taken the next time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from pipeline.alert.book import AlertBook
from pipeline.alert.pictures import PictureFolder
from pipeline.errors import Unavailable


class AlertExpiry:
    """Erases alerts, their pictures and dead letters for good."""

    def __init__(self, book: AlertBook, pictures: PictureFolder, dead_letters: Path) -> None:
        self._book = book
        self._pictures = pictures
        self._dead_letters = dead_letters

    def expire(self, before: datetime) -> Mapping[str, int]:
        """Erase what was captured before that; return how many of what kind."""
        try:
            # pictures first: without its alert nobody would know that a picture must go
            pictures = self._pictures.forget(self._book.reads_before(before))
            letters = [path for path in sorted(self._dead_letters.glob("*/*.json")) if _is_older(path, before)]
            for path in letters:
                path.unlink()
        except OSError as error:
            raise Unavailable(f"what belongs to old alerts cannot be deleted: {error.strerror}") from error
        alerts = self._book.expire(before)
        self._book.empty_log()
        return {"alerts": alerts, "alert pictures": pictures, "dead letters": len(letters)}


def _is_older(path: Path, before: datetime) -> bool:
    """Tell whether the read of a dead letter's alert was captured before that; a letter nobody can read is as old."""
    try:
        captured_at = json.loads(path.read_text(encoding="utf-8"))["event"]["alert"]["read"]["captured_at"]
        return datetime.fromisoformat(captured_at) < before
    except (ValueError, KeyError, TypeError):
        return datetime.fromtimestamp(path.stat().st_mtime, before.tzinfo) < before
