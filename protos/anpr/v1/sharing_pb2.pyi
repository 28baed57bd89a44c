from protos.anpr.v1 import offer_pb2 as _offer_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StreamReadsStart(_message.Message):
    __slots__ = ("agreement", "after_cursor", "stream_id", "most_unacknowledged")
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    AFTER_CURSOR_FIELD_NUMBER: _ClassVar[int]
    STREAM_ID_FIELD_NUMBER: _ClassVar[int]
    MOST_UNACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    agreement: str
    after_cursor: int
    stream_id: str
    most_unacknowledged: int
    def __init__(self, agreement: _Optional[str] = ..., after_cursor: _Optional[int] = ..., stream_id: _Optional[str] = ..., most_unacknowledged: _Optional[int] = ...) -> None: ...

class StreamReadsRequest(_message.Message):
    __slots__ = ("start", "acknowledged_cursor")
    START_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_CURSOR_FIELD_NUMBER: _ClassVar[int]
    start: StreamReadsStart
    acknowledged_cursor: int
    def __init__(self, start: _Optional[_Union[StreamReadsStart, _Mapping]] = ..., acknowledged_cursor: _Optional[int] = ...) -> None: ...

class StreamReadsResponse(_message.Message):
    __slots__ = ("stream_id", "cursor", "batch")
    STREAM_ID_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    stream_id: str
    cursor: int
    batch: _offer_pb2.RecordBatch
    def __init__(self, stream_id: _Optional[str] = ..., cursor: _Optional[int] = ..., batch: _Optional[_Union[_offer_pb2.RecordBatch, _Mapping]] = ...) -> None: ...
