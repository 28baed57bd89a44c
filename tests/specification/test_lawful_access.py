"""Nobody sees a read without a reason, an entitlement and a record of it: from the token to a real store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline import bootstrap_access
from pipeline.access.audit.verify import check_log, entries_of
from pipeline.domain.access import AuthorisationId, Permission, Person, PersonId, Refusal
from pipeline.domain.audit import Operation, Outcome
from pipeline.domain.plate import CameraId
from pipeline.domain.query import Area, Limits, Order, partial
from pipeline.errors import AccessDenied, Unavailable
from tests.support.access import (
    AGES,
    ANALYST,
    CAMERA,
    DAY,
    KEEPER,
    MARK,
    NOW,
    OFFICER,
    OTHER_MARK,
    PLACE,
    TYPIST,
    UNTRAINED,
    House,
    Meanwhile,
    house,
    lake,
)  # fmt: skip
from tests.unit.access.letter import may_see

__all__ = ["house", "lake"]
CATEGORIES = ("road-safety", "priority-and-volume", "serious", "major", "counter-terrorism", "curiosity")
ALL = Limits(rows=1000)


def seen(house: House, person: Person, category: str, authorisation: str | None) -> set[int]:
    """All ages that are shown to `person`, page by page."""
    named = AuthorisationId(authorisation) if authorisation else None
    request = house.request(person, category, authorisation_id=named)
    gate, cursor, ages = house.gate(), None, set()
    while True:
        answer = gate.page(request, Limits(rows=2), cursor)
        if isinstance(answer, Refusal):
            return ages
        ages |= set(house.ages(answer))
        cursor = answer.cursor
        if cursor is None:
            return ages


@pytest.mark.parametrize("person", [ANALYST, UNTRAINED, TYPIST], ids=lambda one: str(one.person_id))
def test_what_is_shown_of_a_real_store_is_what_the_letter_allows(house: House, person: Person) -> None:
    four = ("priority-and-volume", "serious", "major", "counter-terrorism")
    house.authorised("good", categories=four)
    house.authorised("revoked", categories=four)
    house.desk.authorisations.revoke(AuthorisationId("revoked"), by=OFFICER, reason="no longer needed")
    table = house.desk.settings.categories
    wrong = []
    for category in CATEGORIES:
        end = table[category].authorised_days if category in ("priority-and-volume", "serious") else 365
        for authorisation in (None, "good", "revoked", "of nobody"):
            shown = seen(house, person, category, authorisation)
            for age in AGES:
                allowed = may_see(
                    category=category,
                    age_days=age,
                    trained=person is not UNTRAINED,
                    relevant=person is not TYPIST,
                    suspended=False,
                    authority=authorisation or "none",
                    authoriser="superintendent",
                    end_for_the_lower_two=end,
                )
                if (age in shown) != allowed:
                    wrong.append((category, authorisation, age))
    assert not wrong


def test_an_authorisation_revoked_while_the_store_is_searched_closes_what_was_found(house: House) -> None:
    granted = house.authorised()

    def revoke() -> None:
        # another desk on the same folder, as another process has it
        with bootstrap_access.desk(house.settings, audit=house.desk.audit, clock=house.clock) as other:
            if other.authorisations.get(granted.authorisation_id) == granted:
                other.authorisations.revoke(granted.authorisation_id, by=OFFICER, reason="given in error")

    request = house.request(authorisation_id=granted.authorisation_id)
    gate = house.gate(lambda search: Meanwhile(search, revoke))
    answer = gate.page(request, ALL)
    assert house.ages(answer) == []
    assert not isinstance(answer, Refusal)
    assert answer.kept_back == len([age for age in AGES if 90 < age <= 365])
    following = gate.page(request, ALL, answer.cursor)
    assert house.ages(following) == [89, 1]


def test_a_read_that_passes_the_limit_while_the_store_is_searched_is_kept_back(house: House) -> None:
    gate = house.gate(lambda search: Meanwhile(search, lambda: house.clock.advance(86401)))
    answer = gate.page(house.request(), ALL)
    assert house.ages(answer) == [1]
    assert not isinstance(answer, Refusal)
    assert answer.kept_back == 1


def test_a_person_suspended_while_the_store_is_searched_sees_nothing_more(house: House) -> None:
    def suspend() -> None:
        house.desk.people.put(replace(ANALYST, suspended=True), by=KEEPER.person_id, reason="under investigation")

    request = house.request()
    gate = house.gate(lambda search: Meanwhile(search, suspend))
    answer = gate.page(request, ALL)
    assert house.ages(answer) == []
    refused = gate.page(request, ALL)
    assert isinstance(refused, Refusal)
    assert refused.rule == "suspended"


def test_an_authorisation_that_ends_between_two_pages_opens_no_second_one(house: House) -> None:
    granted = house.authorised()
    request = house.request(authorisation_id=granted.authorisation_id)
    gate = house.gate()
    first = gate.page(request, Limits(rows=1))
    assert house.ages(first) == [364]
    assert not isinstance(first, Refusal)
    house.clock.advance(29 * 86400)
    following = gate.page(request, ALL, first.cursor)
    assert house.ages(following) == [1]


def test_the_reason_is_on_the_disk_before_the_store_is_asked_and_the_count_before_the_reads_leave(house: House) -> None:
    folder = house.desk.audit_folder
    outcomes: list[list[Outcome]] = []

    def look() -> None:
        outcomes.append([entry.event.outcome for entry in entries_of(folder) if entry.event.request_id == "r1"])

    house.gate(lambda search: Meanwhile(search, look)).page(house.request(), ALL)
    look()
    assert outcomes == [[Outcome.NARROWED], [Outcome.NARROWED, Outcome.ANSWERED]]
    told = [entry.event for entry in entries_of(folder) if entry.event.request_id == "r1"]
    assert {(one.person_id, one.reference, one.operation) for one in told} == {
        (ANALYST.person_id, "OP/1", Operation.CONSULTATION)
    }
    assert not check_log(folder, bootstrap_access.public_keys(house.settings)).fault


def test_when_the_log_cannot_be_kept_nobody_sees_anything(house: House) -> None:
    request = house.request()
    gate = house.gate()
    house.desk.audit.close()  # type: ignore[attr-defined]
    with pytest.raises(Unavailable, match="nothing may be answered"):
        gate.page(request, ALL)


def test_whoever_is_not_registered_is_nobody_however_good_the_token(house: House) -> None:
    stranger = replace(ANALYST, person_id=PersonId("stranger"))
    with pytest.raises(AccessDenied):
        house.desk.who(house.token(stranger))
    with pytest.raises(AccessDenied):
        house.desk.who(house.token(ANALYST)[:-3] + "AAA")


def test_a_fixed_camera_is_told_and_searched_for_only_roughly(house: House) -> None:
    everyone = replace(house.request().query, begin=NOW - 2 * DAY, end=NOW, terms=())
    rough = Area(south=51.9, west=0.1, north=52.0, east=0.2)
    near = Area(south=PLACE.latitude - 0.001, west=0.12, north=PLACE.latitude + 0.001, east=0.13)
    query = replace(everyone, begin=NOW - 1.5 * DAY, end=NOW - 0.6 * DAY)
    answer = house.gate().page(house.request(query=replace(query, area=rough)), ALL)
    assert not isinstance(answer, Refusal)
    assert {one.vrm for one in answer.page.found} == {MARK, OTHER_MARK}
    for one in answer.page.found:
        assert one.location is not None
        assert (round(one.location.latitude, 4), round(one.location.longitude, 4)) == (51.95, 0.15)
        assert one.camera_id != CAMERA
    refused = house.gate().page(house.request(query=replace(query, area=near)), ALL)
    assert isinstance(refused, Refusal)
    assert refused.rule == "area"
    trusted = replace(ANALYST, permissions=frozenset({Permission.CAMERA_LOCATIONS}))
    house.desk.people.put(trusted, by=KEEPER.person_id, reason="works on the cameras")
    exactly = house.gate().page(house.request(query=replace(query, area=near)), ALL)
    assert not isinstance(exactly, Refusal)
    assert {(one.location, one.camera_id) for one in exactly.page.found} == {(PLACE, CAMERA)}


@pytest.mark.parametrize(
    "hostile",
    [
        "x' OR '1'='1",
        'x"; DROP TABLE reads; --',
        "../../../etc/passwd",
        "%",
        "_",
        "*",
        "x\x00y",
        "{0}",
        "' UNION SELECT *",
    ],
)
def test_a_camera_of_a_hostile_name_finds_nothing_and_breaks_nothing(house: House, hostile: str) -> None:
    query = replace(house.request().query, begin=NOW - 1.5 * DAY, end=NOW - 0.6 * DAY, terms=())
    answer = house.gate().page(house.request(query=replace(query, cameras=(CameraId(hostile),))), ALL)
    assert house.ages(answer) == []
    assert seen(house, ANALYST, "major", None) == {1, 89}


def test_a_partial_mark_and_both_orders_go_through_the_same_gate(house: House) -> None:
    query = replace(house.request().query, terms=(partial("XX9*"),), order=Order.NEWEST_FIRST)
    assert house.ages(house.gate().page(house.request(query=query), ALL)) == [1, 89]


def test_limits_on_requests_hold_across_processes(house: House) -> None:
    for number in range(2):
        answer = house.gate().page(house.request(reference=f"OP/{number}", request_id=f"r{number}"), ALL)
        assert not isinstance(answer, Refusal)
    with bootstrap_access.desk(house.settings, audit=house.desk.audit, clock=house.clock) as other:
        refused = other.gate(bootstrap_access.record_search(house.settings)).page(house.request(reference="OP/9"), ALL)
    assert isinstance(refused, Refusal)
    assert refused.rule == "boilerplate"
