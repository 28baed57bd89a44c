"""What the tests of matching share: a moment, a matcher over a few entries, a read with doubts, and what hit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipeline.domain.hotlist import Hit, HitKind, VehicleOfInterest
from pipeline.domain.posterior import Doubt
from pipeline.domain.read import Read
from pipeline.domain.vrm import Vrm
from pipeline.match.matcher import HotlistMatcher
from pipeline.match.settings import MatchSettings
from tests.support.builders import a_read
from tests.support.hotlists import a_snapshot

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
SETTINGS = MatchSettings(near_least_likelihood=0.0005)


def matcher(*entries: VehicleOfInterest, shards: int = 1) -> HotlistMatcher:
    return HotlistMatcher(a_snapshot(*entries, shards=shards), SETTINGS)


def read_of(vrm: str, *doubts: tuple[int, int, str, float], confidence: float = 0.9, **others: object) -> Read:
    """A fresh read; a doubt is (position, length, text, odds)."""
    told = tuple(
        Doubt(position=position, length=length, text=text, cost=round(-100 * math.log(odds)))
        for position, length, text, odds in doubts
    )
    read = a_read(vrm=Vrm(vrm), confidence=confidence, doubts=told, candidates=(), captured_at=AT)
    return replace(read, **others)  # type: ignore[arg-type]


def kinds(hits: Sequence[Hit]) -> dict[str, HitKind]:
    return {hit.voi.vrm: hit.kind for hit in hits}
