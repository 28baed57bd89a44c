"""Vehicles of interest and the hits that reads make on them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
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
    NEAR = "near"


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleOfInterest:
    """One entry of a hotlist; it matches from `valid_from` until `weed_date`, both UTC, either may be open."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A read that matches a vehicle of interest. `likelihood` is 1 for an exact match."""

    hit_id: HitId
    read_id: ReadId
    voi: VehicleOfInterest
    kind: HitKind
    likelihood: float
    hotlist_revision: str


def hit_id_of(read_id: ReadId, hotlist_id: HotlistId, vrm: Vrm) -> HitId:
    """Return the id of this read's hit on that entry: matching again makes the same hit, not a second one."""
    return HitId(hashlib.sha256(f"{read_id}\n{hotlist_id}\n{vrm}".encode()).hexdigest()[:32])
