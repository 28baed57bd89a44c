import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from protos.anpr.v1 import hotlist_pb2 as _hotlist_pb2
from protos.anpr.v1 import read_pb2 as _read_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AlertState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALERT_STATE_UNSPECIFIED: _ClassVar[AlertState]
    ALERT_STATE_RAISED: _ClassVar[AlertState]
    ALERT_STATE_SEEN: _ClassVar[AlertState]
    ALERT_STATE_CONFIRMED: _ClassVar[AlertState]
    ALERT_STATE_MISREAD: _ClassVar[AlertState]
    ALERT_STATE_SUSPECTED_CLONE: _ClassVar[AlertState]
    ALERT_STATE_ACTIONED: _ClassVar[AlertState]
    ALERT_STATE_CLOSED: _ClassVar[AlertState]

class AlertEventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALERT_EVENT_KIND_UNSPECIFIED: _ClassVar[AlertEventKind]
    ALERT_EVENT_KIND_RAISED: _ClassVar[AlertEventKind]
    ALERT_EVENT_KIND_REPEATED: _ClassVar[AlertEventKind]
    ALERT_EVENT_KIND_ADVANCED: _ClassVar[AlertEventKind]
    ALERT_EVENT_KIND_ESCALATED: _ClassVar[AlertEventKind]
ALERT_STATE_UNSPECIFIED: AlertState
ALERT_STATE_RAISED: AlertState
ALERT_STATE_SEEN: AlertState
ALERT_STATE_CONFIRMED: AlertState
ALERT_STATE_MISREAD: AlertState
ALERT_STATE_SUSPECTED_CLONE: AlertState
ALERT_STATE_ACTIONED: AlertState
ALERT_STATE_CLOSED: AlertState
ALERT_EVENT_KIND_UNSPECIFIED: AlertEventKind
ALERT_EVENT_KIND_RAISED: AlertEventKind
ALERT_EVENT_KIND_REPEATED: AlertEventKind
ALERT_EVENT_KIND_ADVANCED: AlertEventKind
ALERT_EVENT_KIND_ESCALATED: AlertEventKind

class AlertedRead(_message.Message):
    __slots__ = ("read_id", "feed_id", "source_id", "camera_id", "captured_at", "received_at", "clock_state", "vrm", "confidence", "direction", "patch_digest", "overview_digest")
    READ_ID_FIELD_NUMBER: _ClassVar[int]
    FEED_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTURED_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    CLOCK_STATE_FIELD_NUMBER: _ClassVar[int]
    VRM_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    PATCH_DIGEST_FIELD_NUMBER: _ClassVar[int]
    OVERVIEW_DIGEST_FIELD_NUMBER: _ClassVar[int]
    read_id: str
    feed_id: str
    source_id: str
    camera_id: str
    captured_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    clock_state: _read_pb2.ClockState
    vrm: str
    confidence: float
    direction: _read_pb2.Direction
    patch_digest: str
    overview_digest: str
    def __init__(self, read_id: _Optional[str] = ..., feed_id: _Optional[str] = ..., source_id: _Optional[str] = ..., camera_id: _Optional[str] = ..., captured_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., clock_state: _Optional[_Union[_read_pb2.ClockState, str]] = ..., vrm: _Optional[str] = ..., confidence: _Optional[float] = ..., direction: _Optional[_Union[_read_pb2.Direction, str]] = ..., patch_digest: _Optional[str] = ..., overview_digest: _Optional[str] = ...) -> None: ...

class AlertedHit(_message.Message):
    __slots__ = ("hit", "read")
    HIT_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    hit: _hotlist_pb2.Hit
    read: AlertedRead
    def __init__(self, hit: _Optional[_Union[_hotlist_pb2.Hit, _Mapping]] = ..., read: _Optional[_Union[AlertedRead, _Mapping]] = ...) -> None: ...

class AlertStep(_message.Message):
    __slots__ = ("state", "person", "at", "note")
    STATE_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    state: AlertState
    person: str
    at: _timestamp_pb2.Timestamp
    note: str
    def __init__(self, state: _Optional[_Union[AlertState, str]] = ..., person: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., note: _Optional[str] = ...) -> None: ...

class Alert(_message.Message):
    __slots__ = ("alert_id", "hit", "read", "recipients", "raised_at", "repeats", "history", "escalations", "state", "read_age_seconds", "stale")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    HIT_FIELD_NUMBER: _ClassVar[int]
    READ_FIELD_NUMBER: _ClassVar[int]
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    RAISED_AT_FIELD_NUMBER: _ClassVar[int]
    REPEATS_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    ESCALATIONS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    READ_AGE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    hit: _hotlist_pb2.Hit
    read: AlertedRead
    recipients: _containers.RepeatedScalarFieldContainer[str]
    raised_at: _timestamp_pb2.Timestamp
    repeats: _containers.RepeatedCompositeFieldContainer[AlertedHit]
    history: _containers.RepeatedCompositeFieldContainer[AlertStep]
    escalations: _containers.RepeatedCompositeFieldContainer[_timestamp_pb2.Timestamp]
    state: AlertState
    read_age_seconds: float
    stale: bool
    def __init__(self, alert_id: _Optional[str] = ..., hit: _Optional[_Union[_hotlist_pb2.Hit, _Mapping]] = ..., read: _Optional[_Union[AlertedRead, _Mapping]] = ..., recipients: _Optional[_Iterable[str]] = ..., raised_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., repeats: _Optional[_Iterable[_Union[AlertedHit, _Mapping]]] = ..., history: _Optional[_Iterable[_Union[AlertStep, _Mapping]]] = ..., escalations: _Optional[_Iterable[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]]] = ..., state: _Optional[_Union[AlertState, str]] = ..., read_age_seconds: _Optional[float] = ..., stale: _Optional[bool] = ...) -> None: ...

class AlertEvent(_message.Message):
    __slots__ = ("cursor", "kind", "at", "alert")
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    ALERT_FIELD_NUMBER: _ClassVar[int]
    cursor: int
    kind: AlertEventKind
    at: _timestamp_pb2.Timestamp
    alert: Alert
    def __init__(self, cursor: _Optional[int] = ..., kind: _Optional[_Union[AlertEventKind, str]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., alert: _Optional[_Union[Alert, _Mapping]] = ...) -> None: ...

class WatchAlertsStart(_message.Message):
    __slots__ = ("subscriber", "recipients", "after_cursor")
    SUBSCRIBER_FIELD_NUMBER: _ClassVar[int]
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    AFTER_CURSOR_FIELD_NUMBER: _ClassVar[int]
    subscriber: str
    recipients: _containers.RepeatedScalarFieldContainer[str]
    after_cursor: int
    def __init__(self, subscriber: _Optional[str] = ..., recipients: _Optional[_Iterable[str]] = ..., after_cursor: _Optional[int] = ...) -> None: ...

class WatchAlertsRequest(_message.Message):
    __slots__ = ("start", "acknowledged_cursor")
    START_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_CURSOR_FIELD_NUMBER: _ClassVar[int]
    start: WatchAlertsStart
    acknowledged_cursor: int
    def __init__(self, start: _Optional[_Union[WatchAlertsStart, _Mapping]] = ..., acknowledged_cursor: _Optional[int] = ...) -> None: ...

class WatchAlertsResponse(_message.Message):
    __slots__ = ("event",)
    EVENT_FIELD_NUMBER: _ClassVar[int]
    event: AlertEvent
    def __init__(self, event: _Optional[_Union[AlertEvent, _Mapping]] = ...) -> None: ...

class ListAlertsRequest(_message.Message):
    __slots__ = ("recipients", "states", "page_size", "page_token")
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    recipients: _containers.RepeatedScalarFieldContainer[str]
    states: _containers.RepeatedScalarFieldContainer[AlertState]
    page_size: int
    page_token: str
    def __init__(self, recipients: _Optional[_Iterable[str]] = ..., states: _Optional[_Iterable[_Union[AlertState, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAlertsResponse(_message.Message):
    __slots__ = ("alerts", "next_page_token", "cursor")
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    alerts: _containers.RepeatedCompositeFieldContainer[Alert]
    next_page_token: str
    cursor: int
    def __init__(self, alerts: _Optional[_Iterable[_Union[Alert, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., cursor: _Optional[int] = ...) -> None: ...

class GetAlertRequest(_message.Message):
    __slots__ = ("alert_id", "recipients", "with_pictures")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    WITH_PICTURES_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    recipients: _containers.RepeatedScalarFieldContainer[str]
    with_pictures: bool
    def __init__(self, alert_id: _Optional[str] = ..., recipients: _Optional[_Iterable[str]] = ..., with_pictures: _Optional[bool] = ...) -> None: ...

class GetAlertResponse(_message.Message):
    __slots__ = ("alert", "patch", "overview")
    ALERT_FIELD_NUMBER: _ClassVar[int]
    PATCH_FIELD_NUMBER: _ClassVar[int]
    OVERVIEW_FIELD_NUMBER: _ClassVar[int]
    alert: Alert
    patch: bytes
    overview: bytes
    def __init__(self, alert: _Optional[_Union[Alert, _Mapping]] = ..., patch: _Optional[bytes] = ..., overview: _Optional[bytes] = ...) -> None: ...

class AdvanceAlertRequest(_message.Message):
    __slots__ = ("alert_id", "recipients", "state", "person", "note")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    recipients: _containers.RepeatedScalarFieldContainer[str]
    state: AlertState
    person: str
    note: str
    def __init__(self, alert_id: _Optional[str] = ..., recipients: _Optional[_Iterable[str]] = ..., state: _Optional[_Union[AlertState, str]] = ..., person: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class AdvanceAlertResponse(_message.Message):
    __slots__ = ("alert",)
    ALERT_FIELD_NUMBER: _ClassVar[int]
    alert: Alert
    def __init__(self, alert: _Optional[_Union[Alert, _Mapping]] = ...) -> None: ...
