"""The policy: may this person see these reads, and which of them.

Promise: `Policy.decide` is a pure function of the table, the request, the authorisation and the moment. It denies by
default: whoever is suspended or untrained, a category without a row, a role without relevance. What is left is narrowed
by age: reads up to the row's normal limit freely, older ones only as far as a valid authorisation and the row reach.
`Policy.allows` asks the same of one read at the moment it is handed over, because reads age and authorisations are
revoked while an answer streams.

Ages are exact differences of instants: a read is 90 days old until 90 times 24 hours have passed since its capture.
On failure: nothing raises; what cannot be allowed is a Refusal that names the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from pipeline.access.settings import CategoryRule
from pipeline.domain.access import (
    AccessRequest,
    Authorisation,
    AuthorisationState,
    Decision,
    Grant,
    Narrowing,
    Refusal,
    Span,
)
from pipeline.domain.query import Query


class Policy:
    """Decides by a table of categories."""

    def __init__(self, categories: Mapping[str, CategoryRule]) -> None:
        self._categories = dict(categories)

    def decide(self, request: AccessRequest, authorisation: Authorisation | None, at: datetime) -> Decision:
        """Return what `request` is given at `at`; `authorisation` is the one it names, as it stands now."""
        refused = self._refused(request, at)
        if refused is not None:
            return Refusal(request=request, rule=refused[0], reason=refused[1])
        rule = self._categories[request.category]
        asked = Span(begin=request.query.begin, end=request.query.end)
        freely = asked.within(_younger_than(rule.days, at))
        older = asked.within(Span(begin=asked.begin, end=at - timedelta(days=rule.days)))
        fault = ("age", f"reads older than {rule.days} days are closed to this category")
        authorised = Span(begin=older.end, end=older.end)
        if older and rule.authorised_days:
            reach = f"an authorisation opens its own period, and reads of at most {rule.authorised_days} days"
            fault = _fault_of(authorisation, rule, request, at) or ("authorised-age", reach)
            if authorisation is not None and fault[0] == "authorised-age":
                authorised = older.within(_younger_than(rule.authorised_days, at)).within(authorisation.period)
        if not freely and not authorised:
            return Refusal(request=request, rule=fault[0], reason=fault[1])
        return Grant(
            request=request,
            rule=f"category {request.category}",
            freely=freely,
            authorised=authorised,
            narrowed=tuple(
                Narrowing(away=away, rule=fault[0], reason=fault[1]) for away in _without(older, authorised) if away
            ),
        )

    def allows(self, grant: Grant, authorisation: Authorisation | None, captured_at: datetime, at: datetime) -> bool:
        """Tell whether a read captured at `captured_at` may still be handed over at `at` under `grant`."""
        request = grant.request
        if self._refused(request, at) is not None:
            return False
        rule = self._categories[request.category]
        if captured_at in grant.freely and captured_at in _younger_than(rule.days, at):
            return True
        return (
            captured_at in grant.authorised
            and authorisation is not None
            and _fault_of(authorisation, rule, request, at) is None
            and captured_at in authorisation.period
            and captured_at in _younger_than(rule.authorised_days, at)
        )

    def _refused(self, request: AccessRequest, at: datetime) -> tuple[str, str] | None:
        person = request.person
        if person.suspended:
            return "suspended", "access is suspended"
        if person.trained_until is None or at.date() > person.trained_until:
            return "training", "no valid training is recorded"
        rule = self._categories.get(request.category)
        if rule is None:
            return "category", f"the policy has no category of that name; it has {', '.join(self._categories)}"
        if not person.roles & set(rule.roles):
            return "role", "looking at reads of this category is not relevant to any of the person's roles"
        return None


def _younger_than(days: int, at: datetime) -> Span:
    """Return the instants of capture from which no more than `days` have passed; the future counts as young."""
    return Span(begin=at - timedelta(days=days), end=datetime.max.replace(tzinfo=at.tzinfo))


def _fault_of(
    authorisation: Authorisation | None, rule: CategoryRule, request: AccessRequest, at: datetime
) -> tuple[str, str] | None:
    """Return why `authorisation` opens nothing for `request` at `at`, or None if it does."""
    if authorisation is None or authorisation.authorisation_id != request.authorisation_id:
        return "authorisation", f"reads older than {rule.days} days need a senior officer's authorisation"
    if authorisation.state is not AuthorisationState.GRANTED or authorisation.decided_at is None:
        return "authorisation", f"the authorisation is {authorisation.state.value}"
    if authorisation.requested_by != request.person.person_id:
        return "authorisation", "the authorisation was given to somebody else"
    if authorisation.decided_by is None or authorisation.decided_by == request.person.person_id:
        return "authoriser", "nobody may authorise themselves"
    if authorisation.decider_grade is None or not authorisation.decider_grade.reaches(rule.authoriser):
        return "authoriser", f"this category needs an authoriser of grade {rule.authoriser.value} or above"
    ends = authorisation.decided_at + timedelta(days=rule.authority_days)
    if authorisation.expires_at is not None:
        ends = min(ends, authorisation.expires_at)
    if not authorisation.decided_at <= at < ends:
        return "authorisation", "the authorisation is not in force at this time"
    if request.category not in authorisation.categories:
        return "authorisation", "the authorisation was given for another category"
    if request.reference != authorisation.reference:
        return "authorisation", "the authorisation was given for another reference"
    if not _covers(authorisation, request.query):
        return "authorisation", "the authorisation does not name these marks, this area or these cameras"
    return None


def _covers(authorisation: Authorisation, query: Query) -> bool:
    """Tell whether all that `query` can find is named: its marks, or else its area, or else its cameras."""
    if query.terms:
        return all(term.text in authorisation.marks for term in query.terms)
    if query.area is not None and any(one.covers(query.area) for one in authorisation.areas):
        return True
    return bool(query.cameras) and authorisation.cameras.issuperset(query.cameras)


def _without(whole: Span, part: Span) -> tuple[Span, Span]:
    """Return what remains of `whole` before and after `part`; either may be empty."""
    if not part:
        return whole, Span(begin=whole.end, end=whole.end)
    return Span(begin=whole.begin, end=part.begin), Span(begin=part.end, end=whole.end)
