"""An authorisation as JSON and back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pipeline.domain.access import (
    Authorisation,
    AuthorisationId,
    AuthorisationState,
    Category,
    Grade,
    PersonId,
    Span,
)
from pipeline.domain.plate import CameraId
from pipeline.domain.query import Area, utc


def written(one: Authorisation) -> dict[str, Any]:
    """Return `one` as values that JSON knows."""
    return {
        "authorisation_id": one.authorisation_id,
        "requested_by": one.requested_by,
        "requested_at": _told(one.requested_at),
        "categories": sorted(one.categories),
        "period": [_told(one.period.begin), _told(one.period.end)],
        "reference": one.reference,
        "justification": one.justification,
        "marks": sorted(one.marks),
        "areas": [asdict(area) for area in one.areas],
        "cameras": sorted(one.cameras),
        "state": one.state.value,
        "decided_by": one.decided_by,
        "decider_grade": one.decider_grade.value if one.decider_grade else None,
        "decided_at": _told(one.decided_at),
        "expires_at": _told(one.expires_at),
        "revoked_at": _told(one.revoked_at),
    }


def authorisation_of(told: dict[str, Any]) -> Authorisation:
    """Return what `written` wrote."""
    begin, end = (datetime.fromisoformat(one) for one in told["period"])
    return Authorisation(
        authorisation_id=AuthorisationId(told["authorisation_id"]),
        requested_by=PersonId(told["requested_by"]),
        requested_at=datetime.fromisoformat(told["requested_at"]),
        categories=frozenset(Category(one) for one in told["categories"]),
        period=Span(begin=begin, end=end),
        reference=told["reference"],
        justification=told["justification"],
        marks=frozenset(told["marks"]),
        areas=tuple(Area(**one) for one in told["areas"]),
        cameras=frozenset(CameraId(one) for one in told["cameras"]),
        state=AuthorisationState(told["state"]),
        decided_by=PersonId(told["decided_by"]) if told["decided_by"] else None,
        decider_grade=Grade(told["decider_grade"]) if told["decider_grade"] else None,
        decided_at=_instant(told["decided_at"]),
        expires_at=_instant(told["expires_at"]),
        revoked_at=_instant(told["revoked_at"]),
    )


def _told(at: datetime | None) -> str | None:
    return utc(at).isoformat() if at else None


def _instant(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
