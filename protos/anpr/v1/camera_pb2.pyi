import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from protos.anpr.v1 import read_pb2 as _read_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CameraKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAMERA_KIND_UNSPECIFIED: _ClassVar[CameraKind]
    CAMERA_KIND_FIXED: _ClassVar[CameraKind]
    CAMERA_KIND_MOBILE: _ClassVar[CameraKind]
    CAMERA_KIND_PORTABLE: _ClassVar[CameraKind]
CAMERA_KIND_UNSPECIFIED: CameraKind
CAMERA_KIND_FIXED: CameraKind
CAMERA_KIND_MOBILE: CameraKind
CAMERA_KIND_PORTABLE: CameraKind

class RegisteredCamera(_message.Message):
    __slots__ = ("camera_id", "kind", "force", "area", "since", "assessment", "review_on", "may_run", "why_not")
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    ASSESSMENT_FIELD_NUMBER: _ClassVar[int]
    REVIEW_ON_FIELD_NUMBER: _ClassVar[int]
    MAY_RUN_FIELD_NUMBER: _ClassVar[int]
    WHY_NOT_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    kind: CameraKind
    force: str
    area: str
    since: _timestamp_pb2.Timestamp
    assessment: str
    review_on: str
    may_run: bool
    why_not: str
    def __init__(self, camera_id: _Optional[str] = ..., kind: _Optional[_Union[CameraKind, str]] = ..., force: _Optional[str] = ..., area: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., assessment: _Optional[str] = ..., review_on: _Optional[str] = ..., may_run: _Optional[bool] = ..., why_not: _Optional[str] = ...) -> None: ...

class ListCamerasRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCamerasResponse(_message.Message):
    __slots__ = ("cameras", "next_page_token")
    CAMERAS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    cameras: _containers.RepeatedCompositeFieldContainer[RegisteredCamera]
    next_page_token: str
    def __init__(self, cameras: _Optional[_Iterable[_Union[RegisteredCamera, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetCameraRequest(_message.Message):
    __slots__ = ("camera_id", "at", "with_place", "reason")
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    WITH_PLACE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    camera_id: str
    at: _timestamp_pb2.Timestamp
    with_place: bool
    reason: str
    def __init__(self, camera_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., with_place: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class GetCameraResponse(_message.Message):
    __slots__ = ("camera", "place")
    CAMERA_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    camera: RegisteredCamera
    place: _read_pb2.Location
    def __init__(self, camera: _Optional[_Union[RegisteredCamera, _Mapping]] = ..., place: _Optional[_Union[_read_pb2.Location, _Mapping]] = ...) -> None: ...
