"""Whether a message from outside is sound: its texts are plain and bounded, its lists are bounded, it is not too deep;
and how it is spelled on the audit log.

What a text means is decided where it is used; here is kept out what can mean nothing good anywhere: control,
direction and invisible characters, and texts and lists without end.
On failure: BadInput, which names the field and never quotes it.
"""

from __future__ import annotations

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

from pipeline.errors import BadInput

MOST_CHARACTERS, MOST_ITEMS, MOST_DEPTH = 4096, 10_000, 8


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
                require_sound(part, depth + 1)


def spelled(message: Message | None) -> str:
    """Return `message` as one line of JSON, cut off after as many characters as a text may have; empty for none."""
    if message is None:
        return ""
    text: str = MessageToJson(message, preserving_proto_field_name=True, indent=None)
    return text[:MOST_CHARACTERS]


def _require_plain(text: str, name: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise BadInput(f"{name}: at most {MOST_CHARACTERS:,} characters")
    if not text.replace("\n", " ").replace("\t", " ").isprintable():
        raise BadInput(f"{name}: holds characters that cannot be printed")
