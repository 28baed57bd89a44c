"""Whatever person, category and authorisation hypothesis thinks of: over the wire comes what the letter gives."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from itertools import count

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.access import Authorisation, AuthorisationId, Category, Grade, Person, PersonId, Span
from pipeline.domain.vrm import Vrm
from pipeline.errors import AnprError
from tests.support.access import AGES, ANALYST, DAY, KEEPER, MARK, NOW, OFFICER, House, house_in, write_lake
from tests.support.people_services import Standing, ages, asked, standing, streamed
from tests.unit.access.letter import may_see

EXAMPLES = int(os.environ.get("ANPR_LETTER_EXAMPLES", "60"))
"""More of them take longer and find more: 0.1 s each."""
CATEGORIES = ("road-safety", "priority-and-volume", "serious", "major", "counter-terrorism", "curiosity")
AUTHORITIES = ("none", "requested", "refused", "good", "revoked", "other category", "other mark", "other reference")
NUMBERS = count(1)


@dataclass(frozen=True)
class Case:
    """One person's attempt; `authority` is what is wrong with the authorisation, or "good"."""

    category: str
    trained_until: date | None
    relevant: bool
    suspended: bool
    authority: str
    authoriser: Grade
    page_size: int


CASES = st.builds(
    Case,
    category=st.sampled_from(CATEGORIES),
    trained_until=st.sampled_from([None, date(2026, 11, 23), NOW.date(), date(2027, 1, 1)]),
    relevant=st.sampled_from([True, True, False]),
    suspended=st.sampled_from([False, False, True]),
    authority=st.sampled_from([*AUTHORITIES, "good", "good"]),
    authoriser=st.sampled_from(Grade),
    page_size=st.integers(1, 5),
)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    folder = tmp_path_factory.mktemp("house")
    write_lake(folder)
    with house_in(folder) as house, standing(house) as services:
        yield services


@settings(max_examples=EXAMPLES, deadline=None)
@given(case=CASES)
def test_over_the_wire_comes_what_the_letter_gives(services: Standing, case: Case) -> None:
    house, number = services.house, next(NUMBERS)
    person = replace(
        ANALYST,
        person_id=PersonId(f"person-{number}"),
        roles=frozenset({"investigation" if case.relevant else "typing-pool"}),
        trained_until=case.trained_until,
        own_marks=frozenset(),
    )
    house.desk.people.put(person, by=KEEPER.person_id, reason="joined the team")
    named = "" if case.authority == "none" else authorisation_of(house, person, case, number)
    token = house.token(person)
    if case.suspended:
        house.desk.people.put(replace(person, suspended=True), by=KEEPER.person_id, reason="under investigation")
    request = asked(named, reason={"category": case.category}, page_size=case.page_size)
    with services.with_token(token) as stubs:
        stream = stubs.search.StreamSearch(streamed(request))
        seen = set()
        with suppress(grpc.RpcError):
            for page in stream:
                seen |= set(ages([page]))
    assert stream.code() in (grpc.StatusCode.OK, grpc.StatusCode.PERMISSION_DENIED)
    assert seen == {age for age in AGES if the_letter_gives(case, age)}


def the_letter_gives(case: Case, age: int) -> bool:
    return may_see(
        category=case.category,
        age_days=age,
        trained=case.trained_until is not None and case.trained_until >= NOW.date(),
        relevant=case.relevant,
        suspended=case.suspended,
        authority=case.authority,
        authoriser=case.authoriser.value,
        end_for_the_lower_two=180,
    )


def authorisation_of(house: House, person: Person, case: Case, number: int) -> str:
    """Ask for an authorisation and have it decided on, as far as the book lets those people."""
    officer = replace(OFFICER, person_id=PersonId(f"officer-{number}"), grade=case.authoriser)
    house.desk.people.put(officer, by=KEEPER.person_id, reason="joined the team")
    elsewhere = "serious" if case.category != "serious" else "major"
    wish = Authorisation(
        authorisation_id=AuthorisationId(f"authorisation-{number}"),
        requested_by=person.person_id,
        requested_at=NOW,
        categories=frozenset({Category(elsewhere if case.authority == "other category" else case.category)}),
        period=Span(begin=NOW - 500 * DAY, end=NOW),
        reference="OP/2" if case.authority == "other reference" else "OP/1",
        justification="the series began a year ago",
        marks=frozenset({Vrm("ZZ99ZZZ") if case.authority == "other mark" else MARK}),
    )
    book = house.desk.authorisations
    try:
        book.ask(wish, by=person)
        if case.authority == "refused":
            book.refuse(wish.authorisation_id, by=officer, reason="not proportionate at all")
        elif case.authority != "requested":
            book.grant(wish.authorisation_id, by=officer, reason="needed and proportionate")
        if case.authority == "revoked":
            book.revoke(wish.authorisation_id, by=officer, reason="no longer needed for it")
    except AnprError:
        # an unknown category, or an officer who may not: it stays as far as it has come, and must open nothing
        return str(wish.authorisation_id)
    return str(wish.authorisation_id)
