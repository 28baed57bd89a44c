import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACTION_UNSPECIFIED: _ClassVar[Action]
    ACTION_STOP: _ClassVar[Action]
    ACTION_SILENT: _ClassVar[Action]

class HitKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HIT_KIND_UNSPECIFIED: _ClassVar[HitKind]
    HIT_KIND_EXACT: _ClassVar[HitKind]
    HIT_KIND_NEAR: _ClassVar[HitKind]
    HIT_KIND_PARTIAL: _ClassVar[HitKind]
ACTION_UNSPECIFIED: Action
ACTION_STOP: Action
ACTION_SILENT: Action
HIT_KIND_UNSPECIFIED: HitKind
HIT_KIND_EXACT: HitKind
HIT_KIND_NEAR: HitKind
HIT_KIND_PARTIAL: HitKind

class VehicleOfInterest(_message.Message):
    __slots__ = ("vrm", "hotlist_id", "reason", "priority", "action", "owner", "warning_markers", "valid_from", "weed_date", "make", "model", "colour", "reference", "information", "intelligence", "force_area", "marking", "incident")
    VRM_FIELD_NUMBER: _ClassVar[int]
    HOTLIST_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    WARNING_MARKERS_FIELD_NUMBER: _ClassVar[int]
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    WEED_DATE_FIELD_NUMBER: _ClassVar[int]
    MAKE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    COLOUR_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    INFORMATION_FIELD_NUMBER: _ClassVar[int]
    INTELLIGENCE_FIELD_NUMBER: _ClassVar[int]
    FORCE_AREA_FIELD_NUMBER: _ClassVar[int]
    MARKING_FIELD_NUMBER: _ClassVar[int]
    INCIDENT_FIELD_NUMBER: _ClassVar[int]
    vrm: str
    hotlist_id: str
    reason: str
    priority: int
    action: Action
    owner: str
    warning_markers: str
    valid_from: _timestamp_pb2.Timestamp
    weed_date: _timestamp_pb2.Timestamp
    make: str
    model: str
    colour: str
    reference: str
    information: str
    intelligence: str
    force_area: str
    marking: str
    incident: str
    def __init__(self, vrm: _Optional[str] = ..., hotlist_id: _Optional[str] = ..., reason: _Optional[str] = ..., priority: _Optional[int] = ..., action: _Optional[_Union[Action, str]] = ..., owner: _Optional[str] = ..., warning_markers: _Optional[str] = ..., valid_from: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., weed_date: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., make: _Optional[str] = ..., model: _Optional[str] = ..., colour: _Optional[str] = ..., reference: _Optional[str] = ..., information: _Optional[str] = ..., intelligence: _Optional[str] = ..., force_area: _Optional[str] = ..., marking: _Optional[str] = ..., incident: _Optional[str] = ...) -> None: ...

class Hit(_message.Message):
    __slots__ = ("hit_id", "read_id", "voi", "kind", "likelihood", "hotlist_revision", "as_it_was", "as_it_is", "read_age_seconds")
    HIT_ID_FIELD_NUMBER: _ClassVar[int]
    READ_ID_FIELD_NUMBER: _ClassVar[int]
    VOI_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LIKELIHOOD_FIELD_NUMBER: _ClassVar[int]
    HOTLIST_REVISION_FIELD_NUMBER: _ClassVar[int]
    AS_IT_WAS_FIELD_NUMBER: _ClassVar[int]
    AS_IT_IS_FIELD_NUMBER: _ClassVar[int]
    READ_AGE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    hit_id: str
    read_id: str
    voi: VehicleOfInterest
    kind: HitKind
    likelihood: float
    hotlist_revision: str
    as_it_was: bool
    as_it_is: bool
    read_age_seconds: float
    def __init__(self, hit_id: _Optional[str] = ..., read_id: _Optional[str] = ..., voi: _Optional[_Union[VehicleOfInterest, _Mapping]] = ..., kind: _Optional[_Union[HitKind, str]] = ..., likelihood: _Optional[float] = ..., hotlist_revision: _Optional[str] = ..., as_it_was: _Optional[bool] = ..., as_it_is: _Optional[bool] = ..., read_age_seconds: _Optional[float] = ...) -> None: ...

class Hotlist(_message.Message):
    __slots__ = ("hotlist_id", "owner", "purpose", "review_date", "covert", "entries", "revision")
    HOTLIST_ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    REVIEW_DATE_FIELD_NUMBER: _ClassVar[int]
    COVERT_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    hotlist_id: str
    owner: str
    purpose: str
    review_date: str
    covert: bool
    entries: int
    revision: str
    def __init__(self, hotlist_id: _Optional[str] = ..., owner: _Optional[str] = ..., purpose: _Optional[str] = ..., review_date: _Optional[str] = ..., covert: _Optional[bool] = ..., entries: _Optional[int] = ..., revision: _Optional[str] = ...) -> None: ...

class ListHotlistsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListHotlistsResponse(_message.Message):
    __slots__ = ("hotlists", "hidden", "sequence")
    HOTLISTS_FIELD_NUMBER: _ClassVar[int]
    HIDDEN_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    hotlists: _containers.RepeatedCompositeFieldContainer[Hotlist]
    hidden: int
    sequence: int
    def __init__(self, hotlists: _Optional[_Iterable[_Union[Hotlist, _Mapping]]] = ..., hidden: _Optional[int] = ..., sequence: _Optional[int] = ...) -> None: ...

class ListedEntry(_message.Message):
    __slots__ = ("voi", "listed_at", "removed_at")
    VOI_FIELD_NUMBER: _ClassVar[int]
    LISTED_AT_FIELD_NUMBER: _ClassVar[int]
    REMOVED_AT_FIELD_NUMBER: _ClassVar[int]
    voi: VehicleOfInterest
    listed_at: _timestamp_pb2.Timestamp
    removed_at: _timestamp_pb2.Timestamp
    def __init__(self, voi: _Optional[_Union[VehicleOfInterest, _Mapping]] = ..., listed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., removed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class LookUpMarkRequest(_message.Message):
    __slots__ = ("vrm", "reason")
    VRM_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    vrm: str
    reason: str
    def __init__(self, vrm: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class LookUpMarkResponse(_message.Message):
    __slots__ = ("entries",)
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[ListedEntry]
    def __init__(self, entries: _Optional[_Iterable[_Union[ListedEntry, _Mapping]]] = ...) -> None: ...
