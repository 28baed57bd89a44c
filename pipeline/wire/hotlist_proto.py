"""Vehicles of interest and hits between the domain and their contract, `protos/anpr/v1/hotlist.proto`.

On failure: BadInput when a message has an enumeration that this version does not know, or misses what every hit has.
"""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from pipeline.domain.hotlist import (
    Action,
    Hit,
    HitId,
    HitKind,
    HotlistId,
    HotlistTerms,
    ListedEntry,
    VehicleOfInterest,
)
from pipeline.domain.read import ReadId
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput
from pipeline.wire.read_proto import enum_name
from protos.anpr.v1 import hotlist_pb2


def stamp_of(at: datetime) -> Timestamp:
    """Return the message that says `at`, to the microsecond."""
    stamp = Timestamp()
    stamp.FromDatetime(at.astimezone(UTC))
    return stamp


def time_of(stamp: Timestamp) -> datetime:
    """Return the instant that `stamp` says, in UTC. Raises BadInput outside the years 1 to 9999."""
    try:
        return stamp.ToDatetime(tzinfo=UTC)
    except (OverflowError, ValueError) as error:
        raise BadInput("a time is outside the years 1 to 9999") from error


def value_of(prefix: str, name: str) -> str:
    """Return the domain's word for an enumeration's value: CLOCK_STATE_STREAM is `stream`."""
    return name.removeprefix(f"{prefix}_").lower().replace("_", "-")


def message_of_voi(voi: VehicleOfInterest) -> hotlist_pb2.VehicleOfInterest:
    """Return the message that says `voi`."""
    return hotlist_pb2.VehicleOfInterest(
        vrm=voi.vrm,
        hotlist_id=voi.hotlist_id,
        reason=voi.reason,
        priority=voi.priority,
        action=enum_name("ACTION", voi.action),
        owner=voi.owner,
        warning_markers=voi.warning_markers,
        valid_from=stamp_of(voi.valid_from) if voi.valid_from else None,
        weed_date=stamp_of(voi.weed_date) if voi.weed_date else None,
        make=voi.make,
        model=voi.model,
        colour=voi.colour,
        reference=voi.reference,
        information=voi.information,
        intelligence=voi.intelligence,
        force_area=voi.force_area,
        marking=voi.marking,
        incident=voi.incident,
    )


def voi_of(message: hotlist_pb2.VehicleOfInterest) -> VehicleOfInterest:
    """Return the entry that `message` says. Raises BadInput."""
    try:
        action = Action(hotlist_pb2.Action.Name(message.action).removeprefix("ACTION_"))
    except ValueError as error:
        raise BadInput("an entry has an action that this version does not know") from error
    return VehicleOfInterest(
        vrm=Vrm(message.vrm),
        hotlist_id=HotlistId(message.hotlist_id),
        reason=message.reason,
        priority=message.priority,
        action=action,
        owner=message.owner,
        warning_markers=message.warning_markers,
        valid_from=time_of(message.valid_from) if message.HasField("valid_from") else None,
        weed_date=time_of(message.weed_date) if message.HasField("weed_date") else None,
        make=message.make,
        model=message.model,
        colour=message.colour,
        reference=message.reference,
        information=message.information,
        intelligence=message.intelligence,
        force_area=message.force_area,
        marking=message.marking,
        incident=message.incident,
    )


def message_of_hit(hit: Hit) -> hotlist_pb2.Hit:
    """Return the message that says `hit`."""
    return hotlist_pb2.Hit(
        hit_id=hit.hit_id,
        read_id=hit.read_id,
        voi=message_of_voi(hit.voi),
        kind=enum_name("HIT_KIND", hit.kind),
        likelihood=hit.likelihood,
        hotlist_revision=hit.hotlist_revision,
        as_it_was=hit.as_it_was,
        as_it_is=hit.as_it_is,
        read_age_seconds=hit.read_age_seconds,
    )


def hit_of(message: hotlist_pb2.Hit) -> Hit:
    """Return the hit that `message` says. Raises BadInput."""
    try:
        kind = HitKind(value_of("HIT_KIND", hotlist_pb2.HitKind.Name(message.kind)))
    except ValueError as error:
        raise BadInput("a hit has a kind that this version does not know") from error
    return Hit(
        hit_id=HitId(message.hit_id),
        read_id=ReadId(message.read_id),
        voi=voi_of(message.voi),
        kind=kind,
        likelihood=message.likelihood,
        hotlist_revision=message.hotlist_revision,
        as_it_was=message.as_it_was if message.HasField("as_it_was") else None,
        as_it_is=message.as_it_is,
        read_age_seconds=message.read_age_seconds,
    )


def message_of_terms(terms: HotlistTerms, revision: str) -> hotlist_pb2.Hotlist:
    """Return the message that says what a list is for."""
    return hotlist_pb2.Hotlist(
        hotlist_id=terms.hotlist_id,
        owner=terms.owner,
        purpose=terms.purpose,
        review_date=terms.review_date.isoformat() if terms.review_date else "",
        covert=terms.covert,
        entries=terms.entries,
        revision=revision,
    )


def message_of_listed(entry: ListedEntry) -> hotlist_pb2.ListedEntry:
    """Return the message that says when an entry was on its list."""
    return hotlist_pb2.ListedEntry(
        voi=message_of_voi(entry.voi),
        listed_at=stamp_of(entry.listed_at) if entry.listed_at else None,
        removed_at=stamp_of(entry.removed_at) if entry.removed_at else None,
    )
