"""Everything of one node's alerts, put together: the book, what fills it, and what tells of it.

On failure: see each part.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.alert.book import AlertBook
from pipeline.alert.desk import AlertDesk
from pipeline.alert.expiry import AlertExpiry
from pipeline.alert.tail import AlertTail
from pipeline.alert.webhook import Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOffice:
    """One process may hold it: the book has one writer."""

    book: AlertBook
    tail: AlertTail
    desk: AlertDesk
    webhooks: tuple[Webhook, ...]
    expiry: AlertExpiry
