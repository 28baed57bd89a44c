import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ClockState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLOCK_STATE_UNSPECIFIED: _ClassVar[ClockState]
    CLOCK_STATE_STREAM: _ClassVar[ClockState]
    CLOCK_STATE_FILE: _ClassVar[ClockState]
    CLOCK_STATE_RECEIPT: _ClassVar[ClockState]
    CLOCK_STATE_CAMERA: _ClassVar[ClockState]

class Direction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRECTION_UNSPECIFIED: _ClassVar[Direction]
    DIRECTION_APPROACHING: _ClassVar[Direction]
    DIRECTION_RECEDING: _ClassVar[Direction]
    DIRECTION_UNKNOWN: _ClassVar[Direction]

class Syntax(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SYNTAX_UNSPECIFIED: _ClassVar[Syntax]
    SYNTAX_CURRENT: _ClassVar[Syntax]
    SYNTAX_PREFIX: _ClassVar[Syntax]
    SYNTAX_SUFFIX: _ClassVar[Syntax]
    SYNTAX_Q: _ClassVar[Syntax]
    SYNTAX_NORTHERN_IRELAND: _ClassVar[Syntax]
    SYNTAX_DATELESS: _ClassVar[Syntax]
    SYNTAX_DIPLOMATIC: _ClassVar[Syntax]
    SYNTAX_MILITARY: _ClassVar[Syntax]
    SYNTAX_UNKNOWN: _ClassVar[Syntax]
CLOCK_STATE_UNSPECIFIED: ClockState
CLOCK_STATE_STREAM: ClockState
CLOCK_STATE_FILE: ClockState
CLOCK_STATE_RECEIPT: ClockState
CLOCK_STATE_CAMERA: ClockState
DIRECTION_UNSPECIFIED: Direction
DIRECTION_APPROACHING: Direction
DIRECTION_RECEDING: Direction
DIRECTION_UNKNOWN: Direction
SYNTAX_UNSPECIFIED: Syntax
SYNTAX_CURRENT: Syntax
SYNTAX_PREFIX: Syntax
SYNTAX_SUFFIX: Syntax
SYNTAX_Q: Syntax
SYNTAX_NORTHERN_IRELAND: Syntax
SYNTAX_DATELESS: Syntax
SYNTAX_DIPLOMATIC: Syntax
SYNTAX_MILITARY: Syntax
SYNTAX_UNKNOWN: Syntax

class Location(_message.Message):
    __slots__ = ("latitude", "longitude")
    LATITUDE_FIELD_NUMBER: _ClassVar[int]
    LONGITUDE_FIELD_NUMBER: _ClassVar[int]
    latitude: float
    longitude: float
    def __init__(self, latitude: _Optional[float] = ..., longitude: _Optional[float] = ...) -> None: ...

class Candidate(_message.Message):
    __slots__ = ("text", "probability")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    text: str
    probability: float
    def __init__(self, text: _Optional[str] = ..., probability: _Optional[float] = ...) -> None: ...

class Doubt(_message.Message):
    __slots__ = ("position", "length", "text", "cost")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    position: int
    length: int
    text: str
    cost: int
    def __init__(self, position: _Optional[int] = ..., length: _Optional[int] = ..., text: _Optional[str] = ..., cost: _Optional[int] = ...) -> None: ...

class Read(_message.Message):
    __slots__ = ("read_id", "feed_id", "source_id", "camera_id", "captured_at", "received_at", "clock_state", "location", "vrm", "raw_text", "confidence", "character_confidences", "candidates", "syntax", "direction", "lane", "patch_digest", "overview_digest", "sighting_count", "model_version", "doubts")
    READ_ID_FIELD_NUMBER: _ClassVar[int]
    FEED_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTURED_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    CLOCK_STATE_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    VRM_FIELD_NUMBER: _ClassVar[int]
    RAW_TEXT_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    CHARACTER_CONFIDENCES_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    SYNTAX_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    LANE_FIELD_NUMBER: _ClassVar[int]
    PATCH_DIGEST_FIELD_NUMBER: _ClassVar[int]
    OVERVIEW_DIGEST_FIELD_NUMBER: _ClassVar[int]
    SIGHTING_COUNT_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    DOUBTS_FIELD_NUMBER: _ClassVar[int]
    read_id: str
    feed_id: str
    source_id: str
    camera_id: str
    captured_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    clock_state: ClockState
    location: Location
    vrm: str
    raw_text: str
    confidence: float
    character_confidences: _containers.RepeatedScalarFieldContainer[float]
    candidates: _containers.RepeatedCompositeFieldContainer[Candidate]
    syntax: Syntax
    direction: Direction
    lane: int
    patch_digest: str
    overview_digest: str
    sighting_count: int
    model_version: str
    doubts: _containers.RepeatedCompositeFieldContainer[Doubt]
    def __init__(self, read_id: _Optional[str] = ..., feed_id: _Optional[str] = ..., source_id: _Optional[str] = ..., camera_id: _Optional[str] = ..., captured_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., clock_state: _Optional[_Union[ClockState, str]] = ..., location: _Optional[_Union[Location, _Mapping]] = ..., vrm: _Optional[str] = ..., raw_text: _Optional[str] = ..., confidence: _Optional[float] = ..., character_confidences: _Optional[_Iterable[float]] = ..., candidates: _Optional[_Iterable[_Union[Candidate, _Mapping]]] = ..., syntax: _Optional[_Union[Syntax, str]] = ..., direction: _Optional[_Union[Direction, str]] = ..., lane: _Optional[int] = ..., patch_digest: _Optional[str] = ..., overview_digest: _Optional[str] = ..., sighting_count: _Optional[int] = ..., model_version: _Optional[str] = ..., doubts: _Optional[_Iterable[_Union[Doubt, _Mapping]]] = ...) -> None: ...

class CaptureRecord(_message.Message):
    __slots__ = ("read", "patch", "overview", "pictures_only")
    READ_FIELD_NUMBER: _ClassVar[int]
    PATCH_FIELD_NUMBER: _ClassVar[int]
    OVERVIEW_FIELD_NUMBER: _ClassVar[int]
    PICTURES_ONLY_FIELD_NUMBER: _ClassVar[int]
    read: Read
    patch: bytes
    overview: bytes
    pictures_only: bool
    def __init__(self, read: _Optional[_Union[Read, _Mapping]] = ..., patch: _Optional[bytes] = ..., overview: _Optional[bytes] = ..., pictures_only: _Optional[bool] = ...) -> None: ...
