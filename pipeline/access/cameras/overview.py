"""The register of cameras for people to look at: each with how far its assessment has come and whether it may run.

Promise: without a place, unless somebody with the permission asks for one and gives a reason, which is recorded first.
On failure: AccessDenied, NotFound and BadInput as the register; Unavailable or IntegrityError as in
`pipeline/sqlite.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.access.cameras.assessments import AssessmentBook
from pipeline.access.cameras.register import CameraRegister
from pipeline.domain.access import Person
from pipeline.domain.camera import Admission, AssessmentState, Camera, NotAdmitted
from pipeline.domain.plate import CameraId
from pipeline.domain.ports import Clock
from pipeline.domain.read import Location
from pipeline.errors import BadInput

_PAGE, _LARGEST_PAGE = 100, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSeen:
    """A camera as it is listed. `assessment` is None where there is none; `why_not` is empty where it may run."""

    camera: Camera
    assessment: AssessmentState | None
    review_on: date | None
    why_not: str


class CameraOverview:
    """Reads one register. Safe for many threads."""

    def __init__(
        self,
        register: CameraRegister,
        assessments: AssessmentBook,
        may_run: Callable[[CameraId, datetime], Admission],
        *,
        clock: Clock,
    ) -> None:
        self._register = register
        self._assessments = assessments
        self._may_run = may_run
        self._clock = clock

    def listed(self, *, size: int = 0, after: str = "") -> tuple[list[CameraSeen], str]:
        """Return the cameras whose ids come after `after`, and what to ask for the next page with (empty: none)."""
        if not 0 <= size <= _LARGEST_PAGE:
            raise BadInput(f"page_size is 1 to {_LARGEST_PAGE}, or 0 for {_PAGE}")
        size = size or _PAGE
        behind = [one for one in self._register.everything() if one.camera_id > after]
        following = behind[size - 1].camera_id if len(behind) > size else ""
        return [self._seen(one) for one in behind[:size]], following

    def one(self, camera_id: CameraId, at: datetime | None = None) -> CameraSeen:
        """Return a camera as it is now, or was at `at`."""
        return self._seen(self._register.camera(camera_id, at))

    def place(self, camera_id: CameraId, at: datetime | None, *, by: Person, reason: str) -> Location | None:
        """Return where a camera stands, or stood at `at`; None for a mobile one."""
        return self._register.told(camera_id, at, by=by, reason=reason).location

    def _seen(self, camera: Camera) -> CameraSeen:
        now = self._clock.now()
        them = self._assessments.of(camera.camera_id)
        newest = max(them, key=lambda each: each.drafted_at) if them else None
        admission = self._may_run(camera.camera_id, now)
        return CameraSeen(
            camera=camera,
            assessment=newest.state_at(now) if newest else None,
            review_on=newest.ruling.review_on if newest and newest.ruling else None,
            why_not=admission.reason if isinstance(admission, NotAdmitted) else "",
        )
