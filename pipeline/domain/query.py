"""What may be asked of the record, as an immutable value: whoever may see less is given a narrower value.

On failure: BadInput for a query that can never be answered; no message quotes a mark or a place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from pipeline.domain.plate import CameraId
from pipeline.domain.read import Location
from pipeline.domain.vrm import MAXIMUM_LENGTH, Vrm, fold_vrm, parse_vrm
from pipeline.errors import BadInput

MOST_TERMS = 1000
_PATTERN = re.compile(r"[A-Z0-9?*]+")


class Matching(StrEnum):
    """How a term finds marks."""

    EXACT = "exact"
    """The read's VRM is this one, character for character."""
    PARTIAL = "partial"
    """The read's VRM fits the pattern: `?` is any one character, `*` any run of them. O, Q and 0 count as one, and so
    do I and 1: a British plate does not tell them apart, and whoever saw one cannot either."""
    CONFUSABLE = "confusable"
    """The read's VRM or one of its stored rivals is this mark, look-alikes folded: also what a misread hid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One mark that is looked for. Make it with `exact`, `partial`, `confusable`."""

    matching: Matching
    text: str


def exact(text: str) -> Term:
    """Return the term for the VRM that `text` spells. Raises BadInput as `parse_vrm` does."""
    return Term(matching=Matching.EXACT, text=parse_vrm(text))


def confusable(text: str) -> Term:
    """Return the term for whatever may have been read for the VRM that `text` spells."""
    return Term(matching=Matching.CONFUSABLE, text=parse_vrm(text))


def partial(text: str) -> Term:
    """Return the term for a pattern such as `AB?2*`. Raises BadInput when it is no pattern or says nothing at all."""
    wildcards = text.replace(" ", "").upper()
    if not _PATTERN.fullmatch(wildcards) or len(wildcards) > 2 * MAXIMUM_LENGTH:
        raise BadInput("a partial VRM holds letters, digits, ? (any one) and * (any run of characters)")
    if not wildcards.strip("?*"):
        raise BadInput("a partial VRM needs at least one letter or digit")
    return Term(matching=Matching.PARTIAL, text=re.sub(r"\*+", "*", fold_vrm(Vrm(wildcards))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A rectangle in WGS 84 degrees, borders included. It does not cross the 180th meridian."""

    south: float
    west: float
    north: float
    east: float

    def __post_init__(self) -> None:
        if not (-90 <= self.south <= self.north <= 90 and -180 <= self.west <= self.east <= 180):
            raise BadInput("an area has its south below its north and its west below its east, in degrees")

    def holds(self, place: Location) -> bool:
        return self.south <= place.latitude <= self.north and self.west <= place.longitude <= self.east

    def covers(self, other: Area) -> bool:
        """Tell whether all of `other` lies in this area."""
        rows = self.south <= other.south and other.north <= self.north
        return rows and self.west <= other.west and other.east <= self.east


class Order(StrEnum):
    """By time of capture."""

    NEWEST_FIRST = "newest-first"
    OLDEST_FIRST = "oldest-first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Reads captured from `begin` to `end` (not included) that fit any of `terms`, at any of `cameras`, in `area`.

    Empty `terms` or `cameras` and no `area` mean every one. A read without a location is in no area.
    """

    begin: datetime
    end: datetime
    terms: tuple[Term, ...] = ()
    cameras: tuple[CameraId, ...] = ()
    area: Area | None = None
    order: Order = Order.NEWEST_FIRST

    def __post_init__(self) -> None:
        if self.begin.tzinfo is None or self.end.tzinfo is None:
            raise BadInput("begin and end of a query need a time zone")
        if self.begin >= self.end:
            raise BadInput("a query begins before it ends")
        if max(len(self.terms), len(self.cameras)) > MOST_TERMS:
            raise BadInput(f"a query has at most {MOST_TERMS} marks and as many cameras")

    def within(self, begin: datetime, end: datetime) -> Query | None:
        """Return the query narrowed to what also lies between these times; None when nothing does."""
        later, earlier = max(self.begin, begin), min(self.end, end)
        return replace(self, begin=later, end=earlier) if later < earlier else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one page may cost. `bytes_` counts the files that are opened for it, whole."""

    rows: int = 100
    seconds: float = 30.0
    bytes_: int = 64 * 2**30

    def __post_init__(self) -> None:
        if not 1 <= self.rows <= 100_000 or self.seconds <= 0 or self.bytes_ <= 0:
            raise BadInput("a page has 1 to 100,000 rows, and more than 0 seconds and bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One read that fits, as much of it as a list shows. `text` is what fits of it: its VRM or a rival, look-alikes
    folded; `rank` 0 means its VRM; `probability` is how likely the plate bears `text` (0..1). `coarse` tells that
    `location` is only the middle of an area in which the camera stands."""

    vrm: Vrm
    captured_at: datetime
    camera_id: CameraId
    location: Location | None
    text: str
    rank: int
    probability: float
    coarse: bool = False


class Ended(StrEnum):
    """Why a page ended."""

    COMPLETE = "complete"
    """There is nothing more."""
    ROWS = "rows"
    SECONDS = "seconds"
    BYTES = "bytes"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Reads in the query's order. `cursor` goes on after them; None when the page is the last.

    A page that ended for any other reason than COMPLETE may be empty and still not be the last.
    """

    found: tuple[Found, ...]
    ended: Ended
    cursor: str | None


def utc(time: datetime) -> datetime:
    """Return the same instant in UTC."""
    return time.astimezone(UTC)
