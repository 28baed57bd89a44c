"""The gate, with a record of one read a day and an audit log that can be made to fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.access.cursors import Cursors
from pipeline.access.gate import Answer, Gate
from pipeline.access.guards import Guards
from pipeline.access.policy import Policy
from pipeline.access.settings import AccessSettings, GuardSettings
from pipeline.access.sight import Sight
from pipeline.domain.access import (
    AccessRequest,
    Authorisation,
    AuthorisationState,
    Grade,
    Permission,
    PersonId,
    Refusal,
    RequestId,
)
from pipeline.domain.audit import AuditEntry, Outcome
from pipeline.domain.plate import CameraId
from pipeline.domain.query import Area, Limits, Order, Page, Query, exact, partial
from pipeline.domain.read import Digest, Location
from pipeline.errors import BadInput, IntegrityError, Unavailable
from tests.unit.access.stand import ASKER, DAY, GOOD, MARK, NOW, PLACE, DailyRecord, ListedAudit, ManualClock, request


class Stand:
    """A gate with everything around it."""

    def __init__(self, **guards: int) -> None:
        self.clock, self.record, self.audit = ManualClock(), DailyRecord(), ListedAudit()
        self.authorisation: Authorisation | None = replace(GOOD, decider_grade=Grade.SUPERINTENDENT)
        self.gate = Gate(
            policy=Policy(AccessSettings().categories),
            guards=Guards(GuardSettings(**guards)),
            sight=Sight(b"secret", is_mobile=lambda camera: camera == "car"),
            cursors=Cursors(b"secret"),
            audit=self.audit,
            search=self.record,
            authorisation=lambda _: self.authorisation,
            clock=self.clock,
        )

    def answer(self, request: AccessRequest, rows: int = 1000, cursor: str | None = None) -> Answer:
        answer = self.gate.page(request, Limits(rows=rows), cursor)
        assert isinstance(answer, Answer)
        return answer

    def refusal(self, request: AccessRequest) -> Refusal:
        refusal = self.gate.page(request, Limits())
        assert isinstance(refusal, Refusal)
        return refusal

    def outcomes(self) -> list[Outcome]:
        return [event.outcome for event in self.audit.events]


@pytest.fixture
def stand() -> Stand:
    return Stand()


def ages(answer: Answer) -> list[int]:
    return [(NOW - one.captured_at).days for one in answer.page.found]


def test_nothing_is_searched_beyond_what_is_granted(stand: Stand) -> None:
    answer = stand.answer(request(authorised=False))
    assert ages(answer) == list(range(1, 91))
    assert [query.begin for query in stand.record.queries] == [NOW - 90 * DAY]
    assert [one.rule for one in answer.grant.narrowed] == ["authorisation"]


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("rows", [1, 7, 90, 1000])
def test_pages_join_to_everything_that_is_granted_once_and_in_order(stand: Stand, order: Order, rows: int) -> None:
    seen: list[int] = []
    answer = stand.answer(request(order), rows)
    seen += ages(answer)
    while answer.cursor:
        answer = stand.answer(request(order), rows, answer.cursor)
        seen += ages(answer)
    assert seen == sorted(range(1, 366), reverse=order is Order.OLDEST_FIRST)


def test_the_log_holds_the_reason_before_and_the_count_after(stand: Stand) -> None:
    stand.answer(request(), rows=10)
    asked, answered = stand.audit.events
    assert asked.outcome is Outcome.NARROWED
    assert (asked.justification, asked.reference, asked.result_count) == (request().justification, "OP/1", None)
    assert MARK in asked.query
    assert (answered.outcome, answered.result_count, len(answered.results_digest)) == (Outcome.ANSWERED, 10, 64)


def test_without_room_in_the_log_nothing_is_searched(stand: Stand) -> None:
    stand.audit.room = 0
    with pytest.raises(Unavailable):
        stand.answer(request())
    assert not stand.record.queries


def test_a_page_whose_count_cannot_be_kept_is_not_given(stand: Stand) -> None:
    stand.audit.room = 1
    with pytest.raises(Unavailable):
        stand.answer(request())


def test_a_failing_search_is_written_down_and_raised(stand: Stand) -> None:
    stand.record.broken = True
    with pytest.raises(IntegrityError):
        stand.answer(request())
    assert stand.outcomes() == [Outcome.NARROWED, Outcome.FAILED]


def test_a_refusal_is_written_down_too(stand: Stand) -> None:
    untrained = replace(request(), person=replace(ASKER, trained_until=None))
    assert stand.refusal(untrained).rule == "training"
    assert stand.outcomes() == [Outcome.REFUSED]
    assert not stand.record.queries


def test_an_authorisation_revoked_between_pages_closes_the_old_reads(stand: Stand) -> None:
    first = stand.answer(request(Order.OLDEST_FIRST), rows=10)
    assert ages(first) == list(range(365, 355, -1))
    assert stand.authorisation is not None
    stand.authorisation = replace(stand.authorisation, state=AuthorisationState.REVOKED)
    second = stand.answer(request(Order.OLDEST_FIRST), 1000, first.cursor)
    assert ages(second) == list(range(90, 0, -1))
    assert second.cursor is None


def test_old_reads_are_not_begun_again_after_the_young_ones(stand: Stand) -> None:
    first = stand.answer(request(), rows=100)
    second = stand.answer(request(), 100, first.cursor)
    assert ages(second)[0] == 91
    assert stand.authorisation is not None
    stand.authorisation = replace(stand.authorisation, state=AuthorisationState.REVOKED)
    third = stand.answer(request(), 100, second.cursor)
    assert (ages(third), third.cursor) == ([], None)


def test_a_read_that_grows_too_old_while_it_is_searched_is_kept_back(stand: Stand) -> None:
    class SlowRecord(DailyRecord):
        def page(self, query: Query, limits: Limits, cursor: str | None = None) -> Page:
            page = super().page(query, limits, cursor)
            stand.clock.at += timedelta(seconds=1)
            return page

    stand.gate._search = SlowRecord()
    answer = stand.answer(request(authorised=False))
    assert ages(answer) == list(range(1, 90))
    assert answer.kept_back == 1
    assert stand.audit.events[-1].result_count == 89


def test_where_a_fixed_camera_stands_needs_its_own_permission(stand: Stand) -> None:
    [veiled] = stand.answer(request(days=1)).page.found
    assert veiled.location == Location(latitude=51.55, longitude=-0.45)
    assert veiled.coarse
    assert veiled.camera_id.startswith("camera-")
    trusted = replace(ASKER, permissions=frozenset({Permission.CAMERA_LOCATIONS}))
    [seen] = stand.answer(replace(request(days=1), person=trusted)).page.found
    assert (seen.location, seen.camera_id) == (PLACE, "gate")


def test_areas_are_no_way_to_feel_for_a_camera(stand: Stand) -> None:
    def within(south: float, west: float, north: float, east: float) -> AccessRequest:
        area = Area(south=south, west=west, north=north, east=east)
        return replace(request(days=1), query=replace(request(days=1).query, area=area))

    stand.answer(within(51.4, -0.6, 51.5, -0.3))
    for area in ((51.45, -0.6, 51.5, -0.3), (51.4, -0.6, 51.5, -0.31), (51.4999, -0.5001, 51.5001, -0.4999)):
        assert stand.refusal(within(*area)).rule == "area"
        trusted = replace(ASKER, permissions=frozenset({Permission.CAMERA_LOCATIONS}))
        stand.answer(replace(within(*area), person=trusted))


def test_what_other_processes_let_pass_counts_too(stand: Stand) -> None:
    for number in range(3):
        stand.answer(replace(request(), request_id=RequestId(f"r{number}"), reference=f"OP/{min(number, 1)}"), rows=1)
    stand.answer(request(), 1, stand.answer(request(), 1).cursor)
    told = [
        AuditEntry(sequence=1, at=NOW, event=event, previous_digest=Digest(""), digest=Digest(""))
        for event in stand.audit.events
    ]
    other = Guards(GuardSettings(requests=4))
    other.recall(told)
    boilerplate = other.refusal(replace(request(), reference="OP/9"))
    assert boilerplate is not None
    assert boilerplate.rule == "boilerplate"
    assert other.refusal(request()) is None
    flood = other.refusal(request())
    assert flood is not None
    assert flood.rule == "rate"


def test_a_cursor_tells_nothing_and_serves_nobody_else(stand: Stand) -> None:
    cursor = stand.answer(request(), rows=1).cursor
    assert cursor is not None
    other = replace(request(authorised=False), person=replace(ASKER, person_id=PersonId("p9")))
    wider = replace(request(), query=replace(request().query, terms=()))
    for who, spelling in (
        (other, cursor),
        (wider, cursor),
        (request(), cursor[:-4] + "AAAA"),
        (request(), "freely:"),
        (request(), "é"),
    ):
        with pytest.raises(BadInput):
            stand.gate.page(who, Limits(), spelling)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"justification": ""}, "justification"),
        ({"justification": "because"}, "justification"),
        ({"justification": "police police police police police"}, "justification"),
        ({"reference": " "}, "justification"),
        ({"purpose": ""}, "justification"),
        ({"query": Query(begin=NOW - DAY, end=NOW)}, "breadth"),
        ({"query": Query(begin=NOW - 2 * DAY, end=NOW, cameras=(CameraId("gate"),))}, "breadth"),
        ({"query": Query(begin=NOW - DAY, end=NOW, terms=(partial("A*"),))}, "breadth"),
        ({"query": Query(begin=NOW - DAY, end=NOW, terms=tuple(exact(f"XX{n}YXX") for n in range(10, 99)))}, "breadth"),
    ],
)
def test_what_is_no_reason_or_too_broad_is_refused(stand: Stand, changes: dict[str, str], rule: str) -> None:
    assert stand.refusal(replace(request(), **changes)).rule == rule  # type: ignore[arg-type]


def test_the_same_reason_for_one_investigation_after_another_is_boilerplate(stand: Stand) -> None:
    for reference in ("OP/1", "OP/1", "OP/2"):
        stand.answer(replace(request(), reference=reference))
    assert stand.refusal(replace(request(), reference="OP/3")).rule == "boilerplate"
    assert stand.refusal(replace(request(), reference="OP/3", justification="The vehicle, was SEEN leaving the scene!"))
    stand.answer(replace(request(), reference="OP/3", justification="a witness named this mark to the officer"))


def test_a_flood_of_requests_is_stopped_and_forgotten_in_time() -> None:
    stand = Stand(requests=3)
    for _ in range(3):
        stand.answer(request())
    assert stand.refusal(request()).rule == "rate"
    other = replace(request(authorised=False), person=replace(ASKER, person_id=PersonId("p9")))
    stand.answer(other)
    stand.answer(replace(request(), made_at=NOW + timedelta(hours=1, seconds=1)))
