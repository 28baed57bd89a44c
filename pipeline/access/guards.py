"""What a request must be before anybody decides on it: reasoned, in its own words, no fishing trip, no flood.

Promise: `Guards.refusal` returns the first rule that a request breaks, or None. It remembers the justifications and the
number of requests of each person for `per_seconds`; what it remembers is bounded. `recall` tells it what other
processes, or this one before a restart, have let pass: the audit log says so. The limits stop fishing, and the audit
reports find what is slower.
On failure: nothing raises; a request that breaks a rule is never answered, only told which.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from pipeline.access.settings import GuardSettings
from pipeline.access.texts import MOST_LINE, MOST_TEXT, is_plain
from pipeline.domain.access import AccessRequest, PersonId, Refusal
from pipeline.domain.audit import AuditEntry, Operation, Outcome
from pipeline.domain.query import Matching, Query

_WORD = re.compile(r"\w{2,}")
_WILDCARDS = re.compile(r"[?*]")
_PASSED = (Outcome.ALLOWED, Outcome.NARROWED)


class Guards:
    """The guards of one gate."""

    def __init__(self, settings: GuardSettings) -> None:
        self._settings = settings
        self._one_at_a_time = threading.Lock()
        self._recent: dict[PersonId, deque[tuple[datetime, str, str]]] = {}

    def refusal(self, request: AccessRequest) -> Refusal | None:
        """Return why `request` may not even be decided on; else remember it and return None."""
        with self._one_at_a_time:
            recent = self._recent_of(request.person.person_id, request.made_at)
            broken = (
                self._unreasoned(request) or self._repeated(request, recent) or self._too_broad(request.query)
                or self._too_many(recent)
            )  # fmt: skip
            if broken:
                return Refusal(request=request, rule=broken[0], reason=broken[1])
            recent.append((request.made_at, _plain(request.justification), request.reference))
            return None

    def recall(self, entries: Iterable[AuditEntry]) -> None:
        """Remember the requests that `entries` (oldest first) tell of, each once however many pages it had."""
        known: set[str] = set()
        for entry in entries:
            event = entry.event
            passed = event.operation is Operation.CONSULTATION and event.outcome in _PASSED
            if passed and event.request_id not in known:
                known.add(event.request_id)
                recent = self._recent.setdefault(event.person_id, deque())
                recent.append((entry.at, _plain(event.justification), event.reference))

    def _unreasoned(self, request: AccessRequest) -> tuple[str, str] | None:
        lines = (request.purpose, request.reference, request.category, request.authorisation_id or "")
        if not all(is_plain(one, MOST_LINE) for one in lines) or not is_plain(request.justification, MOST_TEXT):
            return "justification", "purpose, reference and justification are plain text, not longer than needed"
        if not request.purpose.strip() or not request.reference.strip():
            return "justification", "a request names its purpose and the reference of the investigation"
        words = {word.lower() for word in _WORD.findall(request.justification)}
        least = self._settings
        if len(request.justification.strip()) < least.characters or len(words) < least.different_words:
            return (
                "justification",
                f"a justification says why in at least {least.characters} characters and {least.different_words}"
                " different words",
            )
        return None

    def _repeated(self, request: AccessRequest, recent: Iterable[tuple[datetime, str, str]]) -> tuple[str, str] | None:
        text = _plain(request.justification)
        others = {reference for _, said, reference in recent if said == text} - {request.reference}
        if len(others) >= self._settings.same_text_for_references:
            return "boilerplate", "the same justification was given for other investigations: say why for this one"
        return None

    def _too_broad(self, query: Query) -> tuple[str, str] | None:
        limits = self._settings
        if len(query.terms) > limits.marks:
            return "breadth", f"a query names at most {limits.marks} marks"
        vague = [term for term in query.terms if term.matching is Matching.PARTIAL]
        if any(len(_WILDCARDS.sub("", term.text)) < limits.known_characters for term in vague):
            return "breadth", f"a partial mark has at least {limits.known_characters} known characters"
        if not query.terms:
            if not query.cameras and query.area is None:
                return "breadth", "a query names marks, cameras or an area"
            if query.end - query.begin > timedelta(hours=limits.anybody_hours):
                return "breadth", f"a query for any vehicle spans at most {limits.anybody_hours:g} hours"
        return None

    def _too_many(self, recent: deque[tuple[datetime, str, str]]) -> tuple[str, str] | None:
        if len(recent) >= self._settings.requests:
            minutes = self._settings.per_seconds / 60
            return "rate", f"a person makes at most {self._settings.requests} requests in {minutes:g} minutes"
        return None

    def _recent_of(self, person: PersonId, at: datetime) -> deque[tuple[datetime, str, str]]:
        forget_before = at - timedelta(seconds=self._settings.per_seconds)
        for known in [one for one, made in self._recent.items() if not made or made[-1][0] < forget_before]:
            del self._recent[known]
        recent = self._recent.setdefault(person, deque())
        while recent and recent[0][0] < forget_before:
            recent.popleft()
        return recent


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))
