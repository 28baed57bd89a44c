"""Reads, capture records and VOIs: one ordinary one with whatever a test wants different, and strategies for any."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from pipeline.domain.hotlist import Action, HotlistId, VehicleOfInterest
from pipeline.domain.plate import CameraId, Candidate
from pipeline.domain.posterior import Doubt
from pipeline.domain.read import (
    CaptureRecord,
    ClockState,
    Digest,
    Direction,
    FeedId,
    Location,
    Read,
    ReadId,
    SourceId,
    digest_of,
)
from pipeline.domain.syntax import Syntax
from pipeline.domain.vrm import MAXIMUM_LENGTH, Vrm

AT = datetime(2026, 1, 5, 8, 30, 15, 123456, tzinfo=UTC)
PATCH = b"\xff\xd8 patch \xff\xd9"
OVERVIEW = b"\xff\xd8 overview \xff\xd9"


def a_read(**overrides: Any) -> Read:
    """One ordinary read, with `overrides`."""
    read = Read(
        read_id=ReadId("0123456789abcdef0123456789abcdef"),
        feed_id=FeedId("local"),
        source_id=SourceId("1"),
        camera_id=CameraId("north-gate"),
        captured_at=AT,
        received_at=AT + timedelta(seconds=1),
        clock_state=ClockState.STREAM,
        location=Location(latitude=51.25, longitude=0.5),
        vrm=Vrm("AB12CDE"),
        raw_text="AB12 CDE",
        confidence=0.97,
        character_confidences=(0.99, 0.98, 0.97, 0.99, 0.99, 0.98, 0.99),
        candidates=(Candidate(text="AB12CDE", probability=0.97), Candidate(text="A812CDE", probability=0.02)),
        syntax=Syntax.CURRENT,
        direction=Direction.APPROACHING,
        lane=2,
        patch_digest=digest_of(PATCH),
        overview_digest=digest_of(OVERVIEW),
        sighting_count=9,
        model_version="detector-1/recogniser-1",
    )
    if "vrm" in overrides:
        # or the mark it would have had otherwise would still be its likeliest candidate
        overrides = {"candidates": (Candidate(text=overrides["vrm"], probability=0.97),)} | overrides
    return replace(read, **overrides)


def a_record(
    number: int | None = None, *, patch: bytes = PATCH, overview: bytes = OVERVIEW, **of_read: Any
) -> CaptureRecord:
    """One ordinary record. Another `number` is another read, captured that many seconds later."""
    if number is not None:
        of_read = {"read_id": ReadId(f"{number:032x}"), "captured_at": AT + timedelta(seconds=number)} | of_read
    read = a_read(**{"patch_digest": digest_of(patch), "overview_digest": digest_of(overview)} | of_read)
    return CaptureRecord(read=read, patch=patch, overview=overview)


def a_voi(**overrides: Any) -> VehicleOfInterest:
    """One ordinary entry of a hotlist, always in force, with `overrides`."""
    voi = VehicleOfInterest(
        vrm=Vrm("AB12CDE"),
        hotlist_id=HotlistId("stolen"),
        reason="stolen",
        priority=3,
        action=Action.STOP,
        owner="traffic desk",
    )
    return replace(voi, **overrides)


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_marks = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=MAXIMUM_LENGTH).map(Vrm)
_probabilities = st.floats(0, 1)
_instants = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

any_read = st.builds(
    Read,
    read_id=st.text("0123456789abcdef", min_size=32, max_size=32).map(ReadId),
    feed_id=_text.map(FeedId),
    source_id=_text.map(SourceId),
    camera_id=_text.map(CameraId),
    captured_at=_instants,
    received_at=_instants,
    clock_state=st.sampled_from(ClockState),
    location=st.none() | st.builds(Location, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180)),
    vrm=_marks,
    raw_text=_text,
    confidence=_probabilities,
    character_confidences=st.lists(_probabilities, max_size=MAXIMUM_LENGTH).map(tuple),
    candidates=st.lists(st.builds(Candidate, text=_marks, probability=_probabilities), max_size=5).map(tuple),
    syntax=st.sampled_from(Syntax),
    direction=st.sampled_from(Direction),
    lane=st.none() | st.integers(0, 9),
    patch_digest=st.binary(max_size=8).map(digest_of).map(Digest),
    overview_digest=st.binary(max_size=8).map(digest_of).map(Digest),
    sighting_count=st.integers(1, 10_000),
    model_version=_text,
    doubts=st.lists(
        st.builds(
            Doubt,
            position=st.integers(0, MAXIMUM_LENGTH),
            length=st.integers(0, 2),
            text=st.text("ABC123", max_size=2),
            cost=st.integers(0, 1000),
        ),
        max_size=4,
    ).map(tuple),
)
any_record = st.builds(CaptureRecord, read=any_read, patch=st.binary(max_size=64), overview=st.binary(max_size=64))
todays_marks = st.from_regex(r"[A-HJ-PR-Y]{2}[0-9]{2}[A-HJ-PR-Z]{3}", fullmatch=True).map(Vrm)
"""Marks that no message holds by chance."""
