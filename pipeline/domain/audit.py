"""One entry of the audit log: who did what to which reads, why, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pipeline.domain.access import PersonId
from pipeline.domain.read import Digest


class Operation(StrEnum):
    """The operations that the Data Protection Act 2018, section 62, wants logged, and what decides on them."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"
    AUTHORISATION = "authorisation"
    ADMINISTRATION = "administration"


class Outcome(StrEnum):
    """What came of it. An answer is first announced, then, when it has been given, counted."""

    ALLOWED = "allowed"
    NARROWED = "narrowed"
    REFUSED = "refused"
    ANSWERED = "answered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """What is to be logged. Only here do people and marks stand together; erased reads are never named.

    `query` is the query as it was sent. `results_digest` is the SHA-256 over the ids of the reads that were given.
    `details` holds whatever else an auditor needs, as texts.
    """

    operation: Operation
    outcome: Outcome
    person_id: PersonId
    force: str
    request_id: str = ""
    category: str = ""
    purpose: str = ""
    reference: str = ""
    justification: str = ""
    authorisation_id: str = ""
    query: str = ""
    rule: str = ""
    recipient: str = ""
    result_count: int | None = None
    results_digest: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """An event in its place in the chain: `digest` covers everything before it through `previous_digest`."""

    sequence: int
    at: datetime
    event: AuditEvent
    previous_digest: Digest
    digest: Digest


class AuditWriter(Protocol):
    """The writing end of the audit log. `append` returns only when the entries are durable, or raises."""

    def append(self, events: list[AuditEvent]) -> list[AuditEntry]: ...


class Happenings(Protocol):
    """What a stage did that the audit log must tell, and tells of only afterwards, because it is durable there.

    `after` gives events beyond a position, in order, each with the position after it; an empty position is the
    beginning. A position that is no longer known counts as the beginning: what is told twice says so by its details.
    """

    def after(self, position: str) -> Sequence[tuple[str, AuditEvent]]: ...
