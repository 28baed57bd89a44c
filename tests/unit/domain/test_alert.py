"""An alert is not actioned before a person has confirmed its image, whatever is done in whatever order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.alert import (
    NEXT_STATES,
    Acknowledgement,
    Alert,
    AlertState,
    Disposition,
    PersonId,
    alert_id_of,
    step_to,
)
from pipeline.errors import BadInput, OutOfTurn
from tests.support.alerts import CONTROL_ROOM, an_alerted_hit
from tests.support.builders import AT

SEEN, CONFIRMED, ACTIONED = AlertState.SEEN, AlertState.CONFIRMED, AlertState.ACTIONED
STEPS = [state for state in AlertState if state is not AlertState.RAISED]
people = st.sampled_from(["PC 1", "PC 2", "Sergeant 3"]).map(PersonId)


def an_alert() -> Alert:
    found = an_alerted_hit(1)
    return Alert(
        alert_id=alert_id_of(found.hit.hit_id),
        hit=found.hit,
        read=found.read,
        recipients=(CONTROL_ROOM,),
        raised_at=AT,
    )


def tried(alert: Alert, steps: list[tuple[AlertState, PersonId]]) -> Alert:
    """The alert after every step that is allowed; the others are refused and change nothing."""
    for state, person in steps:
        try:
            alert = alert.advanced(step_to(state, person=person, at=AT))
        except OutOfTurn:
            continue
    return alert


def was_confirmed_before_action(alert: Alert) -> bool:
    states = [step.state for step in alert.history]
    return ACTIONED not in states or CONFIRMED in states[: states.index(ACTIONED)]


@given(st.lists(st.tuples(st.sampled_from(STEPS), people), max_size=40))
def test_no_sequence_of_steps_actions_an_alert_that_nobody_confirmed(steps: list[tuple[AlertState, PersonId]]) -> None:
    alert = tried(an_alert(), steps)
    assert was_confirmed_before_action(alert)
    for at, step in enumerate(alert.history):
        if step.state is ACTIONED:
            assert alert.history[at - 1].state is CONFIRMED


def test_all_sequences_of_four_steps_and_all_histories_of_four_hold_to_it() -> None:
    for states in product(STEPS, repeat=4):
        assert was_confirmed_before_action(tried(an_alert(), [(state, PersonId("PC 1")) for state in states]))
    built = 0
    for states in product(STEPS, repeat=4):
        history = tuple(step_to(state, person=PersonId("PC 1"), at=AT) for state in states)
        try:
            alert = replace(an_alert(), history=history)
        except OutOfTurn:
            continue
        built += 1
        assert was_confirmed_before_action(alert)
    assert built


def test_the_table_leads_to_action_from_confirmed_alone() -> None:
    assert [state for state, following in NEXT_STATES.items() if ACTIONED in following] == [CONFIRMED]
    assert not NEXT_STATES[AlertState.CLOSED]


@pytest.mark.parametrize("verdict", [AlertState.MISREAD, AlertState.SUSPECTED_CLONE])
def test_what_was_found_otherwise_must_be_confirmed_by_a_second_look_before_action(verdict: AlertState) -> None:
    person = PersonId("PC 1")
    alert = tried(an_alert(), [(SEEN, person), (verdict, person)])
    with pytest.raises(OutOfTurn, match="cannot become actioned"):
        alert.advanced(step_to(ACTIONED, person=person, at=AT))
    assert tried(alert, [(CONFIRMED, person), (ACTIONED, person)]).state is ACTIONED


def test_every_step_says_who_and_when() -> None:
    later = AT + timedelta(seconds=5)
    alert = an_alert().advanced(Acknowledgement(person=PersonId("PC 1"), at=AT))
    alert = alert.advanced(Disposition(state=CONFIRMED, person=PersonId("PC 2"), at=later, note="blue, as wanted"))
    assert [(one.state, one.person, one.at) for one in alert.history] == [
        (SEEN, "PC 1", AT),
        (CONFIRMED, "PC 2", later),
    ]


def test_the_same_step_by_the_same_person_is_a_retry_and_by_another_is_refused() -> None:
    alert = an_alert().advanced(Acknowledgement(person=PersonId("PC 1"), at=AT))
    assert alert.advanced(Acknowledgement(person=PersonId("PC 1"), at=AT + timedelta(seconds=9))) is alert
    with pytest.raises(OutOfTurn):
        alert.advanced(Acknowledgement(person=PersonId("PC 2"), at=AT))


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "x" * 129])
def test_a_step_needs_a_person(name: str) -> None:
    with pytest.raises(BadInput, match="named"):
        Acknowledgement(person=PersonId(name), at=AT)


def test_a_read_from_the_future_is_not_of_negative_age() -> None:
    alert = replace(an_alert(), raised_at=AT - timedelta(days=1))
    assert alert.read_age == timedelta()
