"""What is seen of a plate in one frame, and what one vehicle's time in view adds up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.posterior import Candidate as Candidate
from pipeline.domain.posterior import CharacterPosterior, Doubt
from pipeline.domain.vrm import Vrm

CameraId = NewType("CameraId", str)
PassageId = NewType("PassageId", str)
Pixels = NDArray[np.uint8]
"""An image: height x width x 3, blue-green-red, 8 bit."""


class Decoded(Protocol):
    """A picture of which pixels are made where they are asked for: by `numpy.asarray`, or reduced.

    A part of it, rows and columns, is cut out as from an array, and costs as little. It can be sent to another
    process, which takes as much as that part.
    """

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and 3, as of `Pixels`."""
        ...

    def __getitem__(self, where: tuple[slice, slice], /) -> Self: ...

    def __array__(self, dtype: Any = None, /, *, copy: bool | None = None) -> Pixels: ...

    def reduced(self, rows: int, columns: int) -> Pixels:
        """Return all of it, averaged to a size that is smaller."""
        ...


Picture: TypeAlias = Pixels | Decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An upright rectangle in pixels of the frame; `x`, `y` is the top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Quad:
    """The plate's four corners in pixels: top left, top right, bottom right, bottom left as one reads it."""

    corners: tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


class HeldBack(StrEnum):
    """Why nobody looks at a frame."""

    QUIET = "quiet"
    """Nothing moved in it."""
    UNDECODED = "undecoded"
    """It was never decoded: the keyframes around it and the sizes of the stream's packets told of no motion."""
    BETWEEN = "between"
    """It came too soon after one that is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """One picture of the stream. `sequence` counts from 0 in the order of the stream, also over dropped frames.

    `pixels` is None for a frame that nobody need look at; `held_back` says why. `search` is a part of it, in
    whole pixels and within it, outside which no plate need be looked for that is not known; None where it is all of it.
    `moving` is where in that something moves, each movement apart, if that is known. `decoded_at` is when the frame
    came, in seconds of this machine's monotonic clock, for measuring latency only.
    """

    camera_id: CameraId
    sequence: int
    captured_at: datetime
    pixels: Picture | None
    held_back: HeldBack | None = None
    search: Box | None = None
    moving: tuple[Box, ...] = ()
    decoded_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Where a plate is, and how sure the detector is of it (0..1).

    A doubtful one is too unsure to begin a plate, but may be one that was found surely a moment ago.
    """

    box: Box
    quad: Quad
    confidence: float
    two_line: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlateText:
    """What the recogniser read: the best text, and how sure it is of each character and of the rivals.

    `raw` is the text with its line break as a space, if the plate has two lines; `vrm` the canonical key.
    `character_confidences` has one value in 0..1 for each character of `vrm`. `candidates` are the likeliest
    texts, best first; the first is `vrm`. `confidence` is the probability that the whole of `vrm` is right. `doubts`,
    told by a vote, are the single differences by which the plate may bear another text, likeliest first.
    """

    raw: str
    vrm: Vrm
    confidence: float
    character_confidences: tuple[float, ...]
    candidates: tuple[Candidate, ...]
    posterior: CharacterPosterior | None = None
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """One plate in one frame. Internal: it is never stored. `text` is None where the plate is illegible or was not
    read."""

    camera_id: CameraId
    sequence: int
    captured_at: datetime
    detection: Detection
    text: PlateText | None
    patch: Picture | None = None
    overview: Picture | None = None


class ClosedBecause(StrEnum):
    """Why a passage ended."""

    GONE = "gone"
    STREAM_ENDED = "stream-ended"
    FLUSHED = "flushed"
    LONGEST = "longest"
    """Still in view, but read now: an alert must not wait for a vehicle that stays."""
    RECEDING = "receding"
    """Still in view, but read now: it drives away, and will not be seen better."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Passage:
    """One vehicle's time in view of one camera: exactly one read comes of it.

    `sightings` are in order of time and never empty; only the best one keeps its `patch` and `overview`. A tracker
    may keep the best ones only, with the first and the last: `sighting_count` then says how many there were (0: all
    are here). `text` is the vote over them, if it was taken already.
    """

    passage_id: PassageId
    camera_id: CameraId
    sightings: tuple[Sighting, ...]
    closed_because: ClosedBecause
    sighting_count: int = 0
    text: PlateText | None = None
