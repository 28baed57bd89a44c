"""What the twelve-month limit means for alerts: they go with the reads they were raised of.

On failure: Unavailable for a failing disk; what was erased stays erased and the rest is taken the next time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pipeline.alert.book import AlertBook
from pipeline.alert.pictures import PictureFolder
from pipeline.errors import Unavailable


class AlertExpiry:
    """Erases alerts and their pictures for good."""

    def __init__(self, book: AlertBook, pictures: PictureFolder) -> None:
        self._book = book
        self._pictures = pictures

    def expire(self, before: datetime) -> Mapping[str, int]:
        """Erase what was captured before that; return how many of what kind."""
        try:
            # pictures first: without its alert nobody would know that a picture must go
            pictures = self._pictures.forget(self._book.reads_before(before))
        except OSError as error:
            raise Unavailable(f"pictures of alerts cannot be deleted: {error.strerror}") from error
        alerts = self._book.expire(before)
        self._book.empty_log()
        return {"alerts": alerts, "alert pictures": pictures}
