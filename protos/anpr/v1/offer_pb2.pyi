from protos.anpr.v1 import read_pb2 as _read_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OfferOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OFFER_OUTCOME_UNSPECIFIED: _ClassVar[OfferOutcome]
    OFFER_OUTCOME_ACCEPTED: _ClassVar[OfferOutcome]
    OFFER_OUTCOME_DUPLICATE: _ClassVar[OfferOutcome]
    OFFER_OUTCOME_QUARANTINED: _ClassVar[OfferOutcome]
    OFFER_OUTCOME_REFUSED: _ClassVar[OfferOutcome]

class OfferFault(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OFFER_FAULT_UNSPECIFIED: _ClassVar[OfferFault]
    OFFER_FAULT_NOT_A_READ: _ClassVar[OfferFault]
    OFFER_FAULT_INCOMPLETE: _ClassVar[OfferFault]
    OFFER_FAULT_TOO_LONG: _ClassVar[OfferFault]
    OFFER_FAULT_UNKNOWN_WORD: _ClassVar[OfferFault]
    OFFER_FAULT_FUTURE: _ClassVar[OfferFault]
    OFFER_FAULT_ANCIENT: _ClassVar[OfferFault]
    OFFER_FAULT_NOT_ITS_FEED: _ClassVar[OfferFault]
    OFFER_FAULT_OTHER_PICTURE: _ClassVar[OfferFault]
    OFFER_FAULT_UNKNOWN_READ: _ClassVar[OfferFault]

class Compression(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMPRESSION_UNSPECIFIED: _ClassVar[Compression]
    COMPRESSION_ZSTD: _ClassVar[Compression]
OFFER_OUTCOME_UNSPECIFIED: OfferOutcome
OFFER_OUTCOME_ACCEPTED: OfferOutcome
OFFER_OUTCOME_DUPLICATE: OfferOutcome
OFFER_OUTCOME_QUARANTINED: OfferOutcome
OFFER_OUTCOME_REFUSED: OfferOutcome
OFFER_FAULT_UNSPECIFIED: OfferFault
OFFER_FAULT_NOT_A_READ: OfferFault
OFFER_FAULT_INCOMPLETE: OfferFault
OFFER_FAULT_TOO_LONG: OfferFault
OFFER_FAULT_UNKNOWN_WORD: OfferFault
OFFER_FAULT_FUTURE: OfferFault
OFFER_FAULT_ANCIENT: OfferFault
OFFER_FAULT_NOT_ITS_FEED: OfferFault
OFFER_FAULT_OTHER_PICTURE: OfferFault
OFFER_FAULT_UNKNOWN_READ: OfferFault
COMPRESSION_UNSPECIFIED: Compression
COMPRESSION_ZSTD: Compression

class OfferRemark(_message.Message):
    __slots__ = ("place", "fault")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    place: int
    fault: OfferFault
    def __init__(self, place: _Optional[int] = ..., fault: _Optional[_Union[OfferFault, str]] = ...) -> None: ...

class RecordBatch(_message.Message):
    __slots__ = ("records",)
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[_read_pb2.CaptureRecord]
    def __init__(self, records: _Optional[_Iterable[_Union[_read_pb2.CaptureRecord, _Mapping]]] = ...) -> None: ...

class EncodedBatch(_message.Message):
    __slots__ = ("records",)
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, records: _Optional[_Iterable[bytes]] = ...) -> None: ...

class PackedBatch(_message.Message):
    __slots__ = ("compression", "content", "size")
    COMPRESSION_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    compression: Compression
    content: bytes
    size: int
    def __init__(self, compression: _Optional[_Union[Compression, str]] = ..., content: _Optional[bytes] = ..., size: _Optional[int] = ...) -> None: ...
