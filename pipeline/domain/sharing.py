"""What passes between organisations: what became of a read that was offered, and what is told of erasures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType

Organisation = NewType("Organisation", str)
"""A force, a national centre, or whoever else sends or is sent reads, as the settings name it."""


class Taken(StrEnum):
    """What became of one read that was offered. Whatever it is, it need not be offered again."""

    ACCEPTED = "accepted"
    """New, and durable."""
    DUPLICATE = "duplicate"
    """Held already, from this sender or another."""
    QUARANTINED = "quarantined"
    """Durable, but put aside for people to look at: nothing is matched, stored or shared of it."""
    REFUSED = "refused"
    """Not kept: it could not be read at all, or this sender may not send it."""


class Fault(StrEnum):
    """Why a read was quarantined or refused."""

    NOT_A_READ = "not-a-read"
    """Its bytes are no capture record."""
    INCOMPLETE = "incomplete"
    """It has no id, no mark, no camera, or not both times."""
    TOO_LONG = "too-long"
    """A text or a list in it is longer than any read's."""
    UNKNOWN_WORD = "unknown-word"
    """A clock state, syntax or direction that this version does not know."""
    FUTURE = "future"
    """Captured or made later than now: the sender's clock is ahead."""
    ANCIENT = "ancient"
    """Captured longer ago than anything is kept."""
    NOT_ITS_FEED = "not-its-feed"
    """This sender may not send reads of that feed."""
    OTHER_PICTURE = "other-picture"
    """A picture is not the one whose digest the read bears."""
    UNKNOWN_READ = "unknown-read"
    """A picture came for a read that is not held: send the read first."""


class EncodedRecord(NamedTuple):
    """A capture record as it is passed on: its bytes, and what it is known by (the read_id, for a read)."""

    key: str
    content: bytes
    also: tuple[str, ...] = ()
    """What it answers for besides: the keys of the pictures in it."""


class Offer(NamedTuple):
    """Encoded capture records that `sender` offers together; `sent_at` is its clock when it sent them, if it tells."""

    sender: Organisation
    records: Sequence[bytes]
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one read, and why where it was not simply taken."""

    taken: Taken
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureNotice:
    """What an organisation erased at its limit of retention: never a mark, a camera or a read.

    Nothing captured or received before `before` is held there any more; `counts` says how many of what kind went.
    """

    erasure_id: str
    at: datetime
    before: datetime
    because: str
    counts: Mapping[str, int]
