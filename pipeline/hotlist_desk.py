"""The hotlists for people to look at, as far as each may: which lists there are, and what is held of one mark.

Promise: a list that is covert or named for some is shown to its owner and to those it names (a person's id, one of
their desks, or their force), a covert one only with the permission covert-lists; of all others not even the name. Who
looked up which mark, and why, is on the audit log before the answer leaves.
On failure: BadInput for what is no mark or no reason, Unavailable or IntegrityError as the lists' store.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from pipeline.domain.access import Permission, Person
from pipeline.domain.audit import AuditEvent, AuditWriter, Operation, Outcome
from pipeline.domain.hotlist import HotlistTerms, ListedEntry
from pipeline.domain.vrm import parse_voi_mark
from pipeline.errors import BadInput
from pipeline.match.instants import instant_of
from pipeline.match.lists.catalogue import Head, ListState, terms_of
from pipeline.match.lists.entries import entry_of
from pipeline.match.lists.held import Held
from pipeline.match.lists.store import HotlistStore

_MOST_REASON = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """The lists that a person may see, how many others there are, and the newest revision of all."""

    seen: tuple[ListState, ...]
    hidden: int
    sequence: int


class HotlistDesk:
    """Reads the lists on disk. Safe for many threads."""

    def __init__(self, store: HotlistStore, *, audit: AuditWriter) -> None:
        self._store = store
        self._audit = audit
        self._one_at_a_time = threading.Lock()
        self._held: tuple[int, Held] | None = None

    def lists(self, person: Person) -> Lists:
        """Return the lists that `person` may see."""
        head = self._store.head()
        seen = tuple(one for one in head.lists if may_see(one.terms, person))
        return Lists(seen=seen, hidden=len(head.lists) - len(seen), sequence=head.sequence)

    def entries(self, person: Person, mark: str, reason: str) -> list[ListedEntry]:
        """Return what is and was held of `mark`, oldest first, on the lists that `person` may see."""
        wanted = parse_voi_mark(mark)
        if not reason.strip() or len(reason) > _MOST_REASON:
            raise BadInput("looking up a mark needs a reason, which goes on the audit log")
        head = self._store.head()
        terms = terms_of(head)
        rows = self._held_at(head).rows_of_mark(wanted.encode()).to_pylist()
        given = [row for row in rows if may_see(terms[row["hotlist"]], person)]
        event = AuditEvent(
            operation=Operation.CONSULTATION,
            outcome=Outcome.ANSWERED,
            person_id=person.person_id,
            force=person.force,
            justification=reason,
            query=wanted,
            result_count=len(given),
            details={"what": "mark looked up on the hotlists"},
        )
        self._audit.append([event])
        return [
            ListedEntry(
                voi=entry_of(row, terms),
                listed_at=instant_of(row["listed_at"]),
                removed_at=instant_of(row["removed_at"]),
            )
            for row in sorted(given, key=lambda row: row["listed_at"])
        ]

    def _held_at(self, head: Head) -> Held:
        """Return what is held at `head`; what changed since the last time is all that is read."""
        with self._one_at_a_time:
            if self._held is None or self._held[0] != head.sequence:
                self._held = head.sequence, self._read(head.sequence)
            return self._held[1]

    def _read(self, sequence: int) -> Held:
        if self._held is not None and self._held[0] < sequence:
            changes = self._store.changes(self._held[0], sequence)
            if changes is not None:
                held = self._held[1]
                for at, change in changes:
                    held = held.after(change, at)
                return held
        return self._store.held_at(sequence)


def may_see(terms: HotlistTerms, person: Person) -> bool:
    """Tell whether a list's name and entries may be shown to `person`."""
    if terms.covert and Permission.COVERT_LISTS not in person.permissions:
        return False
    return any(terms.may_be_seen_by(one) for one in (person.person_id, person.force, *person.desks))
