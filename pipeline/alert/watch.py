"""One subscriber's way through the events: from a cursor on, in order, never far beyond what it acknowledged.

Promise: an event is told again to whoever comes back without having acknowledged it. What waits for a subscriber waits
in the book: a watch holds cursors and a few events, however long nobody reads.

On failure: BadInput for a cursor that was never given, and for acknowledging what was not told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from pipeline import metrics
from pipeline.alert.book import AlertBook
from pipeline.domain.alert import AlertEvent, Recipient
from pipeline.errors import BadInput

_AT_ONCE = 8
"""Events taken out of the book together: all that a watch ever holds of them."""


class Watch:
    """For one thread at a time, but `acknowledge` may be called beside `events`."""

    def __init__(
        self,
        book: AlertBook,
        subscriber: str,
        recipients: Sequence[Recipient],
        *,
        after: int | None,
        most_unacknowledged: int,
    ) -> None:
        newest = book.newest_cursor()
        start = book.acknowledged(subscriber) if after is None else after
        if not 0 <= start <= newest:
            raise BadInput(
                f"cursor {start} was never given, the newest is {newest}: an older copy of the alerts was put in place;"
                " list the alerts anew and watch from the cursor of that list"
            )
        self._book = book
        self._subscriber = subscriber
        self._recipients = recipients
        self._most = most_unacknowledged
        self._looked = start
        self._unacknowledged: deque[int] = deque()

    @property
    def room(self) -> int:
        """How many more events may be told before one is acknowledged."""
        return self._most - len(self._unacknowledged)

    def events(self) -> tuple[AlertEvent, ...]:
        """Return what to tell next: a few, and at most `room`; empty when there is nothing, or no room."""
        while self.room > 0:
            looked = self._book.events_after(self._looked, self._recipients, min(self.room, _AT_ONCE))
            moved = looked.cursor > self._looked
            self._looked = looked.cursor
            self._unacknowledged.extend(event.cursor for event in looked.events)
            if looked.events or not moved:
                return looked.events
        return ()

    def acknowledge(self, cursor: int) -> None:
        """Remember, durably, that the subscriber has dealt with every event up to `cursor`."""
        if cursor > self._looked:
            raise BadInput(f"cursor {cursor} was not told in this watch")
        dealt_with = 0
        while self._unacknowledged and self._unacknowledged[0] <= cursor:
            self._unacknowledged.popleft()
            dealt_with += 1
        if dealt_with:
            self._book.acknowledge(self._subscriber, cursor)
            metrics.ALERTS_DELIVERED.labels("grpc").inc(dealt_with)
