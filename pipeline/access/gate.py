"""The gate: the only way to the record. Whoever looks is known, gives a reason, is entitled to it, and is written down.

Promise: for every page, in this order: guards, policy, the audit entry that says what is about to be looked at, the
search, read by read the policy once more, the audit entry that says what is given, and only then the page. Each page
is decided anew, at the moment it is asked for, and every read once more when it is handed over, with the person as they
are registered then: a suspension, a revoked authorisation or a read that has grown too old counts at once. What was
narrowed away, and why, comes with every page.

On failure: Unavailable when the audit log cannot be kept: then nothing is answered. An error of the search is written
down as failed and raised. BadInput for a cursor that is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.access.cursors import Cursors
from pipeline.access.guards import Guards
from pipeline.access.policy import Policy
from pipeline.access.sight import Sight
from pipeline.access.spelling import spelt
from pipeline.access.texts import MOST_LINE, MOST_TEXT
from pipeline.domain.access import AccessRequest, Authorisation, AuthorisationId, Grant, Person, Refusal
from pipeline.domain.audit import AuditEvent, AuditWriter, Operation, Outcome
from pipeline.domain.ports import Clock, RecordSearch
from pipeline.domain.query import Ended, Found, Limits, Order, Page
from pipeline.errors import AnprError

_AUTHORISED, _FREELY = "authorised", "freely"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A page of what was granted. `cursor` is None when there is nothing more under this grant."""

    grant: Grant
    page: Page
    kept_back: int
    """Reads that were found but had become closed by the time they would have been given."""
    whole: tuple[Found, ...] = field(default=(), repr=False)
    """What was given, with cameras and places as they are: to fetch records by, never to be shown."""

    @property
    def cursor(self) -> str | None:
        return self.page.cursor


class Gate:
    """Stands before one record."""

    def __init__(
        self,
        *,
        policy: Policy,
        guards: Guards,
        sight: Sight,
        cursors: Cursors,
        audit: AuditWriter,
        search: RecordSearch,
        authorisation: Callable[[AuthorisationId], Authorisation | None],
        clock: Clock,
        person: Callable[[Person], Person] = lambda as_asked: as_asked,
    ) -> None:
        self._policy = policy
        self._guards = guards
        self._sight = sight
        self._cursors = cursors
        self._audit = audit
        self._search = search
        self._authorisation = authorisation
        self._clock = clock
        self._person = person

    def page(self, request: AccessRequest, limits: Limits, cursor: str | None = None) -> Answer | Refusal:
        """Return the first page of what `request` is granted, or the one that `cursor` goes on with."""
        request = replace(request, person=self._person(request.person))
        decision = (
            self._sight.refusal(request)
            or (None if cursor else self._guards.refusal(request))
            or self._policy.decide(request, self._authorisation_of(request), self._clock.now())
        )
        if isinstance(decision, Refusal):
            self._audit.append([consultation(request, Outcome.REFUSED, rule=decision.rule)])
            return decision
        outcome = Outcome.NARROWED if decision.narrowed else Outcome.ALLOWED
        rules = ", ".join([decision.rule, *sorted({one.rule for one in decision.narrowed})])
        self._audit.append([consultation(request, outcome, rule=rules)])
        try:
            page, whole, kept_back = self._searched(decision, limits, cursor)
        except AnprError as error:
            self._audit.append([consultation(request, Outcome.FAILED, rule=type(error).__name__)])
            raise
        given = consultation(request, Outcome.ANSWERED, rule=decision.rule, found=page.found)
        self._audit.append([given])
        return Answer(grant=decision, page=page, kept_back=kept_back, whole=whole)

    def _searched(self, grant: Grant, limits: Limits, cursor: str | None) -> tuple[Page, tuple[Found, ...], int]:
        spans = grant.spans
        if grant.request.query.order is Order.NEWEST_FIRST:
            spans = spans[::-1]
        names = [_AUTHORISED if span == grant.authorised else _FREELY for span in spans]
        request = grant.request
        name, within = self._cursors.opened(request, cursor) if cursor else (names[0], None)
        if name not in names:
            # the span that the cursor points into is closed by now: go on with what comes after it, if anything does
            if name != _first_of(grant):
                return Page(found=(), ended=Ended.COMPLETE, cursor=None), (), 0
            name, within = names[-1], None
        span = spans[names.index(name)]
        query = request.query.within(span.begin, span.end)
        if query is None:
            raise RuntimeError("a span that was granted lies outside the query")
        page = self._search.page(query, limits, within)
        grant = replace(grant, request=replace(request, person=self._person(request.person)))
        authorisation, now = self._authorisation_of(request), self._clock.now()
        given = [one for one in page.found if self._policy.allows(grant, authorisation, one.captured_at, now)]
        following = None
        if page.cursor is not None:
            following = self._cursors.sealed(request, name, page.cursor)
        elif name != names[-1]:
            following = self._cursors.sealed(request, names[-1], None)
        ended = page.ended if following is None or page.ended is not Ended.COMPLETE else Ended.ROWS
        shown = self._sight.of(given, grant.request.person)
        shown_page = Page(found=tuple(shown), ended=ended, cursor=following)
        return shown_page, tuple(given), len(page.found) - len(given)

    def _authorisation_of(self, request: AccessRequest) -> Authorisation | None:
        return self._authorisation(request.authorisation_id) if request.authorisation_id else None


def _first_of(grant: Grant) -> str:
    return _FREELY if grant.request.query.order is Order.NEWEST_FIRST else _AUTHORISED


def consultation(
    request: AccessRequest,
    outcome: Outcome,
    *,
    rule: str,
    found: tuple[Found, ...] | None = None,
    details: Mapping[str, str] | None = None,
) -> AuditEvent:
    """Return the entry that says what came of `request`."""
    return AuditEvent(
        operation=Operation.CONSULTATION,
        outcome=outcome,
        person_id=request.person.person_id,
        force=request.person.force,
        request_id=request.request_id,
        # what is longer than allowed was refused for it; nobody fills the log with it
        category=request.category[:MOST_LINE],
        purpose=request.purpose[:MOST_LINE],
        reference=request.reference[:MOST_LINE],
        justification=request.justification[:MOST_TEXT],
        authorisation_id=(request.authorisation_id or "")[:MOST_LINE],
        query=spelt(request.query),
        rule=rule,
        result_count=None if found is None else len(found),
        results_digest="" if found is None else _digest_of(found),
        details=dict(details or {}),
    )


def _digest_of(found: tuple[Found, ...]) -> str:
    told = "\n".join(f"{one.vrm} {one.captured_at.isoformat()} {one.camera_id}" for one in found)
    return hashlib.sha256(told.encode()).hexdigest()
