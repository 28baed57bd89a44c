"""What the audit log is told of the stages that know nothing of it, as the Data Protection Act 2018, section 62, lists:
reads collected, by count and period; lists altered, by whom; reads and entries erased, by kind and count.

No entry names a mark, a camera's place, or, of what was erased, anything but how much of what kind went and why.
On failure: what the stage raises; nothing was told then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from pipeline.domain.access import PersonId
from pipeline.domain.audit import AuditEvent, Operation, Outcome
from pipeline.domain.ports import Clock, JournalSource
from pipeline.errors import NotFound
from pipeline.match.instants import instant_of
from pipeline.match.lists.catalogue import Kind, ListStep, Revision
from pipeline.match.lists.store import HotlistStore
from pipeline.store.upkeep.erasures import Erasure

_SYSTEM = PersonId("system")
Told = list[tuple[str, AuditEvent]]


class CollectedReads:
    """How many reads became durable, from period to period. Positions are the journal, its offset and the time."""

    def __init__(
        self,
        journal: Callable[[], AbstractContextManager[JournalSource]],
        clock: Clock,
        *,
        force: str,
        every: timedelta,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._force = force
        self._every = every

    def after(self, position: str) -> Told:
        """Return one event for the time since `position`, if a period is over and a read came."""
        now = self._clock.now()
        identity, offset, since = json.loads(position) if position else ("", 0, "")
        if since and now - datetime.fromisoformat(since) < self._every:
            return []
        try:
            with self._journal() as journal:
                newest, found = journal.last_offset(), journal.identity
        except NotFound:
            return []
        if identity != found:
            identity, offset = found, 0
        if newest <= offset:
            return []
        event = AuditEvent(
            operation=Operation.COLLECTION,
            outcome=Outcome.ANSWERED,
            person_id=_SYSTEM,
            force=self._force,
            result_count=newest - offset,
            details={
                "what": "records of reads made durable",
                "from": since or "the beginning",
                "to": now.isoformat(),
                "journal": found,
                "offsets": f"{offset + 1} to {newest}",
            },
        )
        return [(json.dumps([identity, newest, now.isoformat()]), event)]


class ErasedReads:
    """What retention erased in the store and in the other stages. Positions are erasures, by their moment and id."""

    def __init__(self, erasures: Callable[[], Sequence[Erasure]], *, force: str) -> None:
        self._erasures = erasures
        self._force = force

    def after(self, position: str) -> Told:
        return [(at, self._event(one)) for one in self._erasures() if (at := _place_of(one)) > position]

    def _event(self, erasure: Erasure) -> AuditEvent:
        return AuditEvent(
            operation=Operation.ERASURE,
            outcome=Outcome.ANSWERED,
            person_id=_SYSTEM,
            force=self._force,
            rule=erasure.because,
            result_count=erasure.counts.get("reads"),
            details={
                "what": "everything captured or received before an instant",
                "erasure": erasure.erasure_id,
                "before": erasure.before.isoformat(),
                "at": erasure.at.isoformat(),
                **{f"gone: {kind}": str(count) for kind, count in sorted(erasure.counts.items())},
            },
        )


class AlteredLists:
    """Who loaded, changed and weeded lists of vehicles of interest. Positions are revisions."""

    def __init__(self, store: Callable[[], HotlistStore], *, force: str) -> None:
        self._store = store
        self._force = force

    def after(self, position: str) -> Told:
        store = self._store()
        try:
            head = store.head()
            after = int(position or 0)
            revisions = store.revisions(after if after <= head.sequence else 0, head.sequence)
            steps: dict[int, list[ListStep]] = {one.sequence: [] for one in revisions}
            for number in range(len(head.lists)) if revisions else ():
                for revision, step in store.steps(number):
                    if revision.sequence in steps:
                        steps[revision.sequence].append(step)
        finally:
            store.close()
        return [(str(one.sequence), self._event(one, steps[one.sequence])) for one in revisions]

    def _event(self, revision: Revision, steps: Sequence[ListStep]) -> AuditEvent:
        weeded = revision.kind is Kind.WEED
        counts = {step.state.terms.hotlist_id: _counted(step) for step in steps}
        return AuditEvent(
            operation=Operation.ERASURE if weeded else Operation.ALTERATION,
            outcome=Outcome.ANSWERED,
            person_id=PersonId(revision.by),
            force=self._force,
            justification="" if weeded else revision.reason,
            rule="weed dates and the past kept of lists" if weeded else "",
            result_count=sum(sum(one.values()) for one in counts.values()),
            details={
                "what": f"lists of vehicles of interest: {revision.kind.value}",
                "revision": str(revision.sequence),
                "at": str(instant_of(revision.at)),
                "file": revision.source,
                **{f"list: {name}": _in_words(one) for name, one in sorted(counts.items())},
            },
        )


def _place_of(erasure: Erasure) -> str:
    return f"{erasure.at:%Y%m%dT%H%M%S}-{erasure.erasure_id}"


def _counted(step: ListStep) -> Mapping[str, int]:
    return {"added": step.added, "altered": step.altered, "removed": step.removed, "erased": step.erased}


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing but its terms"
