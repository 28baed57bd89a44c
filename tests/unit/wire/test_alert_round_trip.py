"""Alerts survive the way to their contract and back; what no version knows is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.domain.alert import Alert, AlertEvent, AlertEventKind, AlertState, PersonId, alert_id_of, step_to
from pipeline.domain.hotlist import Action, HitKind
from pipeline.errors import BadInput
from pipeline.wire.alert_proto import (
    decode_alert,
    encode_alert,
    event_of,
    json_of_event,
    message_of_alert,
    message_of_event,
    state_of,
)
from protos.anpr.v1 import alert_pb2
from tests.support.alerts import CONTROL_ROOM, INSPECTOR, an_alerted_hit
from tests.support.builders import AT


def a_full_alert() -> Alert:
    found = an_alerted_hit(
        1, kind=HitKind.NEAR, valid_from=AT, weed_date=datetime.max.replace(tzinfo=UTC), action=Action.SILENT
    )
    return Alert(
        alert_id=alert_id_of(found.hit.hit_id),
        hit=replace(found.hit, as_it_was=False, read_age_seconds=2.5),
        read=found.read,
        recipients=(CONTROL_ROOM, INSPECTOR),
        raised_at=AT + timedelta(hours=2),
        repeats=(an_alerted_hit(2), an_alerted_hit(3, kind=HitKind.PARTIAL)),
        history=(
            step_to(AlertState.SEEN, person=PersonId("PC 1"), at=AT),
            step_to(AlertState.SUSPECTED_CLONE, person=PersonId("PC 2"), at=AT, note="wrong colour"),
        ),
        escalations=(AT,),
    )


def test_an_alert_comes_back_as_it_went() -> None:
    assert decode_alert(encode_alert(a_full_alert())) == a_full_alert()


def test_an_event_comes_back_as_it_went() -> None:
    event = AlertEvent(cursor=7, kind=AlertEventKind.ESCALATED, at=AT, alert=a_full_alert())
    assert event_of(message_of_event(event, stale_after_seconds=60)) == event


def test_the_message_says_how_old_the_read_was_and_whether_that_is_stale() -> None:
    message = message_of_alert(a_full_alert(), stale_after_seconds=60)
    assert (message.read_age_seconds, message.stale, message.state) == (
        3600.0,
        True,
        alert_pb2.ALERT_STATE_SUSPECTED_CLONE,
    )


def test_the_json_of_an_event_is_one_line_with_the_names_of_the_contract_and_no_place() -> None:
    event = AlertEvent(cursor=7, kind=AlertEventKind.RAISED, at=AT, alert=a_full_alert())
    content = json_of_event(event, stale_after_seconds=60)
    assert b"\n" not in content
    alert = json.loads(content)["alert"]
    assert alert["hit"]["kind"] == "HIT_KIND_NEAR"
    assert alert["read"]["patch_digest"] == a_full_alert().read.patch_digest
    assert b"latitude" not in content


@pytest.mark.parametrize("content", [b"", b"\xff\xff", b"no alert"])
def test_bytes_that_are_no_alert_are_refused(content: bytes) -> None:
    with pytest.raises(BadInput):
        decode_alert(content)


def test_a_stored_history_that_may_not_be_is_refused() -> None:
    message = alert_pb2.Alert.FromString(encode_alert(a_full_alert()))
    message.history[1].state = alert_pb2.ALERT_STATE_ACTIONED
    with pytest.raises(BadInput, match="cannot become actioned"):
        decode_alert(message.SerializeToString())


def test_a_state_of_another_version_is_refused() -> None:
    with pytest.raises(BadInput, match="state"):
        state_of(99)
