"""Whether a message from outside is sound: its texts are plain and bounded, its lists are bounded, it is not too deep;
and how it is spelled on the audit log.

What a text means is decided where it is used; here is kept out what can mean nothing good anywhere: control,
direction and invisible characters, and texts and lists without end.
On failure: BadInput, which names the field and never quotes it.
"""

from __future__ import annotations

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToJson, SerializeToJsonError
from google.protobuf.message import Message
from google.protobuf.text_format import MessageToString
from google.protobuf.timestamp_pb2 import Timestamp

from pipeline.errors import BadInput

MOST_CHARACTERS, MOST_ITEMS, MOST_DEPTH = 4096, 10_000, 8
_SECONDS = range(-62_135_596_800, 253_402_300_800)
"""Of the years 1 to 9999, as google.protobuf.Timestamp has them."""


def require_sound(message: Message, depth: int = 0) -> None:
    """Raise BadInput unless `message` is sound."""
    if depth > MOST_DEPTH:
        raise BadInput("the message is nested too deeply")
    for field, value in message.ListFields():
        values = value if field.is_repeated else (value,)
        if len(values) > MOST_ITEMS:
            raise BadInput(f"{field.name}: at most {MOST_ITEMS:,} items")
        if field.type == FieldDescriptor.TYPE_STRING:
            for text in values:
                _require_plain(text, field.name)
        elif field.type == FieldDescriptor.TYPE_MESSAGE and field.message_type is not None:
            for part in values:
                if isinstance(part, Timestamp):
                    _require_time(part, field.name)
                else:
                    require_sound(part, depth + 1)


def spelled(message: Message | None) -> str:
    """Return `message` as one line of JSON, cut off after as many characters as a text may have; empty for none."""
    if message is None:
        return ""
    try:
        text: str = MessageToJson(message, preserving_proto_field_name=True, indent=None)
    except SerializeToJsonError:
        # a time that JSON has no words for: it is refused, and that is on the log too
        text = MessageToString(message, as_one_line=True)
    return text[:MOST_CHARACTERS]


def _require_time(moment: Timestamp, name: str) -> None:
    if moment.seconds not in _SECONDS or moment.nanos not in range(10**9):
        raise BadInput(f"{name}: is no time of the years 1 to 9999")


def _require_plain(text: str, name: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise BadInput(f"{name}: at most {MOST_CHARACTERS:,} characters")
    if not text.replace("\n", " ").replace("\t", " ").isprintable():
        raise BadInput(f"{name}: holds characters that cannot be printed")
