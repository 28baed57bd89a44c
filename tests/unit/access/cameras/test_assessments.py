"""No camera is approved without consultation, and none runs without an approval that is in date."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.access.cameras import steps
from pipeline.domain.access import Permission, Person
from pipeline.domain.camera import (
    Assessment,
    AssessmentId,
    AssessmentState,
    CameraKind,
    Case,
    Factor,
    PlaceType,
    Weighing,
    Weight,
)
from pipeline.errors import AccessDenied, AnprError, BadInput, NotFound, OutOfTurn, Unavailable
from tests.unit.access.cameras.office import (
    AUTHOR,
    CASE,
    DECIDER,
    GATE,
    HERE,
    THERE,
    TODAY,
    TOMORROW,
    UNIT,
    Office,
    office_in,
)
from tests.unit.access.stand import DAY, NOW

DRAFT = Assessment(
    assessment_id=AssessmentId("a"),
    camera_id=GATE,
    kind=CameraKind.FIXED,
    area="north",
    placement=1,
    author=AUTHOR.person_id,
    drafted_at=NOW,
    case=CASE,
)
CONSULTED = steps.closed(
    steps.answered(
        steps.replied(
            steps.invited(DRAFT, who=["council"], closes_on=TOMORROW, at=NOW), who="council", said="no", at=NOW
        ),
        who="council",
        answer="noted",
    ),
    at=NOW,
)


def approved(one: Assessment, by: Person = DECIDER, review_on: date = TOMORROW) -> Assessment:
    return steps.approved(one, by=by, at=NOW, reason="needed", review_on=review_on, most_review_days=365)


STEPS = {
    "invite": lambda one, at: steps.invited(one, who=["council"], closes_on=at.date() + DAY, at=at),
    "reply": lambda one, at: steps.replied(one, who="council", said="no", at=at),
    "answer": lambda one, at: steps.answered(one, who="council", answer="noted"),
    "close": lambda one, at: steps.closed(one, at=at),
    "approve": lambda one, at: steps.approved(
        one, by=DECIDER, at=at, reason="needed", review_on=at.date() + DAY, most_review_days=365
    ),
    "approve oneself": lambda one, at: approved(one, by=AUTHOR),
    "refuse": lambda one, at: steps.refused(one, by=DECIDER, at=at, reason="not needed"),
    "withdraw": lambda one, at: steps.withdrawn(one, by=DECIDER, at=at, reason="no longer"),
}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 3)), max_size=12))
def test_no_order_of_steps_approves_without_consultation(taken: list[tuple[str, int]]) -> None:
    one, at = DRAFT, NOW
    for name, days in taken:
        at += days * DAY
        before = one
        try:
            one = STEPS[name](one, at)
        except AnprError:
            assert one == before
            continue
        if one.state is AssessmentState.APPROVED and before.state is not AssessmentState.APPROVED:
            held = before.consultation
            assert before.state is AssessmentState.CONSULTED
            assert name == "approve"
            assert held.invited
            assert held.closed_at is not None
            assert held.closes_on is not None
            assert held.replies or held.closed_at.date() > held.closes_on
            assert all(reply.answer for reply in held.replies)
        if before.state in (AssessmentState.REFUSED, AssessmentState.WITHDRAWN):
            pytest.fail("what was refused or withdrawn is final")
        if before.state is AssessmentState.APPROVED:
            assert one.state is AssessmentState.WITHDRAWN


def test_a_consultation_without_replies_lasts_to_its_closing_date() -> None:
    asked = steps.invited(DRAFT, who=["council"], closes_on=TOMORROW, at=NOW)
    for at in (NOW, NOW + DAY):
        with pytest.raises(OutOfTurn):
            steps.closed(asked, at=at)
    assert steps.closed(asked, at=NOW + 2 * DAY).state is AssessmentState.CONSULTED


def test_every_reply_is_answered_before_it_closes() -> None:
    asked = steps.invited(DRAFT, who=["council"], closes_on=TOMORROW, at=NOW)
    heard = steps.replied(asked, who="a resident", said="no", at=NOW)
    with pytest.raises(OutOfTurn, match="wait for an answer"):
        steps.closed(heard, at=NOW + 9 * DAY)


@pytest.mark.parametrize(
    "by",
    [
        AUTHOR,
        replace(DECIDER, permissions=frozenset()),
        replace(DECIDER, suspended=True),
        replace(DECIDER, trained_until=TODAY - DAY),
        replace(DECIDER, trained_until=None),
    ],
)
def test_only_another_trained_person_with_the_permission_decides(by: Person) -> None:
    with pytest.raises(AccessDenied):
        approved(CONSULTED, by=by)
    with pytest.raises(AccessDenied):
        steps.refused(CONSULTED, by=by, at=NOW, reason="no")


@pytest.mark.parametrize("days", [-1, 0, 366])
def test_the_review_date_is_in_the_future_and_not_too_far(days: int) -> None:
    with pytest.raises(BadInput):
        approved(CONSULTED, review_on=TODAY + days * DAY)
    assert approved(CONSULTED, review_on=TODAY + 365 * DAY).state is AssessmentState.APPROVED


def weighed(place: PlaceType, factor: Factor | None, exception: str = "") -> Case:
    need = {one: Weighing(weight=Weight.PRESSING if one is factor else Weight.SOME, reason="because") for one in Factor}
    return replace(CASE, place=place, need=need, exception=exception)


def test_without_a_pressing_need_there_is_no_camera() -> None:
    with pytest.raises(BadInput, match="pressing"):
        approved(replace(CONSULTED, case=weighed(PlaceType.MAJOR_ROAD, None)))


@pytest.mark.parametrize("factor", [Factor.CONFIDENCE, Factor.PREVENTION])
@pytest.mark.parametrize("place", list(PlaceType))
def test_what_the_matrix_allows_exceptionally_needs_an_exception(place: PlaceType, factor: Factor) -> None:
    with pytest.raises(BadInput, match="exception"):
        approved(replace(CONSULTED, case=weighed(place, factor)))
    assert approved(replace(CONSULTED, case=weighed(place, factor, "a siege"))).ruling


@pytest.mark.parametrize(
    "case",
    [
        replace(CASE, need={}),
        replace(CASE, screening={}),
        replace(CASE, screening=CASE.screening | {"other": "x"}),
        replace(CASE, risks=()),
        replace(CASE, purpose=" "),
        replace(CASE, need=CASE.need | {Factor.LOCAL_CRIME: Weighing(weight=Weight.NONE, reason="")}),
    ],
)
def test_a_draft_answers_every_question(case: Case) -> None:
    with pytest.raises(BadInput):
        steps.checked(case)


def test_a_camera_runs_from_its_approval_to_its_review_date(office: Office) -> None:
    assert "not registered" in office.reason()
    office.register.add(GATE, CameraKind.FIXED, "north", HERE, by=AUTHOR, reason="new camera")
    assert "no assessment" in office.reason()
    office.consulted()
    assert "not approved" in office.reason()
    office.book.approve(GATE, by=DECIDER, reason="needed", review_on=TOMORROW)
    assert office.reason() == ""
    office.clock.at = NOW.replace(hour=23, minute=59, second=59) + DAY
    assert office.reason() == ""
    office.clock.pass_(1)
    assert "expired" in office.reason()


def test_a_withdrawn_or_refused_camera_stops_though_an_older_approval_is_in_date(office: Office) -> None:
    office.approved()
    assert office.reason() == ""
    office.consulted()
    assert office.reason() == ""
    office.book.refuse(GATE, by=DECIDER, reason="the need is gone")
    assert "refused" in office.reason()
    office.assess_anew()
    assert office.reason() == ""
    office.book.withdraw(GATE, by=DECIDER, reason="complaint upheld")
    assert "withdrawn" in office.reason()


def test_withdrawing_takes_what_is_in_force_before_what_is_under_way(office: Office) -> None:
    office.approved()
    office.consulted()
    assert office.book.withdraw(GATE, by=DECIDER, reason="complaint upheld").ruling is not None
    assert "withdrawn" in office.reason()


def test_only_with_the_permission_is_an_approval_withdrawn(office: Office) -> None:
    office.approved()
    with pytest.raises(AccessDenied):
        office.book.withdraw(GATE, by=replace(AUTHOR, permissions=frozenset()), reason="mine")
    assert office.reason() == ""


def test_a_fixed_camera_that_was_moved_needs_a_new_assessment(office: Office) -> None:
    office.approved()
    office.clock.pass_(60)
    office.register.move(GATE, THERE, by=AUTHOR, reason="rebuilt")
    assert "moved" in office.reason()
    office.assess_anew()
    assert office.reason() == ""


def test_a_portable_camera_may_move_within_its_area_and_a_mobile_one_everywhere(office: Office) -> None:
    office.approved(GATE, CameraKind.PORTABLE)
    office.approved(UNIT, CameraKind.MOBILE)
    office.clock.pass_(60)
    office.register.move(GATE, THERE, by=AUTHOR, reason="next week's place")
    assert (office.reason(GATE), office.reason(UNIT)) == ("", "")
    office.register.move(GATE, HERE, by=AUTHOR, reason="elsewhere", area="south of the county")
    assert "moved" in office.reason()


def test_no_step_is_taken_that_cannot_be_recorded(office: Office) -> None:
    office.register.add(GATE, CameraKind.FIXED, "north", HERE, by=AUTHOR, reason="new camera")
    office.consulted()
    office.audit.room = len(office.audit.events)
    with pytest.raises(Unavailable):
        office.book.approve(GATE, by=DECIDER, reason="needed", review_on=TOMORROW)
    assert "not approved" in office.reason()


def test_a_register_that_cannot_be_read_admits_nobody(office: Office) -> None:
    office.approved()
    office.book.close()
    office.register.close()
    office.path.write_bytes(random.Random(1).randbytes(4096))
    assert "cannot be read" in office.reason()


def test_texts_that_hold_the_degrees_of_the_place_are_not_taken(office: Office) -> None:
    office.register.add(GATE, CameraKind.FIXED, "north", HERE, by=AUTHOR, reason="new camera")
    for telling in ("It stands at 51.2345, 0.76543.", "latitude 51.23"):
        with pytest.raises(BadInput) as refused:
            office.book.draft(GATE, replace(CASE, purpose=telling), by=AUTHOR)
        assert "51.2" not in str(refused.value)
    with pytest.raises(NotFound):
        office.book.approve(GATE, by=DECIDER, reason="needed", review_on=TOMORROW)


def test_only_author_and_permission_keep_a_consultation(office: Office) -> None:
    office.register.add(GATE, CameraKind.FIXED, "north", HERE, by=AUTHOR, reason="new camera")
    stranger = replace(DECIDER, permissions=frozenset({Permission.CAMERA_LOCATIONS}))
    office.book.draft(GATE, CASE, by=AUTHOR)
    with pytest.raises(AccessDenied):
        office.book.invite(GATE, ["council"], TOMORROW, by=stranger)
    assert office.book.invite(GATE, ["council"], TOMORROW, by=DECIDER).consultation.invited


def test_an_assessment_survives_its_file(office: Office) -> None:
    office.approved()
    with tempfile.TemporaryDirectory() as folder, office_in(Path(folder)) as other:
        assert other.book.of(GATE) == []
    (one,) = office.book.of(GATE)
    assert one.case == CASE
    assert one.consultation.replies[0].answer == "Yes."
    assert one.ruling is not None
    assert one.ruling.review_on == TODAY + timedelta(days=100)
