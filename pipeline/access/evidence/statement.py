"""The statement of a package: one HTML page with its pictures, for people who read it and print it.

Promise: everything that comes from outside is text, never markup; characters that do not show, or turn the direction of
writing, are spelt out. The page holds its pictures, loads nothing and runs nothing, and forbids both to the browser.
On failure: nothing raises.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from pipeline.access.evidence.contents import Exhibit
from pipeline.domain.read import ClockState, digest_of
from pipeline.wire.read_columns import read_digest

_CLOCKS = {
    ClockState.STREAM: "the camera's own clock: the time in its video stream, set against the clock of the computer "
    "that received it when the stream began",
    ClockState.FILE: "a recording: the position in the recording, counted from when the file says that it was made",
    ClockState.RECEIPT: "the clock of the computer that received the picture: the camera's stream told no usable time",
    ClockState.CAMERA: "the clock of a camera that read the plate itself, as that camera told it; it was not set "
    "against another clock here",
}


def statement_of(facts: Mapping[str, Any], exhibits: list[Exhibit], time_zone: str, key: str) -> bytes:
    """Return the page. Times are told in UTC and as clocks in `time_zone` showed them."""
    page = _template().render(
        facts=facts,
        exhibits=exhibits,
        clocks=_CLOCKS,
        zone=ZoneInfo(time_zone),
        zone_name=time_zone,
        key=key,
        digest_of=digest_of,
        record_digest=read_digest,
    )
    return page.encode()


@cache
def _template() -> Template:
    page = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.filters |= {"at": _at, "instant": datetime.fromisoformat, "local": _local, "picture": _picture}
    return page.get_template("statement.html.j2")


def _visible(value: object) -> object:
    """Return `value` as text in which every character shows."""
    if isinstance(value, Markup):
        return value
    text = str(value)
    if text.isprintable():
        return text
    shown = (one if one.isprintable() or one == "\n" else f"[U+{ord(one):04X}]" for one in text)
    return escape("".join(shown))


def _at(at: datetime | None) -> str:
    return "unknown" if at is None else f"{at:%d %B %Y, %H:%M:%S}.{at.microsecond // 1000:03} UTC"


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%d %B %Y, %H:%M:%S %Z}"


def _picture(jpeg: bytes) -> Markup:
    return Markup("data:image/jpeg;base64,") + base64.b64encode(jpeg).decode()
