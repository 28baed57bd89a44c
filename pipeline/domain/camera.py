"""Cameras as the register knows them, and the assessment of impact without which none runs: values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from pipeline.domain.access import Grade, PersonId
from pipeline.domain.plate import CameraId
from pipeline.domain.read import Location

AssessmentId = NewType("AssessmentId", str)


class CameraKind(StrEnum):
    """Where a camera stands: for good, in a vehicle that tells its own position, or for a while."""

    FIXED = "fixed"
    MOBILE = "mobile"
    PORTABLE = "portable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A registered camera as it is from `since` on, without its place. `area` is what everybody may know of it.

    `placement` is the number of the entry: a move makes a new one.
    """

    camera_id: CameraId
    kind: CameraKind
    force: str
    area: str
    since: datetime
    entered_at: datetime
    changed_by: PersonId
    placement: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A camera with its place, which is restricted; None for a mobile camera: each read has its own."""

    camera: Camera
    location: Location | None


class PlaceType(StrEnum):
    """The rows of the published justification matrix."""

    STRATEGIC_ROAD = "strategic-road"
    MAJOR_ROAD = "major-road"
    MINOR_ROAD = "minor-road"
    CROWDED_PLACE = "crowded-place"
    PRIVATE_SITE = "private-site"


class Factor(StrEnum):
    """What a pressing need is weighed against, as the force told its public."""

    NATIONAL_SECURITY = "national-security"
    SERIOUS_CRIME = "serious-crime"
    LOCAL_CRIME = "local-crime"
    CONFIDENCE = "confidence"
    PREVENTION = "prevention"


class Expectation(StrEnum):
    """How likely the published matrix holds a camera to be justified."""

    VERY_LIKELY = "very likely"
    MOST_CASES = "in most cases"
    EXCEPTIONAL = "exceptionally only"


class Weight(StrEnum):
    """How much a factor speaks for the camera."""

    NONE = "none"
    SOME = "some"
    PRESSING = "pressing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    weight: Weight
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """To the rights and freedoms of people, and what is done about it."""

    risk: str
    mitigation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What an author says for and against a camera. All of it is published.

    `exception` says why this place is exceptional, where the matrix wants that.
    """

    place: PlaceType
    purpose: str
    need: dict[Factor, Weighing]
    screening: dict[str, str]
    risks: tuple[Risk, ...]
    exception: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    who: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What somebody who was asked said; `answer` is empty until it was answered."""

    who: str
    at: datetime
    said: str
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """Who was asked, until when they may reply, and what they said. Replies count up to the end of `closes_on`."""

    invited: tuple[Invitation, ...] = ()
    closes_on: date | None = None
    replies: tuple[Reply, ...] = ()
    closed_at: datetime | None = None


class AssessmentState(StrEnum):
    """How far an assessment has come. Only an approved one lets a camera run, until its review is due."""

    DRAFT = "draft"
    CONSULTED = "consulted"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    """Approved, and the review is overdue. Told by the date, never stored."""
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The decision on an assessment. An approval counts up to the end of `review_on` (UTC)."""

    by: PersonId
    grade: Grade
    at: datetime
    reason: str
    review_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    by: PersonId
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The impact assessment of one camera where it stood (`placement`, in `area`) when the assessment was drafted."""

    assessment_id: AssessmentId
    camera_id: CameraId
    kind: CameraKind
    area: str
    placement: int
    author: PersonId
    drafted_at: datetime
    case: Case
    state: AssessmentState = AssessmentState.DRAFT
    consultation: Consultation = Consultation()
    ruling: Ruling | None = None
    withdrawal: Withdrawal | None = None

    def state_at(self, at: datetime) -> AssessmentState:
        """Return the state at `at`: an approval whose review is overdue is expired."""
        if self.state is AssessmentState.APPROVED:
            review_on = self.ruling.review_on if self.ruling else None
            if review_on is None or at.date() > review_on:
                return AssessmentState.EXPIRED
        return self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """The camera may run, under this assessment; None where none is asked for."""

    camera_id: CameraId
    assessment_id: AssessmentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAdmitted:
    """The camera may not run; `reason` says why and what to do, and nothing of the place."""

    camera_id: CameraId
    reason: str


Admission = Admitted | NotAdmitted
