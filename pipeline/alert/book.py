"""The alert book: every alert, everything that happened to it, and who has been told, in one durable file.

Promise: a hit is in exactly one alert, however often it is offered; alerts, events and the position in the hits become
durable together or not at all. Cursors of events rise and are never given again.

On failure: Unavailable for a full or failing disk, with nothing changed; OutOfTurn for a step that may not follow;
NotFound for an alert that these recipients were not told of; IntegrityError for a damaged file.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pipeline.alert.collapse import collapse_key, may_join
from pipeline.alert.database import open_to_read, open_to_write, translated
from pipeline.alert.index import AlertIndex, alert_in
from pipeline.alert.routing import Told
from pipeline.alert.settings import AlertSettings
from pipeline.domain.alert import (
    Acknowledgement,
    Alert,
    AlertedHit,
    AlertEventKind,
    AlertId,
    AlertState,
    Disposition,
    Recipient,
    alert_id_of,
)
from pipeline.errors import IntegrityError, NotFound
from pipeline.sqlite import transaction
from pipeline.wire.alert_proto import encode_alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of a hit: the alert it raised or joined; None where it was known already."""

    found: AlertedHit
    alert: Alert | None
    raised: bool


class AlertBook(AlertIndex):
    """The one writer of the file; others may read it. Safe for many threads."""

    def __init__(self, path: Path, settings: AlertSettings) -> None:
        self._writer = open_to_write(path)
        super().__init__(path, open_to_read(path))
        self._writing = threading.Lock()
        self._settings = settings
        self._listeners: list[Callable[[], None]] = []

    @property
    def position(self) -> str:
        """Up to where hits were taken; empty at the beginning."""
        with self._write() as connection:
            row = connection.execute("SELECT value FROM about WHERE key = 'position'").fetchone()
        return str(row[0]) if row else ""

    def take(self, hits: Sequence[tuple[AlertedHit, Told]], *, position: str, at: datetime) -> list[Taken]:
        """Raise an alert of every hit, or join it to one, and remember `position`."""
        with self._write() as connection:
            expired = _expired_before(connection)
            # hits may be read again from the beginning, and what was erased must not come back
            kept = [(found, told) for found, told in hits if found.read.captured_at.timestamp() >= expired]
            taken = [self._take_one(connection, found, told, at) for found, told in kept]
            connection.execute("INSERT OR REPLACE INTO about VALUES ('position', ?)", (position,))
        self._tell()
        return taken

    def advance(
        self, alert_id: str, step: Acknowledgement | Disposition, *, recipients: Sequence[Recipient] | None = None
    ) -> Alert:
        """Take a step with an alert that one of `recipients` (None: anybody) was told of; return what it became."""
        with self._write() as connection:
            number, before = self._found(connection, alert_id, recipients)
            after = before.advanced(step)
            if after is not before:
                self._change(connection, number, after, AlertEventKind.ADVANCED, step.at)
        self._tell()
        return after

    def escalate(self, alert_id: AlertId, at: datetime) -> Alert | None:
        """Tell those whom the alert escalates to, and all told before again; None when somebody has seen it."""
        with self._write() as connection:
            number, alert = self._found(connection, alert_id, None)
            if alert.state is not AlertState.RAISED:
                return None
            row = connection.execute("SELECT escalate_to FROM alerts WHERE number = ?", (number,)).fetchone()
            recipients = tuple(dict.fromkeys((*alert.recipients, *map(Recipient, json.loads(row[0])))))
            alert = replace(alert, recipients=recipients, escalations=(*alert.escalations, at))
            self._change(connection, number, alert, AlertEventKind.ESCALATED, at)
        self._tell()
        return alert

    def acknowledge(self, subscriber: str, cursor: int) -> None:
        """Remember that `subscriber` has dealt with every event up to `cursor`; it never goes back."""
        with self._write() as connection:
            connection.execute(
                "INSERT INTO subscribers VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET cursor = max(cursor, excluded.cursor)",
                (subscriber, cursor),
            )

    def expire(self, before: datetime) -> int:
        """Erase every alert whose read was captured before that, with its repeats; return how many."""
        with self._write() as connection:
            old = "SELECT number FROM alerts WHERE captured_at < ?"
            for table in ("hits", "told", "events"):
                connection.execute(f"DELETE FROM {table} WHERE alert IN ({old})", (before.timestamp(),))
            gone = connection.execute("DELETE FROM alerts WHERE captured_at < ?", (before.timestamp(),)).rowcount
            newest = max(before.timestamp(), _expired_before(connection))
            connection.execute("INSERT OR REPLACE INTO about VALUES ('expired', ?)", (repr(newest),))
        return gone

    def empty_log(self) -> None:
        """Carry the write-ahead log into the file and cut it, so that nothing erased stays in it."""
        with self._writing, translated(self._path):
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def listen(self, changed: Callable[[], None]) -> None:
        """Call `changed`, in the thread of whoever wrote, after every commit with events. It must not block."""
        self._listeners.append(changed)

    def close(self) -> None:
        with self._writing:
            self._writer.close()
        super().close()

    def _take_one(self, connection: sqlite3.Connection, found: AlertedHit, told: Told, at: datetime) -> Taken:
        if connection.execute("SELECT 1 FROM hits WHERE hit_id = ?", (found.hit.hit_id,)).fetchone():
            return Taken(found=found, alert=None, raised=False)
        key = collapse_key(found)
        rows = connection.execute(
            "SELECT number, content FROM alerts WHERE collapses = ? ORDER BY number DESC LIMIT 8", (key,)
        ).fetchall()
        for number, content in rows:
            alert = alert_in(content)
            if may_join(alert, found, self._settings):
                alert = replace(alert, repeats=(*alert.repeats, found))
                self._change(connection, number, alert, AlertEventKind.REPEATED, at)
                connection.execute("INSERT INTO hits VALUES (?, ?)", (found.hit.hit_id, number))
                return Taken(found=found, alert=alert, raised=False)
        alert = Alert(
            alert_id=alert_id_of(found.hit.hit_id),
            hit=found.hit,
            read=found.read,
            recipients=told.recipients,
            raised_at=at,
        )
        number = connection.execute(
            "INSERT INTO alerts (alert_id, state, collapses, captured_at, escalate_to, content)"
            " VALUES (?, ?, ?, ?, ?, x'')",
            (alert.alert_id, alert.state.value, key, found.read.captured_at.timestamp(), json.dumps(told.escalate_to)),
        ).lastrowid
        if number is None:
            raise IntegrityError("the alert book gave a new alert no number")
        self._change(connection, number, alert, AlertEventKind.RAISED, at)
        connection.execute("INSERT INTO hits VALUES (?, ?)", (found.hit.hit_id, number))
        return Taken(found=found, alert=alert, raised=True)

    def _change(
        self, connection: sqlite3.Connection, number: int, alert: Alert, kind: AlertEventKind, at: datetime
    ) -> None:
        connection.execute(
            "UPDATE alerts SET state = ?, content = ? WHERE number = ?",
            (alert.state.value, encode_alert(alert), number),
        )
        connection.executemany(
            "INSERT OR IGNORE INTO told VALUES (?, ?)", [(number, recipient) for recipient in alert.recipients]
        )
        connection.execute(
            "INSERT INTO events (alert, kind, at) VALUES (?, ?, ?)", (number, kind.value, at.isoformat())
        )

    def _found(
        self, connection: sqlite3.Connection, alert_id: str, recipients: Sequence[Recipient] | None
    ) -> tuple[int, Alert]:
        number = self.number_of(connection, alert_id, recipients)
        row = connection.execute("SELECT content FROM alerts WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise NotFound("there is no such alert for these recipients")
        return number, alert_in(row[0])

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._writing, translated(self._path), transaction(self._writer):
            yield self._writer

    def _tell(self) -> None:
        for changed in self._listeners:
            changed()


def _expired_before(connection: sqlite3.Connection) -> float:
    row = connection.execute("SELECT value FROM about WHERE key = 'expired'").fetchone()
    return float(row[0]) if row else float("-inf")
