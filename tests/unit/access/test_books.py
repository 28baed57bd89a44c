from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.access.books.authorisations import AuthorisationBook
from pipeline.access.books.people import FOUNDER, PeopleBook
from pipeline.access.settings import AccessSettings
from pipeline.domain.access import (
    Authorisation,
    AuthorisationId,
    AuthorisationState,
    Category,
    Grade,
    Person,
    PersonId,
)
from pipeline.domain.query import Area
from pipeline.errors import AccessDenied, BadInput, NotFound, OutOfTurn, Unavailable
from tests.unit.access.stand import ASKER, GOOD, KEEPER, NOW, OFFICER, ListedAudit, ManualClock

WISH = replace(
    GOOD,
    categories=frozenset({Category("major"), Category("serious")}),
    areas=(Area(south=51.0, west=-1.0, north=52.0, east=0.0),),
)


class Stand:
    def __init__(self, folder: Path) -> None:
        self.folder, self.audit, self.clock = folder, ListedAudit(), ManualClock()
        self.people = PeopleBook(folder / "people.sqlite", audit=self.audit, clock=self.clock)
        self.authorisations = self.open_authorisations()

    def open_authorisations(self) -> AuthorisationBook:
        categories = AccessSettings().categories
        return AuthorisationBook(self.folder / "authorisations.sqlite", categories, audit=self.audit, clock=self.clock)

    def granted(self) -> Authorisation:
        self.authorisations.ask(WISH, by=ASKER)
        return self.authorisations.grant(WISH.authorisation_id, by=OFFICER, reason="needed and proportionate")


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = Stand(tmp_path)
    yield stand
    stand.people.close()
    stand.authorisations.close()


def test_the_first_person_is_entered_by_the_founder_and_nobody_after(stand: Stand) -> None:
    stand.people.put(KEEPER, by=FOUNDER, reason="the first")
    with pytest.raises(AccessDenied):
        stand.people.put(ASKER, by=FOUNDER, reason="the second")
    stand.people.put(ASKER, by=KEEPER.person_id, reason="joined the team")
    assert stand.people.everyone() == [ASKER, KEEPER]


def test_nobody_changes_their_own_entry_or_others_without_permission(stand: Stand) -> None:
    stand.people.put(KEEPER, by=FOUNDER, reason="the first")
    stand.people.put(ASKER, by=KEEPER.person_id, reason="joined")
    better = replace(KEEPER, grade=Grade.CHIEF_OFFICER)
    for by in (KEEPER.person_id, ASKER.person_id, PersonId("nobody")):
        with pytest.raises(AccessDenied):
            stand.people.put(better, by=by, reason="a promotion")
    assert stand.people.person(KEEPER.person_id) == KEEPER


def test_what_a_person_was_entitled_to_at_an_instant_can_be_told(stand: Stand) -> None:
    stand.people.put(KEEPER, by=FOUNDER, reason="the first")
    stand.people.put(ASKER, by=KEEPER.person_id, reason="joined")
    joined = stand.clock.at
    stand.clock.at += timedelta(days=1)
    stand.people.put(replace(ASKER, suspended=True), by=KEEPER.person_id, reason="under investigation")
    assert stand.people.person(ASKER.person_id).suspended
    assert not stand.people.person(ASKER.person_id, joined).suspended
    with pytest.raises(NotFound):
        stand.people.person(ASKER.person_id, joined - timedelta(days=1))


def test_a_change_that_cannot_be_written_down_is_not_made(stand: Stand) -> None:
    stand.people.put(KEEPER, by=FOUNDER, reason="the first")
    stand.audit.room = len(stand.audit.events)
    with pytest.raises(Unavailable):
        stand.people.put(ASKER, by=KEEPER.person_id, reason="joined")
    assert stand.people.everyone() == [KEEPER]
    with pytest.raises(Unavailable):
        stand.authorisations.ask(WISH, by=ASKER)
    assert stand.authorisations.get(WISH.authorisation_id) is None


def test_an_authorisation_is_granted_by_another_and_lives_as_long_as_the_policy_says(stand: Stand) -> None:
    granted = stand.granted()
    assert (granted.state, granted.decided_by, granted.decider_grade) == (
        AuthorisationState.GRANTED, OFFICER.person_id, Grade.SUPERINTENDENT,
    )  # fmt: skip
    assert granted.expires_at == NOW + timedelta(days=28)
    assert [event.details["what"] for event in stand.audit.events] == [
        "authorisation asked for",
        "authorisation granted",
    ]


def test_it_is_the_same_after_a_restart(stand: Stand) -> None:
    granted = stand.granted()
    stand.authorisations.close()
    stand.authorisations = stand.open_authorisations()
    assert stand.authorisations.get(granted.authorisation_id) == granted


@pytest.mark.parametrize(
    "by",
    [
        replace(OFFICER, person_id=ASKER.person_id),
        replace(OFFICER, grade=Grade.CHIEF_INSPECTOR),
        replace(OFFICER, permissions=frozenset()),
        replace(OFFICER, suspended=True),
        replace(OFFICER, trained_until=date(2026, 11, 23)),
        replace(OFFICER, trained_until=None),
    ],
)
def test_whoever_may_not_decide_does_not(stand: Stand, by: Person) -> None:
    stand.authorisations.ask(WISH, by=ASKER)
    for decide in (stand.authorisations.grant, stand.authorisations.refuse):
        with pytest.raises(AccessDenied):
            decide(WISH.authorisation_id, by=by, reason="why not")
    assert [one.authorisation_id for one in stand.authorisations.waiting()] == [WISH.authorisation_id]


def test_what_was_decided_is_not_decided_again(stand: Stand) -> None:
    granted = stand.granted()
    for decide in (stand.authorisations.grant, stand.authorisations.refuse):
        with pytest.raises(OutOfTurn):
            decide(granted.authorisation_id, by=OFFICER, reason="once more")
    with pytest.raises(OutOfTurn):
        stand.authorisations.ask(WISH, by=ASKER)
    assert not stand.authorisations.waiting()


def test_a_revoked_one_stays_revoked_and_whoever_asked_may_give_it_back(stand: Stand) -> None:
    granted = stand.granted()
    with pytest.raises(AccessDenied):
        stand.authorisations.revoke(granted.authorisation_id, by=KEEPER, reason="not mine")
    assert stand.authorisations.revoke(granted.authorisation_id, by=ASKER, reason="case closed").revoked_at == NOW
    with pytest.raises(OutOfTurn):
        stand.authorisations.revoke(granted.authorisation_id, by=OFFICER, reason="again")


def test_a_decision_cannot_be_brought_along_with_the_wish(stand: Stand) -> None:
    forged = replace(
        WISH, decided_by=OFFICER.person_id, decider_grade=Grade.CHIEF_OFFICER, requested_by=OFFICER.person_id
    )
    entered = stand.authorisations.ask(forged, by=ASKER)
    assert (entered.state, entered.decided_by, entered.requested_by) == (AuthorisationState.REQUESTED, None, "p1")


@pytest.mark.parametrize(
    "wish",
    [
        replace(WISH, categories=frozenset()),
        replace(WISH, categories=frozenset({Category("curiosity")})),
        replace(WISH, marks=frozenset(), areas=()),
        replace(WISH, reference=" "),
        replace(WISH, justification=""),
    ],
)
def test_a_wish_that_names_nothing_is_refused(stand: Stand, wish: Authorisation) -> None:
    with pytest.raises(BadInput):
        stand.authorisations.ask(wish, by=ASKER)


def test_nothing_is_known_of_an_authorisation_that_was_never_asked_for(stand: Stand) -> None:
    assert stand.authorisations.get(AuthorisationId("a9")) is None
    with pytest.raises(NotFound):
        stand.authorisations.grant(AuthorisationId("a9"), by=OFFICER, reason="none")
