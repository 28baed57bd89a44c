"""The parts of a multipart message (RFC 7578 and RFC 2046), all in memory: the sender's limit is on the whole.

Parsed by `multipart`, which is strict where browsers are, and what WSGI frameworks use.
On failure: BadInput; what the parts hold is not quoted.
"""

from __future__ import annotations

from dataclasses import dataclass

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from pipeline.errors import BadInput

_MOST_PARTS = 32
_MOST_HEADER_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`name` is that of the form's field, `file_name` that of the file, both empty where there is none."""

    name: str
    file_name: str
    content_type: str
    content: bytes


def is_multipart(content_type: str) -> bool:
    """Tell whether a message of this content type has parts."""
    return content_type.strip().lower().startswith("multipart/")


def parts_of(body: bytes, content_type: str) -> list[Part]:
    """Return the parts in order."""
    kind, options = parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if not kind.startswith("multipart/") or not boundary:
        raise BadInput("the message is not multipart, or its content type names no boundary")
    found: list[Part] = []
    content = bytearray()
    segment: MultipartSegment | None = None
    try:
        with PushMultipartParser(
            boundary.encode("utf-8"), max_segment_count=_MOST_PARTS, max_header_size=_MOST_HEADER_BYTES
        ) as parser:
            for event in (one for piece in (body, b"") for one in parser.parse(piece)):
                if isinstance(event, MultipartSegment):
                    segment = event
                elif event:
                    content += event
                elif segment is not None:
                    found.append(_part(segment, bytes(content)))
                    content, segment = bytearray(), None
    except (MultipartError, UnicodeError, ValueError):
        raise BadInput("the multipart message breaks off, or is none by its boundary") from None
    return found


def _part(segment: MultipartSegment, content: bytes) -> Part:
    return Part(
        name=segment.name or "",
        file_name=segment.filename or "",
        content_type=(segment.content_type or "").lower(),
        content=content,
    )
