"""Alerts between the domain and their contract, `protos/anpr/v1/alert.proto`.

On failure: BadInput when bytes are no alert, miss what every alert has, or tell a history that may not be.
"""

from __future__ import annotations

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import DecodeError

from pipeline.domain.alert import (
    Acknowledgement,
    Alert,
    AlertedHit,
    AlertedRead,
    AlertEvent,
    AlertEventKind,
    AlertId,
    AlertState,
    Disposition,
    PersonId,
    Recipient,
    step_to,
)
from pipeline.domain.plate import CameraId
from pipeline.domain.read import ClockState, Digest, Direction, FeedId, ReadId, SourceId
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput
from pipeline.wire.hotlist_proto import hit_of, message_of_hit, stamp_of, time_of, value_of
from pipeline.wire.read_proto import enum_name
from protos.anpr.v1 import alert_pb2, read_pb2


def message_of_alert(alert: Alert, *, stale_after_seconds: float) -> alert_pb2.Alert:
    """Return the message that says `alert`; it is stale when its read was older than `stale_after_seconds`."""
    age = alert.read_age.total_seconds()
    return alert_pb2.Alert(
        alert_id=alert.alert_id,
        hit=message_of_hit(alert.hit),
        read=_message_of_read(alert.read),
        recipients=alert.recipients,
        raised_at=stamp_of(alert.raised_at),
        repeats=[_message_of_pair(one) for one in alert.repeats],
        history=[_message_of_step(step) for step in alert.history],
        escalations=[stamp_of(at) for at in alert.escalations],
        state=enum_name("ALERT_STATE", alert.state),
        read_age_seconds=age,
        stale=age > stale_after_seconds,
    )


def alert_of(message: alert_pb2.Alert) -> Alert:
    """Return the alert that `message` says. Raises BadInput."""
    if not message.alert_id or not message.HasField("hit") or not message.HasField("read"):
        raise BadInput("an alert needs alert_id, hit and read")
    return Alert(
        alert_id=AlertId(message.alert_id),
        hit=hit_of(message.hit),
        read=_read_of(message.read),
        recipients=tuple(Recipient(name) for name in message.recipients),
        raised_at=time_of(message.raised_at),
        repeats=tuple(_pair_of(one) for one in message.repeats),
        history=tuple(_step_of(step) for step in message.history),
        escalations=tuple(time_of(at) for at in message.escalations),
    )


def message_of_event(event: AlertEvent, *, stale_after_seconds: float) -> alert_pb2.AlertEvent:
    """Return the message that says `event`."""
    return alert_pb2.AlertEvent(
        cursor=event.cursor,
        kind=enum_name("ALERT_EVENT_KIND", event.kind),
        at=stamp_of(event.at),
        alert=message_of_alert(event.alert, stale_after_seconds=stale_after_seconds),
    )


def json_of_event(event: AlertEvent, *, stale_after_seconds: float) -> bytes:
    """Return `event` as the contract's JSON, with the names of the contract and every field, on one line."""
    message = message_of_event(event, stale_after_seconds=stale_after_seconds)
    text: str = MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=None
    )
    return text.encode()


def event_of(message: alert_pb2.AlertEvent) -> AlertEvent:
    """Return the event that `message` says. Raises BadInput."""
    try:
        kind = AlertEventKind(value_of("ALERT_EVENT_KIND", alert_pb2.AlertEventKind.Name(message.kind)))
    except ValueError as error:
        raise BadInput("an event has a kind that this version does not know") from error
    return AlertEvent(cursor=message.cursor, kind=kind, at=time_of(message.at), alert=alert_of(message.alert))


def encode_alert(alert: Alert) -> bytes:
    """Return the bytes of an alert, as it is stored."""
    message = message_of_alert(alert, stale_after_seconds=0.0)
    # derived from the rest, and from a setting that may change
    for derived in ("state", "read_age_seconds", "stale"):
        message.ClearField(derived)
    return message.SerializeToString()


def decode_alert(content: bytes) -> Alert:
    """Return the alert in `content`. Raises BadInput."""
    try:
        return alert_of(alert_pb2.Alert.FromString(content))
    except DecodeError as error:
        raise BadInput(f"{len(content)} bytes are no alert") from error


def state_of(value: int) -> AlertState:
    """Return the state that the contract's `value` stands for. Raises BadInput for one it does not know."""
    try:
        return AlertState(value_of("ALERT_STATE", alert_pb2.AlertState.Name(value)))
    except ValueError:
        raise BadInput("the state is not one that this version knows") from None


def _message_of_read(read: AlertedRead) -> alert_pb2.AlertedRead:
    return alert_pb2.AlertedRead(
        read_id=read.read_id,
        feed_id=read.feed_id,
        source_id=read.source_id,
        camera_id=read.camera_id,
        captured_at=stamp_of(read.captured_at),
        received_at=stamp_of(read.received_at),
        clock_state=enum_name("CLOCK_STATE", read.clock_state),
        vrm=read.vrm,
        confidence=read.confidence,
        direction=enum_name("DIRECTION", read.direction),
        patch_digest=read.patch_digest,
        overview_digest=read.overview_digest,
    )


def _read_of(message: alert_pb2.AlertedRead) -> AlertedRead:
    try:
        clock_state = ClockState(value_of("CLOCK_STATE", read_pb2.ClockState.Name(message.clock_state)))
        direction = Direction(value_of("DIRECTION", read_pb2.Direction.Name(message.direction)))
    except ValueError as error:
        raise BadInput("a read has a clock state or direction that this version does not know") from error
    return AlertedRead(
        read_id=ReadId(message.read_id),
        feed_id=FeedId(message.feed_id),
        source_id=SourceId(message.source_id),
        camera_id=CameraId(message.camera_id),
        captured_at=time_of(message.captured_at),
        received_at=time_of(message.received_at),
        clock_state=clock_state,
        vrm=Vrm(message.vrm),
        confidence=message.confidence,
        direction=direction,
        patch_digest=Digest(message.patch_digest),
        overview_digest=Digest(message.overview_digest),
    )


def _message_of_pair(pair: AlertedHit) -> alert_pb2.AlertedHit:
    return alert_pb2.AlertedHit(hit=message_of_hit(pair.hit), read=_message_of_read(pair.read))


def _pair_of(message: alert_pb2.AlertedHit) -> AlertedHit:
    return AlertedHit(hit=hit_of(message.hit), read=_read_of(message.read))


def _message_of_step(step: Acknowledgement | Disposition) -> alert_pb2.AlertStep:
    note = step.note if isinstance(step, Disposition) else ""
    return alert_pb2.AlertStep(
        state=enum_name("ALERT_STATE", step.state), person=step.person, at=stamp_of(step.at), note=note
    )


def _step_of(message: alert_pb2.AlertStep) -> Acknowledgement | Disposition:
    state = state_of(message.state)
    return step_to(state, person=PersonId(message.person), at=time_of(message.at), note=message.note)
