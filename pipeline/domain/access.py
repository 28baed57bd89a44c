"""Who asks for reads, why, by whose leave, and what they are given: values only, so that no branch can be forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from pipeline.domain.plate import CameraId
from pipeline.domain.query import Area, Query
from pipeline.domain.vrm import Vrm

PersonId = NewType("PersonId", str)
RequestId = NewType("RequestId", str)
AuthorisationId = NewType("AuthorisationId", str)
Category = NewType("Category", str)
"""A kind of investigation, as the policy table of the settings names it; one it does not name is refused."""


class Grade(StrEnum):
    """Seniority, lowest first: the order of definition is the order of rank."""

    STAFF = "staff"
    CONSTABLE = "constable"
    SERGEANT = "sergeant"
    INSPECTOR = "inspector"
    CHIEF_INSPECTOR = "chief-inspector"
    SUPERINTENDENT = "superintendent"
    CHIEF_SUPERINTENDENT = "chief-superintendent"
    CHIEF_OFFICER = "chief-officer"

    def reaches(self, least: Grade) -> bool:
        """Tell whether this grade is `least` or above."""
        order = list(Grade)
        return order.index(self) >= order.index(least)


class Permission(StrEnum):
    """What a person may do beyond asking for reads. Nobody has any unless it was given."""

    AUTHORISE = "authorise"
    """Grant or refuse authorisations of others."""
    CAMERA_LOCATIONS = "camera-locations"
    """See where fixed cameras stand."""
    COVERT_LISTS = "covert-lists"
    EVIDENCE = "evidence"
    """Take reads out as exhibits."""
    AUDIT = "audit"
    """Read the audit log and its reports."""
    PEOPLE = "people"
    """Add, change and suspend people."""
    CAMERAS = "cameras"
    """Register cameras and decide on their assessments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody known to the system. Training is valid on days up to and including `trained_until`.

    `own_marks` are of vehicles of the person's own, where they have told them: audit reports find searches for them.
    `desks` are those whose alerts the person follows.
    """

    person_id: PersonId
    force: str
    grade: Grade
    roles: frozenset[str]
    trained_until: date | None
    permissions: frozenset[Permission] = frozenset()
    suspended: bool = False
    own_marks: frozenset[Vrm] = frozenset()
    desks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Instants from `begin` up to, not including, `end`; both UTC."""

    begin: datetime
    end: datetime

    def __contains__(self, instant: datetime) -> bool:
        return self.begin <= instant < self.end

    def __bool__(self) -> bool:
        return self.begin < self.end

    def within(self, other: Span) -> Span:
        """Return what both have in common; it may be empty."""
        return Span(begin=max(self.begin, other.begin), end=min(self.end, other.end))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What must make a request lawful, as it was given; whether it does, guards and policy decide."""

    purpose: str
    category: Category
    reference: str
    justification: str
    authorisation_id: AuthorisationId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """One wish to see reads, with all that makes it lawful or not."""

    request_id: RequestId
    person: Person
    purpose: str
    category: Category
    reference: str
    justification: str
    query: Query
    made_at: datetime
    authorisation_id: AuthorisationId | None = None


class AuthorisationState(StrEnum):
    """How far an authorisation has come. Only a granted one opens anything."""

    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """A senior officer's leave to look at older reads, captured in `period`, for these categories.

    It is for the `marks` (whole or partial, as they are searched), `areas` or `cameras` that it names; one that names
    nothing opens nothing.
    """

    authorisation_id: AuthorisationId
    requested_by: PersonId
    requested_at: datetime
    categories: frozenset[Category]
    period: Span
    reference: str
    justification: str
    marks: frozenset[str] = frozenset()
    areas: tuple[Area, ...] = ()
    cameras: frozenset[CameraId] = frozenset()
    state: AuthorisationState = AuthorisationState.REQUESTED
    decided_by: PersonId | None = None
    decider_grade: Grade | None = None
    decided_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """A part of what was asked that is not given, and the rule that keeps it back."""

    away: Span
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What may be seen: reads captured in `freely`, and in `authorised` for as long as the authorisation holds."""

    request: AccessRequest
    rule: str
    freely: Span
    authorised: Span
    narrowed: tuple[Narrowing, ...]

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the spans of capture time to search, oldest first, none of them empty, none overlapping."""
        return tuple(span for span in (self.authorised, self.freely) if span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Nothing may be seen; `rule` names what in the policy says so, `reason` says it in words."""

    request: AccessRequest
    rule: str
    reason: str


Decision = Grant | Refusal
