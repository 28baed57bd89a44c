import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from protos.anpr.v1 import hotlist_pb2 as _hotlist_pb2
from protos.anpr.v1 import offer_pb2 as _offer_pb2
from protos.anpr.v1 import read_pb2 as _read_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PushReadsRequest(_message.Message):
    __slots__ = ("batch_id", "sent_at", "plain", "packed")
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    SENT_AT_FIELD_NUMBER: _ClassVar[int]
    PLAIN_FIELD_NUMBER: _ClassVar[int]
    PACKED_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    sent_at: _timestamp_pb2.Timestamp
    plain: _offer_pb2.RecordBatch
    packed: _offer_pb2.PackedBatch
    def __init__(self, batch_id: _Optional[str] = ..., sent_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., plain: _Optional[_Union[_offer_pb2.RecordBatch, _Mapping]] = ..., packed: _Optional[_Union[_offer_pb2.PackedBatch, _Mapping]] = ...) -> None: ...

class PushReadsResponse(_message.Message):
    __slots__ = ("outcomes", "remarks")
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    REMARKS_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedScalarFieldContainer[_offer_pb2.OfferOutcome]
    remarks: _containers.RepeatedCompositeFieldContainer[_offer_pb2.OfferRemark]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[_offer_pb2.OfferOutcome, str]]] = ..., remarks: _Optional[_Iterable[_Union[_offer_pb2.OfferRemark, _Mapping]]] = ...) -> None: ...

class PushImagesRequest(_message.Message):
    __slots__ = ("batch_id", "records")
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    records: _containers.RepeatedCompositeFieldContainer[_read_pb2.CaptureRecord]
    def __init__(self, batch_id: _Optional[str] = ..., records: _Optional[_Iterable[_Union[_read_pb2.CaptureRecord, _Mapping]]] = ...) -> None: ...

class PushImagesResponse(_message.Message):
    __slots__ = ("outcomes", "remarks")
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    REMARKS_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedScalarFieldContainer[_offer_pb2.OfferOutcome]
    remarks: _containers.RepeatedCompositeFieldContainer[_offer_pb2.OfferRemark]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[_offer_pb2.OfferOutcome, str]]] = ..., remarks: _Optional[_Iterable[_Union[_offer_pb2.OfferRemark, _Mapping]]] = ...) -> None: ...

class Erasure(_message.Message):
    __slots__ = ("erasure_id", "at", "before", "because", "counts")
    class CountsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ERASURE_ID_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    BECAUSE_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    erasure_id: str
    at: _timestamp_pb2.Timestamp
    before: _timestamp_pb2.Timestamp
    because: str
    counts: _containers.ScalarMap[str, int]
    def __init__(self, erasure_id: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., before: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., because: _Optional[str] = ..., counts: _Optional[_Mapping[str, int]] = ...) -> None: ...

class PushErasuresRequest(_message.Message):
    __slots__ = ("erasures",)
    ERASURES_FIELD_NUMBER: _ClassVar[int]
    erasures: _containers.RepeatedCompositeFieldContainer[Erasure]
    def __init__(self, erasures: _Optional[_Iterable[_Union[Erasure, _Mapping]]] = ...) -> None: ...

class PushErasuresResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchHotlistsRequest(_message.Message):
    __slots__ = ("after_revision",)
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    after_revision: int
    def __init__(self, after_revision: _Optional[int] = ...) -> None: ...

class DistributedList(_message.Message):
    __slots__ = ("hotlist_id", "owner", "purpose", "covert", "visible_to", "review_date")
    HOTLIST_ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    COVERT_FIELD_NUMBER: _ClassVar[int]
    VISIBLE_TO_FIELD_NUMBER: _ClassVar[int]
    REVIEW_DATE_FIELD_NUMBER: _ClassVar[int]
    hotlist_id: str
    owner: str
    purpose: str
    covert: bool
    visible_to: _containers.RepeatedScalarFieldContainer[str]
    review_date: str
    def __init__(self, hotlist_id: _Optional[str] = ..., owner: _Optional[str] = ..., purpose: _Optional[str] = ..., covert: _Optional[bool] = ..., visible_to: _Optional[_Iterable[str]] = ..., review_date: _Optional[str] = ...) -> None: ...

class WatchHotlistsResponse(_message.Message):
    __slots__ = ("revision", "made_at", "list", "whole", "entries", "removed", "last_of_revision")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    MADE_AT_FIELD_NUMBER: _ClassVar[int]
    LIST_FIELD_NUMBER: _ClassVar[int]
    WHOLE_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    LAST_OF_REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    made_at: _timestamp_pb2.Timestamp
    list: DistributedList
    whole: bool
    entries: _containers.RepeatedCompositeFieldContainer[_hotlist_pb2.VehicleOfInterest]
    removed: _containers.RepeatedScalarFieldContainer[str]
    last_of_revision: bool
    def __init__(self, revision: _Optional[int] = ..., made_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., list: _Optional[_Union[DistributedList, _Mapping]] = ..., whole: _Optional[bool] = ..., entries: _Optional[_Iterable[_Union[_hotlist_pb2.VehicleOfInterest, _Mapping]]] = ..., removed: _Optional[_Iterable[str]] = ..., last_of_revision: _Optional[bool] = ...) -> None: ...
