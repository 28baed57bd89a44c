"""Streams of reads for others, as far as an agreement with them goes.

Promise: only reads of the agreement's feeds are told, only with its fields, and never with pictures; in the order of
the journal, and no more of them than may be unacknowledged. The disclosure is durable in the audit log before the first
read leaves, and how many went, with a digest over their ids, when the stream ends or 10,000 have gone. What was
acknowledged is durable, so whoever comes back goes on there.

On failure: AccessDenied where there is no such agreement with the caller; Forgotten when the reads after a cursor are
no longer in the journal; BadInput for a cursor that was never given; Unavailable when the audit log cannot be written:
then nothing leaves.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pipeline import metrics, sqlite
from pipeline.domain.access import PersonId
from pipeline.domain.audit import AuditEvent, AuditWriter, Operation, Outcome
from pipeline.domain.ports import JournalSource
from pipeline.errors import AccessDenied, BadInput, Forgotten
from pipeline.share.settings import FIELDS, AgreementSettings, ShareSettings
from pipeline.wire.offers import disclosed

_HOLDING = "acknowledgements of streams"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS streams (agreement TEXT PRIMARY KEY, stream_id TEXT NOT NULL, cursor INTEGER NOT NULL)"
    " WITHOUT ROWID",
)
_AT_ONCE = 500
_COUNT_EVERY = 10_000
_MOST_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Some reads, encoded, and the cursor after them; there may be none where those between were for others."""

    cursor: int
    records: Sequence[bytes]


class Acknowledgements:
    """How far each agreement's receiver has come: the file at `path`. Safe for many threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection = sqlite.open_to_write(path, _TABLES, holding=_HOLDING)

    def cursor(self, agreement: str, stream_id: str) -> int | None:
        """Return the last cursor acknowledged of that stream; None if there is none."""
        with self._lock, sqlite.translated(self._path, _HOLDING):
            row = self._connection.execute(
                "SELECT cursor FROM streams WHERE agreement = ? AND stream_id = ?", (agreement, stream_id)
            ).fetchone()
        return int(row[0]) if row else None

    def acknowledge(self, agreement: str, stream_id: str, cursor: int) -> None:
        with self._lock, sqlite.translated(self._path, _HOLDING), sqlite.transaction(self._connection):
            self._connection.execute("INSERT OR REPLACE INTO streams VALUES (?, ?, ?)", (agreement, stream_id, cursor))

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class StreamDesk:
    """Opens streams over the node's journal."""

    def __init__(
        self,
        journal: JournalSource,
        acknowledged: Acknowledgements,
        *,
        audit: AuditWriter,
        settings: ShareSettings,
        force: str,
    ) -> None:
        self._journal = journal
        self._acknowledged = acknowledged
        self._audit = audit
        self._settings = settings
        self._force = force
        for agreement in settings.agreements.values():
            metrics.SHARE_STREAMED.labels(agreement.organisation)

    @property
    def stalled_after_seconds(self) -> float:
        return self._settings.stalled_after_seconds

    def open(
        self, organisation: str, name: str, *, after: int | None, stream_id: str, most_unacknowledged: int
    ) -> ReadStream:
        """Begin a stream for `organisation` under the agreement called `name`."""
        agreement = self._settings.agreements.get(name)
        if agreement is None or agreement.organisation != organisation:
            raise AccessDenied("there is no such agreement with this organisation")
        identity = self._journal.identity
        if after is not None and stream_id != identity:
            raise Forgotten("the cursor is of another stream: begin again without a cursor")
        if after is None:
            after = self._acknowledged.cursor(name, identity)
        newest = self._journal.last_offset()
        if after is not None and not 0 <= after <= newest:
            raise BadInput(f"cursor {after} was never given, the newest is {newest}")
        if after is not None and self._journal.missing_after(after):
            raise Forgotten("the reads after that cursor are no longer in the journal: begin again without a cursor")
        # without a cursor: with the oldest that is there
        start = after if after is not None else self._journal.missing_after(0)
        most = min(most_unacknowledged or self._settings.most_unacknowledged, self._settings.most_unacknowledged)
        if most < 1:
            raise BadInput("most_unacknowledged must be at least 1")
        return ReadStream(
            name, agreement, self._journal, self._acknowledged, audit=self._audit, force=self._force, start=start,
            most_unacknowledged=most,
        )  # fmt: skip


class ReadStream:
    """One stream. For one thread at a time, but `acknowledge` may be called beside `reads`."""

    def __init__(
        self,
        name: str,
        agreement: AgreementSettings,
        journal: JournalSource,
        acknowledged: Acknowledgements,
        *,
        audit: AuditWriter,
        force: str,
        start: int,
        most_unacknowledged: int,
    ) -> None:
        self._name = name
        self._agreement = agreement
        self._journal = journal
        self._acknowledged = acknowledged
        self._audit = audit
        self._force = force
        self._withheld = sorted(FIELDS - set(agreement.fields))
        self._cursor = start
        self._most = most_unacknowledged
        self._under_way: deque[tuple[int, int]] = deque()
        self._ids, self._count, self._announced = hashlib.sha256(), 0, False
        self.stream_id = journal.identity

    @property
    def room(self) -> int:
        """How many more reads may be told before some are acknowledged."""
        return self._most - sum(count for _, count in self._under_way)

    def reads(self) -> Told | None:
        """Return what to tell next; None when there is nothing, or no room."""
        room = self.room
        if room <= 0:
            return None
        entries = self._journal.after(self._cursor, min(room, _AT_ONCE), _MOST_BYTES)
        if not entries:
            return None
        if self._journal.missing_after(self._cursor):
            raise Forgotten("reads went from the journal before they could be told: begin again without a cursor")
        found = [told for entry in entries if (told := disclosed(entry.content, self._withheld)) is not None]
        mine = [(read_id, record) for read_id, feed, record in found if self._covers(feed)]
        if mine and not self._announced:
            self._announced = True
            self._audit.append([self._event(Outcome.ALLOWED)])
        for read_id, _ in mine:
            self._ids.update(f"{read_id}\n".encode())
        self._count += len(mine)
        if self._count >= _COUNT_EVERY:
            self._count_up()
        self._cursor = entries[-1].offset
        self._under_way.append((self._cursor, len(mine)))
        metrics.SHARE_STREAMED.labels(self._agreement.organisation).inc(len(mine))
        return Told(cursor=self._cursor, records=[record for _, record in mine])

    def acknowledge(self, cursor: int) -> None:
        """Everything up to `cursor` is safe with the receiver. Raises BadInput for one that was not told."""
        if cursor > self._cursor:
            raise BadInput(f"cursor {cursor} was not told, the newest is {self._cursor}")
        while self._under_way and self._under_way[0][0] <= cursor:
            self._under_way.popleft()
        self._acknowledged.acknowledge(self._name, self.stream_id, cursor)

    def end(self) -> None:
        """Put what was told on the audit log."""
        if self._announced:
            self._count_up()

    def _covers(self, feed: str) -> bool:
        return any(fnmatchcase(feed, pattern) for pattern in self._agreement.feeds)

    def _count_up(self) -> None:
        self._audit.append([self._event(Outcome.ANSWERED, count=self._count, digest=self._ids.hexdigest())])
        self._ids, self._count = hashlib.sha256(), 0

    def _event(self, outcome: Outcome, count: int | None = None, digest: str = "") -> AuditEvent:
        agreement = self._agreement
        return AuditEvent(
            operation=Operation.DISCLOSURE,
            outcome=outcome,
            person_id=PersonId(f"system:{agreement.organisation}"),
            force=self._force,
            purpose=agreement.purpose,
            reference=agreement.reference,
            recipient=agreement.organisation,
            result_count=count,
            results_digest=digest,
            details={
                "agreement": self._name,
                "after": str(self._cursor),
                "fields": " ".join(sorted(agreement.fields)),
            },
        )
