"""What a message says, in one vocabulary for all makers: values only.

On failure: nothing here fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from pipeline.domain.read import CaptureRecord, Direction, Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a sender posted. Times in it that name no zone are times in `zone`."""

    body: bytes
    content_type: str
    zone: tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One vehicle as another maker's reader reported it.

    `camera` is the camera's name in the sender's own words, empty where the message names none. `confidence` and
    `rivals` are on the scale 0 to 1; None where the reader does not tell. Pictures are JPEG, empty where none came.
    `reader` says what read the plate, as closely as the message tells. `lane` and `location` are those of the message.
    """

    camera: str
    captured_at: datetime
    plate: str
    confidence: float | None
    reader: str
    rivals: tuple[tuple[str, float], ...] = ()
    direction: Direction = Direction.UNKNOWN
    lane: int | None = None
    location: Location | None = None
    patch: bytes = b""
    overview: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatePicture:
    """A picture of a read that was sent before: the one of that camera, time and mark. One of the two is empty."""

    camera: str
    captured_at: datetime
    plate: str
    patch: bytes = b""
    overview: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that a message says: reads, pictures that come late, and why the rest of it was refused.

    Reasons are for the sender: they never quote a mark or a place.
    """

    reads: tuple[Reported, ...] = ()
    late: tuple[LatePicture, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The same as capture records of our own, ready to be taken in. `late` are records with what pictures came."""

    records: tuple[CaptureRecord, ...] = ()
    late: tuple[CaptureRecord, ...] = ()
    refused: tuple[str, ...] = ()
