"""The read: what is stored and shared, exactly one for each passage of a vehicle."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType

from pipeline.domain.plate import Box, CameraId, Candidate
from pipeline.domain.posterior import Doubt
from pipeline.domain.syntax import Syntax
from pipeline.domain.vrm import Vrm

ReadId = NewType("ReadId", str)
FeedId = NewType("FeedId", str)
SourceId = NewType("SourceId", str)
Digest = NewType("Digest", str)
"""SHA-256 in lower-case hexadecimal."""

MOST_DOUBTS = 64
"""So many are told of a read at most: they stay below 1 KB."""
_BOX_GRID_PIXELS = 16


class Direction(StrEnum):
    """Which way the vehicle moved, told by the growth of its plate in view."""

    APPROACHING = "approaching"
    RECEDING = "receding"
    UNKNOWN = "unknown"


class ClockState(StrEnum):
    """Where `captured_at` comes from, because a court asks."""

    STREAM = "stream"
    """The stream's own timestamps, anchored to this machine's clock at the first frame."""
    FILE = "file"
    """Position in a recording, counted from the recording's creation or modification time."""
    RECEIPT = "receipt"
    """The stream carries no usable timestamps: the time this machine received the frame."""
    CAMERA = "camera"
    """The clock of a camera that reads plates itself, as it told; nobody here has set it against another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """WGS 84 degrees. Restricted: never in logs, metrics or messages."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One vehicle read by one camera. `confidence` is the probability that `vrm` is right (0..1)."""

    read_id: ReadId
    feed_id: FeedId
    source_id: SourceId
    camera_id: CameraId
    captured_at: datetime
    received_at: datetime
    clock_state: ClockState
    location: Location | None
    vrm: Vrm
    raw_text: str
    confidence: float
    character_confidences: tuple[float, ...]
    candidates: tuple[Candidate, ...]
    syntax: Syntax
    direction: Direction
    lane: int | None
    patch_digest: Digest
    overview_digest: Digest
    sighting_count: int
    model_version: str
    doubts: tuple[Doubt, ...] = ()
    """Single differences by which the plate may bear another text, likeliest first, most `MOST_DOUBTS`. Empty means
    that the reader does not tell; one that is sure tells its likeliest doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRecord:
    """A read with its images as JPEG: the plate patch and the vehicle overview; empty where they have not come (yet).

    With `pictures_only` the read itself came before, and only what is in `patch` and `overview` is new.
    """

    read: Read
    patch: bytes
    overview: bytes
    pictures_only: bool = False


def digest_of(content: bytes) -> Digest:
    """Return the SHA-256 of `content`."""
    return Digest(hashlib.sha256(content).hexdigest())


NO_PICTURE = frozenset({Digest(""), digest_of(b"")})
"""What a read has for the digest of a picture that did not come with it."""

LatePictures = Mapping[tuple[ReadId, str], Digest]
"""Pictures that came after their reads, by read and kind (`patch`, `overview`)."""


def with_late_pictures(read: Read, late: LatePictures) -> Read:
    """Return `read` with the digests of the pictures that came after it, where it came without."""
    patch, overview = (late.get((read.read_id, kind)) for kind in ("patch", "overview"))
    return replace(
        read,
        patch_digest=patch if patch and read.patch_digest in NO_PICTURE else read.patch_digest,
        overview_digest=overview if overview and read.overview_digest in NO_PICTURE else read.overview_digest,
    )


def read_id_of(camera_id: CameraId, first_seen_at: datetime, first_box: Box) -> ReadId:
    """Return the id of the read whose first sighting was then and there: a retry is the same read everywhere.

    The centre of the box is taken on a grid of 16 pixels: two plates of one frame never share a cell, and rounding
    differences between runtimes or batch sizes do not change the id.
    """
    x, y = first_box.centre
    cell = f"{int(x // _BOX_GRID_PIXELS)},{int(y // _BOX_GRID_PIXELS)}"
    instant = first_seen_at.astimezone(UTC).isoformat(timespec="microseconds")
    return ReadId(hashlib.sha256(f"{camera_id}\n{instant}\n{cell}".encode()).hexdigest()[:32])
