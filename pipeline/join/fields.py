"""Numbers, times, places and pictures as other makers spell them.

On failure: BadInput names the field; values are never quoted, because a mark or a place may be among them.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from pipeline.domain.read import Location
from pipeline.errors import BadInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_JPEG_BEGINS, _JPEG_ENDS = b"\xff\xd8\xff", b"\xff\xd9"
_LONGEST_TEXT = 256


def instant(text: str, field: str, zone: tzinfo) -> datetime:
    """Return the time that `text` spells in ISO 8601, as UTC; one that names no zone is a time in `zone`."""
    try:
        read = datetime.fromisoformat(text.strip())
        at = (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput(f"{field} is no time in ISO 8601, as 2026-01-05T08:30:15.123Z is") from None
    return _plausible(at, field)


def epoch_milliseconds(value: Any, field: str) -> datetime:
    """Return the time that is so many milliseconds after 1970."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(f"{field} is no whole number of milliseconds since 1970")
    try:
        return _plausible(_EPOCH + timedelta(milliseconds=value), field)
    except OverflowError:
        raise BadInput(f"{field} is a time beyond the year 9999") from None


def number(value: Any, field: str, least: float, most: float) -> float:
    """Return a number, or one spelt as a text, that lies within the limits."""
    try:
        found = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not least <= found <= most:
        raise BadInput(f"{field} is no number from {least:g} to {most:g}")
    return found


def percent(value: Any, field: str) -> float:
    """Return a share of 0 to 1 from one of 0 to 100."""
    return number(value, field, 0.0, 100.0) / 100.0


def place(latitude: Any, longitude: Any) -> Location | None:
    """Return the place, None where there is none: makers leave both away, or send zeros or minus ones."""
    if latitude in (None, "") or longitude in (None, ""):
        return None
    at = Location(
        latitude=number(latitude, "the latitude", -90.0, 90.0),
        longitude=number(longitude, "the longitude", -180.0, 180.0),
    )
    nowhere = (at.latitude, at.longitude) in ((0.0, 0.0), (-1.0, -1.0))
    return None if nowhere else at


def picture(content: bytes, what: str) -> bytes:
    """Return `content` if it is a JPEG from its beginning to its end."""
    if not content.startswith(_JPEG_BEGINS) or not content.rstrip(b"\0\r\n").endswith(_JPEG_ENDS):
        raise BadInput(f"{what} is no JPEG")
    return content


def base64_picture(text: Any, what: str) -> bytes:
    """Return the JPEG that `text` holds in base64; white space between its characters does not count."""
    if not isinstance(text, str):
        raise BadInput(f"{what} is no text")
    try:
        return picture(base64.b64decode("".join(text.split()), validate=True), what)
    except (binascii.Error, ValueError):
        raise BadInput(f"{what} is not base64") from None


def kept_picture(read: Callable[[Any, str], bytes], spelt: Any, what: str, without: list[str]) -> bytes:
    """Return the picture that `read` finds in `spelt`. One that is none is left out and told of in `without`: a read
    is not lost for a broken picture."""
    if not spelt:
        return b""
    try:
        return read(spelt, what)
    except BadInput as error:
        without.append(f"a picture was left out: {error}")
        return b""


def json_object(content: bytes | str) -> dict[str, Any]:
    """Return the object that `content` is as JSON."""
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        raise BadInput("the message is not JSON in UTF-8") from None
    return object_in(read, "the message")


def object_in(value: Any, field: str) -> dict[str, Any]:
    """Return `value` as a JSON object."""
    if not isinstance(value, dict):
        raise BadInput(f"{field} is no JSON object")
    return value


def list_in(value: Any, field: str, most: int) -> list[Any]:
    """Return `value` as a JSON list of at most so many; one that is not there is empty."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > most:
        raise BadInput(f"{field} is no list of at most {most}")
    return value


def text_in(value: Any, field: str) -> str:
    """Return `value` as a short text; numbers are spelt, what is not there is empty."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadInput(f"{field} is no text")
    try:
        spelt = str(value).strip()
    except ValueError:
        # Python does not spell whole numbers of thousands of digits
        spelt = " " * (_LONGEST_TEXT + 1)
    if len(spelt) > _LONGEST_TEXT:
        raise BadInput(f"{field} has more than {_LONGEST_TEXT} characters")
    if not spelt.isprintable():
        # also half of a surrogate pair, which JSON can spell and no record can hold
        raise BadInput(f"{field} holds characters that cannot be shown")
    return spelt


def _plausible(at: datetime, field: str) -> datetime:
    if not _FIRST <= at < _LAST:
        raise BadInput(f"{field} is not within the years 1990 to 2199: check the camera's clock and its unit")
    return at
