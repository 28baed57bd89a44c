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

class Matching(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MATCHING_UNSPECIFIED: _ClassVar[Matching]
    MATCHING_EXACT: _ClassVar[Matching]
    MATCHING_PARTIAL: _ClassVar[Matching]
    MATCHING_CONFUSABLE: _ClassVar[Matching]

class SearchOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEARCH_ORDER_UNSPECIFIED: _ClassVar[SearchOrder]
    SEARCH_ORDER_NEWEST_FIRST: _ClassVar[SearchOrder]
    SEARCH_ORDER_OLDEST_FIRST: _ClassVar[SearchOrder]

class SearchEnd(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEARCH_END_UNSPECIFIED: _ClassVar[SearchEnd]
    SEARCH_END_COMPLETE: _ClassVar[SearchEnd]
    SEARCH_END_ROWS: _ClassVar[SearchEnd]
    SEARCH_END_SECONDS: _ClassVar[SearchEnd]
    SEARCH_END_BYTES: _ClassVar[SearchEnd]
    SEARCH_END_CANCELLED: _ClassVar[SearchEnd]
MATCHING_UNSPECIFIED: Matching
MATCHING_EXACT: Matching
MATCHING_PARTIAL: Matching
MATCHING_CONFUSABLE: Matching
SEARCH_ORDER_UNSPECIFIED: SearchOrder
SEARCH_ORDER_NEWEST_FIRST: SearchOrder
SEARCH_ORDER_OLDEST_FIRST: SearchOrder
SEARCH_END_UNSPECIFIED: SearchEnd
SEARCH_END_COMPLETE: SearchEnd
SEARCH_END_ROWS: SearchEnd
SEARCH_END_SECONDS: SearchEnd
SEARCH_END_BYTES: SearchEnd
SEARCH_END_CANCELLED: SearchEnd

class AccessReason(_message.Message):
    __slots__ = ("purpose", "category", "reference", "justification", "authorisation_id")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    JUSTIFICATION_FIELD_NUMBER: _ClassVar[int]
    AUTHORISATION_ID_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    category: str
    reference: str
    justification: str
    authorisation_id: str
    def __init__(self, purpose: _Optional[str] = ..., category: _Optional[str] = ..., reference: _Optional[str] = ..., justification: _Optional[str] = ..., authorisation_id: _Optional[str] = ...) -> None: ...

class SearchTerm(_message.Message):
    __slots__ = ("matching", "text")
    MATCHING_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    matching: Matching
    text: str
    def __init__(self, matching: _Optional[_Union[Matching, str]] = ..., text: _Optional[str] = ...) -> None: ...

class SearchArea(_message.Message):
    __slots__ = ("south", "west", "north", "east")
    SOUTH_FIELD_NUMBER: _ClassVar[int]
    WEST_FIELD_NUMBER: _ClassVar[int]
    NORTH_FIELD_NUMBER: _ClassVar[int]
    EAST_FIELD_NUMBER: _ClassVar[int]
    south: float
    west: float
    north: float
    east: float
    def __init__(self, south: _Optional[float] = ..., west: _Optional[float] = ..., north: _Optional[float] = ..., east: _Optional[float] = ...) -> None: ...

class SearchQuery(_message.Message):
    __slots__ = ("begin", "end", "terms", "cameras", "area", "order")
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    CAMERAS_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    begin: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    terms: _containers.RepeatedCompositeFieldContainer[SearchTerm]
    cameras: _containers.RepeatedScalarFieldContainer[str]
    area: SearchArea
    order: SearchOrder
    def __init__(self, begin: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., terms: _Optional[_Iterable[_Union[SearchTerm, _Mapping]]] = ..., cameras: _Optional[_Iterable[str]] = ..., area: _Optional[_Union[SearchArea, _Mapping]] = ..., order: _Optional[_Union[SearchOrder, str]] = ...) -> None: ...

class FoundRead(_message.Message):
    __slots__ = ("vrm", "captured_at", "camera_id", "location", "coarse", "text", "rank", "probability")
    VRM_FIELD_NUMBER: _ClassVar[int]
    CAPTURED_AT_FIELD_NUMBER: _ClassVar[int]
    CAMERA_ID_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    COARSE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    vrm: str
    captured_at: _timestamp_pb2.Timestamp
    camera_id: str
    location: _read_pb2.Location
    coarse: bool
    text: str
    rank: int
    probability: float
    def __init__(self, vrm: _Optional[str] = ..., captured_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., camera_id: _Optional[str] = ..., location: _Optional[_Union[_read_pb2.Location, _Mapping]] = ..., coarse: _Optional[bool] = ..., text: _Optional[str] = ..., rank: _Optional[int] = ..., probability: _Optional[float] = ...) -> None: ...

class Narrowing(_message.Message):
    __slots__ = ("begin", "end", "rule", "reason")
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    begin: _timestamp_pb2.Timestamp
    end: _timestamp_pb2.Timestamp
    rule: str
    reason: str
    def __init__(self, begin: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rule: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class SearchPage(_message.Message):
    __slots__ = ("reads", "ended", "narrowed", "kept_back", "rule", "request_id", "next_page_token")
    READS_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    NARROWED_FIELD_NUMBER: _ClassVar[int]
    KEPT_BACK_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reads: _containers.RepeatedCompositeFieldContainer[FoundRead]
    ended: SearchEnd
    narrowed: _containers.RepeatedCompositeFieldContainer[Narrowing]
    kept_back: int
    rule: str
    request_id: str
    next_page_token: str
    def __init__(self, reads: _Optional[_Iterable[_Union[FoundRead, _Mapping]]] = ..., ended: _Optional[_Union[SearchEnd, str]] = ..., narrowed: _Optional[_Iterable[_Union[Narrowing, _Mapping]]] = ..., kept_back: _Optional[int] = ..., rule: _Optional[str] = ..., request_id: _Optional[str] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SearchRequest(_message.Message):
    __slots__ = ("reason", "query", "page_size", "page_token")
    REASON_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reason: AccessReason
    query: SearchQuery
    page_size: int
    page_token: str
    def __init__(self, reason: _Optional[_Union[AccessReason, _Mapping]] = ..., query: _Optional[_Union[SearchQuery, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class SearchResponse(_message.Message):
    __slots__ = ("page",)
    PAGE_FIELD_NUMBER: _ClassVar[int]
    page: SearchPage
    def __init__(self, page: _Optional[_Union[SearchPage, _Mapping]] = ...) -> None: ...

class StreamSearchRequest(_message.Message):
    __slots__ = ("reason", "query", "page_size", "page_token")
    REASON_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reason: AccessReason
    query: SearchQuery
    page_size: int
    page_token: str
    def __init__(self, reason: _Optional[_Union[AccessReason, _Mapping]] = ..., query: _Optional[_Union[SearchQuery, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class StreamSearchResponse(_message.Message):
    __slots__ = ("page",)
    PAGE_FIELD_NUMBER: _ClassVar[int]
    page: SearchPage
    def __init__(self, page: _Optional[_Union[SearchPage, _Mapping]] = ...) -> None: ...

class GetReadsRequest(_message.Message):
    __slots__ = ("reason", "query", "picture_digests")
    REASON_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PICTURE_DIGESTS_FIELD_NUMBER: _ClassVar[int]
    reason: AccessReason
    query: SearchQuery
    picture_digests: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, reason: _Optional[_Union[AccessReason, _Mapping]] = ..., query: _Optional[_Union[SearchQuery, _Mapping]] = ..., picture_digests: _Optional[_Iterable[str]] = ...) -> None: ...

class GetReadsResponse(_message.Message):
    __slots__ = ("reads", "pictures", "narrowed", "request_id")
    READS_FIELD_NUMBER: _ClassVar[int]
    PICTURES_FIELD_NUMBER: _ClassVar[int]
    NARROWED_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    reads: _containers.RepeatedCompositeFieldContainer[_read_pb2.Read]
    pictures: _containers.RepeatedCompositeFieldContainer[Picture]
    narrowed: _containers.RepeatedCompositeFieldContainer[Narrowing]
    request_id: str
    def __init__(self, reads: _Optional[_Iterable[_Union[_read_pb2.Read, _Mapping]]] = ..., pictures: _Optional[_Iterable[_Union[Picture, _Mapping]]] = ..., narrowed: _Optional[_Iterable[_Union[Narrowing, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class Picture(_message.Message):
    __slots__ = ("digest", "jpeg")
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    JPEG_FIELD_NUMBER: _ClassVar[int]
    digest: str
    jpeg: bytes
    def __init__(self, digest: _Optional[str] = ..., jpeg: _Optional[bytes] = ...) -> None: ...
