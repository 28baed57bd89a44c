"""Vehicles of interest and the hits that reads make on them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from pipeline.domain.read import ReadId
from pipeline.domain.vrm import Vrm

HotlistId = NewType("HotlistId", str)
HitId = NewType("HitId", str)


class Action(StrEnum):
    """What the list's owner asks for."""

    STOP = "STOP"
    SILENT = "SILENT"


class HitKind(StrEnum):
    """Exact and near are never mixed up in any output."""

    EXACT = "exact"
    """The read is the mark of the VOI, as far as its glyphs tell (O is 0, I is 1)."""
    NEAR = "near"
    """The plate may bear the mark of the VOI, by the doubts of the read."""
    PARTIAL = "partial"
    """The read fits what is known of the VOI's mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleOfInterest:
    """One entry of a hotlist; it matches from `valid_from` until `weed_date`, both UTC, either may be open.

    `vrm` is whole, or partial: `?` stands for any one character, `*` for any run of them.
    """

    vrm: Vrm
    hotlist_id: HotlistId
    reason: str
    priority: int
    action: Action
    owner: str
    warning_markers: str = ""
    valid_from: datetime | None = None
    weed_date: datetime | None = None
    make: str = ""
    model: str = ""
    colour: str = ""
    reference: str = ""
    """The owner's own number of the entry (PNC id)."""
    information: str = ""
    """What the owner asks or tells those who stop it."""
    intelligence: str = ""
    """NIM 5x5x5 grading."""
    force_area: str = ""
    marking: str = ""
    """Protective marking (GPMS)."""
    incident: str = ""
    """Command and control (CAD) information."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotlistTerms:
    """What a whole list is for and who answers for it. `entries` counts those on the list now, in force or not."""

    hotlist_id: HotlistId
    owner: str = ""
    purpose: str = ""
    review_date: date | None = None
    """The day by which the owner must have looked whether the list is still needed; overdue lists raise an alarm."""
    covert: bool = False
    """Hits of a covert list are told to `visible_to` alone."""
    visible_to: tuple[str, ...] = ()
    """Who may see its entries and alerts, beside the owner; of a list that is not covert, empty means everybody."""
    near_false_per_1000_reads: float = 1.0
    """The list's budget of false alerts by near matches."""
    entries: int = 0

    def may_be_seen_by(self, person_or_group: str) -> bool:
        """Tell whether its entries and alerts may be shown to them."""
        if person_or_group and person_or_group in (self.owner, *self.visible_to):
            return True
        return self.is_for_everybody

    @property
    def is_for_everybody(self) -> bool:
        """Tell whether its name may be known to whoever has to do with lists."""
        return not self.covert and not self.visible_to

    def review_is_overdue(self, today: date) -> bool:
        return self.review_date is not None and self.review_date < today


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEntry:
    """An entry in its time on a list; None where that has no beginning or no end."""

    voi: VehicleOfInterest
    listed_at: datetime | None
    removed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A read that matches a vehicle of interest.

    `likelihood` is 1 for an exact or partial match. For a near one it is the probability that the plate bears the mark
    of the VOI, as the reader saw it: before anything is said of how likely that vehicle is to come by.
    """

    hit_id: HitId
    read_id: ReadId
    voi: VehicleOfInterest
    kind: HitKind
    likelihood: float
    hotlist_revision: str
    as_it_was: bool | None = None
    """The entry was on the list and in force when the vehicle was captured; None where that is not known any more."""
    as_it_is: bool = True
    """The entry was on the list and in force when the read was matched. If not, the hit is of a late read."""
    read_age_seconds: float = 0.0
    """How long before the match the vehicle was captured."""


def hit_id_of(read_id: ReadId, hotlist_id: HotlistId, vrm: Vrm, reference: str = "") -> HitId:
    """Return the id of this read's hit on that entry: matching again makes the same hit, not a second one.

    Entries of one mark on one list are told apart by the owner's `reference`; those without any make one hit.
    """
    entry = f"{hotlist_id}\n{vrm}" + (f"\n{reference}" if reference else "")
    return HitId(hashlib.sha256(f"{read_id}\n{entry}".encode()).hexdigest()[:32])


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPart:
    """A part of a revision of one list, as a centre tells it. Without `terms` it only says that the revision is new."""

    revision: int
    made_at: datetime
    terms: HotlistTerms | None = None
    whole: bool = False
    """The revision tells all that is on the lists; otherwise what changed."""
    entries: tuple[VehicleOfInterest, ...] = ()
    removed: tuple[Vrm, ...] = ()
    last_of_revision: bool = False
