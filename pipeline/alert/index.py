"""What can be asked of the alert book, by the process that writes it and by others.

On failure: as the book's.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.alert.database import translated
from pipeline.domain.alert import Alert, AlertedRead, AlertEvent, AlertEventKind, AlertId, AlertState, Recipient
from pipeline.errors import BadInput, IntegrityError, NotFound
from pipeline.wire.alert_proto import decode_alert

_EVENTS_LOOKED_AT = 256
_SHORTEST_ID = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Events found, and the cursor up to which was looked: those between were for others."""

    events: tuple[AlertEvent, ...]
    cursor: int


class AlertIndex:
    """Asks the book's file. Safe for many threads."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._reader = connection
        self._reading = threading.Lock()

    def events_after(self, cursor: int, recipients: Sequence[Recipient], limit: int) -> Looked:
        """Return up to `limit` events beyond `cursor` of alerts that any of `recipients` was told of, in order."""
        with self._reading, translated(self._path):
            rows = self._reader.execute(
                "SELECT cursor, alert, kind, at FROM events WHERE cursor > ? ORDER BY cursor LIMIT ?",
                (cursor, _EVENTS_LOOKED_AT),
            ).fetchall()
            events: list[AlertEvent] = []
            for number, alert, kind, at in rows:
                if len(events) == limit:
                    break
                cursor = number
                if not self._was_told(self._reader, alert, recipients):
                    continue
                content = self._reader.execute("SELECT content FROM alerts WHERE number = ?", (alert,)).fetchone()
                # it may have been erased a moment ago
                if content is not None:
                    events.append(
                        AlertEvent(
                            cursor=number,
                            kind=AlertEventKind(kind),
                            at=datetime.fromisoformat(at),
                            alert=alert_in(content[0]),
                        )
                    )
        return Looked(events=tuple(events), cursor=cursor)

    def acknowledged(self, subscriber: str) -> int:
        """Return the cursor up to which `subscriber` has dealt with events, 0 for one never heard of."""
        with self._reading, translated(self._path):
            row = self._reader.execute("SELECT cursor FROM subscribers WHERE name = ?", (subscriber,)).fetchone()
        return int(row[0]) if row else 0

    def knows(self, subscriber: str) -> bool:
        """Tell whether `subscriber` ever acknowledged anything."""
        with self._reading, translated(self._path):
            return (
                self._reader.execute("SELECT 1 FROM subscribers WHERE name = ?", (subscriber,)).fetchone() is not None
            )

    def newest_cursor(self) -> int:
        """Return the newest cursor ever given, 0 before the first."""
        with self._reading, translated(self._path):
            row = self._reader.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return int(row[0]) if row else 0

    def alerts(
        self,
        recipients: Sequence[Recipient],
        *,
        states: Sequence[AlertState] = (),
        before: int | None = None,
        limit: int = 50,
    ) -> list[tuple[int, Alert]]:
        """Return alerts told to any of `recipients`, the newest first, each with its number.

        `states` empty means all but closed ones; `before` leaves out that number and all newer.
        """
        wanted = [state.value for state in states or [one for one in AlertState if one is not AlertState.CLOSED]]
        with self._reading, translated(self._path):
            rows = self._reader.execute(
                f"SELECT number, content FROM alerts WHERE number < ? AND state IN ({_marks(wanted)})"
                f" AND EXISTS (SELECT 1 FROM told WHERE alert = number AND recipient IN ({_marks(recipients)}))"
                " ORDER BY number DESC LIMIT ?",
                (2**62 if before is None else before, *wanted, *recipients, limit),
            ).fetchall()
        return [(number, alert_in(content)) for number, content in rows]

    def alert(self, alert_id: str, recipients: Sequence[Recipient] | None = None) -> Alert:
        """Return the alert whose id begins so. Raises NotFound; BadInput when that is true of several."""
        with self._reading, translated(self._path):
            number = self.number_of(self._reader, alert_id, recipients)
            row = self._reader.execute("SELECT content FROM alerts WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise NotFound("there is no such alert for these recipients")
        return alert_in(row[0])

    def unseen_ids(self) -> list[AlertId]:
        """Return the ids of the alerts that nobody has seen, the oldest first."""
        with self._reading, translated(self._path):
            rows = self._reader.execute(
                "SELECT alert_id FROM alerts WHERE state = ? ORDER BY number", (AlertState.RAISED.value,)
            ).fetchall()
        return [AlertId(alert_id) for (alert_id,) in rows]

    def reads_before(self, before: datetime) -> list[AlertedRead]:
        """Return the reads, repeats too, of every alert whose first read was captured before that."""
        with self._reading, translated(self._path):
            rows = self._reader.execute(
                "SELECT content FROM alerts WHERE captured_at < ?", (before.timestamp(),)
            ).fetchall()
        alerts = [alert_in(content) for (content,) in rows]
        return [read for one in alerts for read in (one.read, *(again.read for again in one.repeats))]

    def close(self) -> None:
        with self._reading:
            self._reader.close()

    def number_of(self, connection: sqlite3.Connection, alert_id: str, recipients: Sequence[Recipient] | None) -> int:
        """Return the number of the alert whose id begins so and that any of `recipients` (None: anybody) was told."""
        if len(alert_id) < _SHORTEST_ID or not alert_id.isalnum():
            raise BadInput(f"an alert is named by at least {_SHORTEST_ID} characters of its id")
        rows = connection.execute(
            "SELECT number FROM alerts WHERE alert_id >= ? AND alert_id < ? LIMIT 16", (alert_id, alert_id + "~")
        ).fetchall()
        numbers = [n for (n,) in rows if recipients is None or self._was_told(connection, n, recipients)]
        if not numbers:
            raise NotFound("there is no such alert for these recipients")
        if len(numbers) > 1:
            raise BadInput("several alerts begin so: give more characters of the id")
        return int(numbers[0])

    def _was_told(self, connection: sqlite3.Connection, number: int, recipients: Sequence[Recipient]) -> bool:
        row = connection.execute(
            f"SELECT 1 FROM told WHERE alert = ? AND recipient IN ({_marks(recipients)})", (number, *recipients)
        ).fetchone()
        return row is not None


def alert_in(content: object) -> Alert:
    """Return the alert in a row's `content`. Raises IntegrityError."""
    try:
        if isinstance(content, bytes):
            return decode_alert(content)
    except BadInput as error:
        raise IntegrityError("the alert book holds what is no alert: restore it from its disk's copy") from error
    raise IntegrityError("the alert book holds what is no alert: restore it from its disk's copy")


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" for _ in values)
