"""The policy gives what the letter gives, and nothing else: every combination, every day of age up to 400."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

from pipeline.access.policy import Policy
from pipeline.access.settings import AccessSettings
from pipeline.domain.access import (
    Authorisation,
    AuthorisationId,
    AuthorisationState,
    Category,
    Grade,
    Grant,
    Person,
    PersonId,
)
from tests.unit.access.letter import may_see
from tests.unit.access.stand import ASKER_ID, CATEGORIES, DAY, GOOD, NOW, request

TRAINING = {"never": None, "expired": date(2026, 11, 23), "last day": date(2026, 11, 24)}
ROLES = {
    "relevant": frozenset({"investigation", "typing-pool"}),
    "not": frozenset({"typing-pool"}),
    "none": frozenset(),
}
AUTHORITIES: dict[str, Authorisation | None] = {
    "good": GOOD,
    "none": None,
    "requested": replace(GOOD, state=AuthorisationState.REQUESTED, decided_at=None, decided_by=None),
    "refused": replace(GOOD, state=AuthorisationState.REFUSED),
    "revoked": replace(GOOD, state=AuthorisationState.REVOKED, revoked_at=NOW),
    "expired": replace(GOOD, expires_at=NOW),
    "too old": replace(GOOD, decided_at=NOW - 28 * DAY),
    "not yet": replace(GOOD, decided_at=NOW + DAY),
    "own": replace(GOOD, decided_by=ASKER_ID),
    "somebody else's": replace(GOOD, requested_by=PersonId("p3")),
    "other category": replace(GOOD, categories=frozenset({Category("something")})),
    "other mark": replace(GOOD, marks=frozenset({"YY99YYY"})),
    "names nothing": replace(GOOD, marks=frozenset()),
    "other reference": replace(GOOD, reference="OP/2"),
    "not the one named": replace(GOOD, authorisation_id=AuthorisationId("a2")),
}
AGES = range(401)


def test_every_combination_is_decided_as_the_letter_says() -> None:
    table = AccessSettings().categories
    policy = Policy(table)
    captured = [NOW - age * DAY for age in AGES]
    cases, wrong = 0, []
    for category, training, role, suspended, authority, authoriser in product(
        CATEGORIES, TRAINING, ROLES, (False, True), AUTHORITIES, Grade
    ):
        person = Person(
            person_id=ASKER_ID,
            force="Testshire",
            grade=Grade.CONSTABLE,
            roles=ROLES[role],
            trained_until=TRAINING[training],
            suspended=suspended,
        )
        given = AUTHORITIES[authority]
        authorisation = replace(given, decider_grade=authoriser) if given else None
        asked = request(category=category, person=person)
        decision = policy.decide(asked, authorisation, NOW)
        spans = decision.spans if isinstance(decision, Grant) else ()
        end = table[category].authorised_days if category in ("priority-and-volume", "serious") else 365
        facts = {
            "category": category,
            "trained": training == "last day",
            "relevant": role == "relevant",
            "suspended": suspended,
            "authority": authority,
            "authoriser": authoriser.value,
        }
        for age in AGES:
            cases += 1
            granted = any(captured[age] in span for span in spans) if age else bool(spans)
            if granted != may_see(age_days=age, end_for_the_lower_two=end, **facts):  # type: ignore[arg-type]
                wrong.append((age, facts))
    assert not wrong[:5]
    assert cases > 1_000_000


def test_what_is_granted_is_allowed_read_by_read_and_nothing_else_is() -> None:
    policy = Policy(AccessSettings().categories)
    person = Person(
        person_id=ASKER_ID,
        force="Testshire",
        grade=Grade.CONSTABLE,
        roles=ROLES["relevant"],
        trained_until=TRAINING["last day"],
    )
    for category, authority, authoriser in product(CATEGORIES, AUTHORITIES, Grade):
        given = AUTHORITIES[authority]
        authorisation = replace(given, decider_grade=authoriser) if given else None
        decision = policy.decide(request(category=category, person=person), authorisation, NOW)
        if not isinstance(decision, Grant):
            continue
        for age in AGES[1:]:
            captured_at = NOW - age * DAY
            granted = any(captured_at in span for span in decision.spans)
            assert policy.allows(decision, authorisation, captured_at, NOW) == granted
