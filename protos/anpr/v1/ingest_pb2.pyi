import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from protos.anpr.v1 import offer_pb2 as _offer_pb2
from protos.anpr.v1 import read_pb2 as _read_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IngestReadsRequest(_message.Message):
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

class IngestReadsResponse(_message.Message):
    __slots__ = ("outcomes", "remarks")
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    REMARKS_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedScalarFieldContainer[_offer_pb2.OfferOutcome]
    remarks: _containers.RepeatedCompositeFieldContainer[_offer_pb2.OfferRemark]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[_offer_pb2.OfferOutcome, str]]] = ..., remarks: _Optional[_Iterable[_Union[_offer_pb2.OfferRemark, _Mapping]]] = ...) -> None: ...

class IngestImagesRequest(_message.Message):
    __slots__ = ("batch_id", "records")
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    records: _containers.RepeatedCompositeFieldContainer[_read_pb2.CaptureRecord]
    def __init__(self, batch_id: _Optional[str] = ..., records: _Optional[_Iterable[_Union[_read_pb2.CaptureRecord, _Mapping]]] = ...) -> None: ...

class IngestImagesResponse(_message.Message):
    __slots__ = ("outcomes", "remarks")
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    REMARKS_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedScalarFieldContainer[_offer_pb2.OfferOutcome]
    remarks: _containers.RepeatedCompositeFieldContainer[_offer_pb2.OfferRemark]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[_offer_pb2.OfferOutcome, str]]] = ..., remarks: _Optional[_Iterable[_Union[_offer_pb2.OfferRemark, _Mapping]]] = ...) -> None: ...
