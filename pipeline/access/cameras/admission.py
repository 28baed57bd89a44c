"""Whether a camera may run: only with an approved assessment, of where it stands now, that is in date.

Promise: of several assessments the newest decision counts, so that an old approval does not outlive a refusal or a
withdrawal. What cannot be looked up is not admitted. No key is needed, and no place is looked at.
On failure: nothing raises; the reason says what to do and tells no place.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from pipeline.access.cameras.assessments import NEWEST, WRITTEN
from pipeline.access.cameras.register import HOLDING, camera_of, row_at
from pipeline.domain.camera import (
    Admission,
    Admitted,
    Assessment,
    AssessmentState,
    Camera,
    CameraKind,
    NotAdmitted,
)
from pipeline.domain.plate import CameraId
from pipeline.errors import AnprError, NotFound
from pipeline.sqlite import open_to_read, transaction, translated


class AdmissionDesk:
    """Looks the register up anew every time; it need not exist yet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def may_run(self, camera_id: CameraId, at: datetime) -> Admission:
        """Tell whether the camera may run at `at`, by what is registered now."""
        if not self._path.exists():
            return _unregistered(camera_id)
        try:
            with (
                translated(self._path, HOLDING),
                closing(open_to_read(self._path, holding=HOLDING)) as rows,
                transaction(rows, writing=False),
            ):
                return self._looked_up(rows, camera_id, at)
        except NotFound:
            return _unregistered(camera_id)
        except (AnprError, ValueError) as error:
            return _not(camera_id, f"the register of cameras cannot be read ({type(error).__name__}); mend it")

    def _looked_up(self, rows: sqlite3.Connection, camera_id: CameraId, at: datetime) -> Admission:
        camera = camera_of(row_at(rows, camera_id, at))
        them = [WRITTEN.validate_json(content) for (content,) in rows.execute(NEWEST, (camera_id,))]
        if not them:
            return _not(camera_id, f"it has no assessment: `anpr camera assess {camera_id}`")
        decided = next((one for one in them if one.ruling is not None), None)
        if decided is None:
            state = max(them, key=lambda one: one.drafted_at).state_at(at)
            return _not(camera_id, f"its assessment is not approved yet (it is {state.value})")
        if decided.state_at(at) is AssessmentState.EXPIRED:
            return _not(
                camera_id, f"its assessment has expired, the review is overdue: `anpr camera assess {camera_id}`"
            )
        if decided.state is not AssessmentState.APPROVED:
            return _not(camera_id, f"its assessment was {decided.state.value}")
        if not _covers(decided, camera):
            return _not(camera_id, f"it was moved since it was assessed: `anpr camera assess {camera_id}`")
        return Admitted(camera_id=camera_id, assessment_id=decided.assessment_id)


def _covers(one: Assessment, camera: Camera) -> bool:
    if camera.kind is CameraKind.MOBILE:
        return True
    if camera.kind is CameraKind.PORTABLE:
        return one.area == camera.area
    return one.placement == camera.placement


def _unregistered(camera_id: CameraId) -> NotAdmitted:
    return _not(camera_id, f"it is not registered: `anpr camera add {camera_id} …`")


def _not(camera_id: CameraId, reason: str) -> NotAdmitted:
    return NotAdmitted(camera_id=camera_id, reason=reason)
