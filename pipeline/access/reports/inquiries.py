"""What an auditor looks at: one inquiry for each request, put together from its entries in the audit log.

On failure: nothing raises; an entry whose query cannot be read any more keeps it as it is spelt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pipeline.domain.access import PersonId
from pipeline.domain.audit import AuditEntry, Operation, Outcome
from pipeline.domain.query import Matching
from pipeline.domain.vrm import Vrm, fold_vrm

_LOOKS = (Operation.CONSULTATION, Operation.DISCLOSURE, Operation.COMBINATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One request: who, when, why, what for, what came of it. `results` counts the reads of all its pages."""

    first_entry: int
    at: datetime
    operation: Operation
    person_id: PersonId
    category: str
    purpose: str
    reference: str
    justification: str
    authorisation_id: str
    query: str
    outcome: Outcome
    rule: str
    recipient: str
    results: int = 0

    @property
    def terms(self) -> tuple[tuple[str, str], ...]:
        """Return how and which marks were looked for."""
        return tuple((str(how), str(text)) for how, text in _query_of(self.query).get("terms", []))

    @property
    def asked_for(self) -> str:
        """Return the query in words."""
        told = _query_of(self.query)
        if not told:
            return self.query
        parts = [f"{how} {text}" for how, text in self.terms]
        parts += [f"camera {one}" for one in told["cameras"]]
        if told["area"]:
            parts.append("area {south:g},{west:g},{north:g},{east:g}".format(**told["area"]))
        return f"{', '.join(parts)}; captured {_minute(told['begin'])} to {_minute(told['end'])}"


def inquiries(entries: Iterable[AuditEntry]) -> list[Inquiry]:
    """Return the inquiries that `entries` (in order) tell of, in the order in which they began."""
    found: dict[str, Inquiry] = {}
    for entry in entries:
        event = entry.event
        if event.operation not in _LOOKS:
            continue
        key = event.request_id or f"entry {entry.sequence}"
        known = found.get(key)
        if known is None:
            found[key] = Inquiry(
                first_entry=entry.sequence,
                at=entry.at,
                operation=event.operation,
                person_id=event.person_id,
                category=event.category,
                purpose=event.purpose,
                reference=event.reference,
                justification=event.justification,
                authorisation_id=event.authorisation_id,
                query=event.query,
                outcome=event.outcome,
                rule=event.rule,
                recipient=event.recipient,
                results=event.result_count or 0,
            )
        elif event.outcome is Outcome.ANSWERED:
            found[key] = replace(known, results=known.results + (event.result_count or 0))
        elif event.outcome in (Outcome.REFUSED, Outcome.FAILED):
            found[key] = replace(known, outcome=event.outcome, rule=event.rule)
    return list(found.values())


def looks_for(inquiry: Inquiry, marks: Iterable[Vrm]) -> list[Vrm]:
    """Return those of `marks` that the inquiry's terms find, look-alikes counting as the same."""
    patterns = [_pattern_of(how, text) for how, text in inquiry.terms]
    return [mark for mark in marks if any(one.fullmatch(fold_vrm(mark)) for one in patterns)]


def _pattern_of(how: str, text: str) -> re.Pattern[str]:
    folded = re.escape(fold_vrm(Vrm(text)))
    if how == Matching.PARTIAL:
        folded = folded.replace(r"\?", ".").replace(r"\*", ".*")
    return re.compile(folded)


def _query_of(spelt: str) -> dict[str, Any]:
    try:
        told = json.loads(spelt)
    except ValueError:
        return {}
    return told if isinstance(told, dict) and told.keys() >= {"terms", "cameras", "area", "begin", "end"} else {}


def _minute(instant: str) -> str:
    return instant[:16].replace("T", " ")
