"""The assessments of impact, as a register keeps them: every step is a new row, nothing is overwritten.

Promise: every step is written to the audit log (with the digest of what the assessment then says) before it is taken.
What is published may not hold the degrees of the place it speaks of. An assessment is of a camera where it stood when
it was drafted: a fixed camera that was moved, and a portable one that went to another area, needs a new one.
On failure: as in `steps.py` and `register.py`.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter

from pipeline.access.cameras import steps
from pipeline.access.cameras.register import HOLDING, TABLES, CameraRegister
from pipeline.access.texts import plain
from pipeline.domain.access import Permission, Person
from pipeline.domain.audit import AuditEvent, AuditWriter, Operation, Outcome
from pipeline.domain.camera import Assessment, AssessmentId, AssessmentState, Case
from pipeline.domain.plate import CameraId
from pipeline.domain.ports import Clock
from pipeline.errors import AccessDenied, BadInput, NotFound
from pipeline.sqlite import open_to_write, transaction, translated

WRITTEN = TypeAdapter(Assessment)
_ID_DIGITS = 12
NEWEST = (
    "SELECT content FROM assessments WHERE number IN"
    " (SELECT MAX(number) FROM assessments WHERE camera_id = ? GROUP BY assessment_id) ORDER BY number DESC"
)


class AssessmentBook:
    """The assessments of all cameras of one register, which is in the same file."""

    def __init__(
        self, path: Path, cameras: CameraRegister, *, audit: AuditWriter, clock: Clock, most_review_days: int
    ) -> None:
        self._path = path
        self._cameras = cameras
        self._audit = audit
        self._clock = clock
        self._most_review_days = most_review_days
        self._one_at_a_time = threading.Lock()
        self._rows = open_to_write(path, TABLES, holding=HOLDING)

    def of(self, camera_id: CameraId) -> list[Assessment]:
        """Return the assessments of a camera as they stand, the one that last changed first."""
        with translated(self._path, HOLDING):
            rows = self._rows.execute(NEWEST, (camera_id,)).fetchall()
        return [WRITTEN.validate_json(content) for (content,) in rows]

    def draft(self, camera_id: CameraId, case: Case, *, by: Person) -> Assessment:
        """Enter what `by` says for and against the camera where it stands now."""
        camera = self._cameras.camera(camera_id)
        drafted = Assessment(
            assessment_id=AssessmentId(uuid.uuid4().hex[:_ID_DIGITS]),
            camera_id=camera_id,
            kind=camera.kind,
            area=camera.area,
            placement=camera.placement,
            author=by.person_id,
            drafted_at=self._clock.now(),
            case=steps.checked(case),
        )
        if by.suspended:
            raise AccessDenied("access is suspended")
        with self._step():
            self._keep(drafted, by, "drafted")
        return drafted

    def invite(self, camera_id: CameraId, who: Sequence[str], closes_on: date, *, by: Person) -> Assessment:
        """Enter who was asked for their views, and until when they may give them."""
        now = self._clock.now()
        return self._on_draft(
            camera_id, by, "views invited", lambda one: steps.invited(one, who=who, closes_on=closes_on, at=now)
        )

    def reply(self, camera_id: CameraId, who: str, *, said: str = "", answer: str = "", by: Person) -> Assessment:
        """Enter what somebody said, how it was answered, or both."""
        if not (said or answer):
            raise BadInput("give what was said, how it was answered, or both")
        now = self._clock.now()

        def entered(one: Assessment) -> Assessment:
            one = steps.replied(one, who=who, said=said, at=now) if said else one
            return steps.answered(one, who=who, answer=answer) if answer else one

        return self._on_draft(camera_id, by, "reply entered", entered)

    def close_consultation(self, camera_id: CameraId, *, by: Person) -> Assessment:
        """End the consultation: from now on somebody may decide."""
        now = self._clock.now()
        return self._on_draft(camera_id, by, "consultation closed", lambda one: steps.closed(one, at=now))

    def approve(self, camera_id: CameraId, *, by: Person, reason: str, review_on: date) -> Assessment:
        """Approve what was last consulted on; the camera may run from this moment to the end of `review_on`."""
        now, most = self._clock.now(), self._most_review_days
        return self._on_newest(
            camera_id,
            by,
            "approved",
            lambda one: steps.approved(one, by=by, at=now, reason=reason, review_on=review_on, most_review_days=most),
        )

    def refuse(self, camera_id: CameraId, *, by: Person, reason: str) -> Assessment:
        """Refuse what was last consulted on."""
        now = self._clock.now()
        return self._on_newest(camera_id, by, "refused", lambda one: steps.refused(one, by=by, at=now, reason=reason))

    def withdraw(self, camera_id: CameraId, *, by: Person, reason: str) -> Assessment:
        """Withdraw the approval that is in force, or what is under way where there is none."""
        now = self._clock.now()

        def chosen(them: list[Assessment]) -> Assessment:
            return next((one for one in them if one.state is AssessmentState.APPROVED), them[0])

        return self._change(
            camera_id, by, "withdrawn", chosen, lambda one: steps.withdrawn(one, by=by, at=now, reason=reason)
        )

    def close(self) -> None:
        self._rows.close()

    def _on_draft(
        self, camera_id: CameraId, by: Person, what: str, step: Callable[[Assessment], Assessment]
    ) -> Assessment:
        def allowed(one: Assessment) -> Assessment:
            if by.suspended or (by.person_id != one.author and Permission.CAMERAS not in by.permissions):
                raise AccessDenied("the author, or somebody with the permission cameras, keeps the consultation")
            return step(one)

        return self._on_newest(camera_id, by, what, allowed)

    def _on_newest(
        self, camera_id: CameraId, by: Person, what: str, step: Callable[[Assessment], Assessment]
    ) -> Assessment:
        return self._change(camera_id, by, what, lambda them: max(them, key=lambda one: one.drafted_at), step)

    def _change(
        self,
        camera_id: CameraId,
        by: Person,
        what: str,
        choose: Callable[[list[Assessment]], Assessment],
        step: Callable[[Assessment], Assessment],
    ) -> Assessment:
        with self._step():
            them = self.of(camera_id)
            if not them:
                raise NotFound("there is no assessment of such a camera: `anpr camera assess`")
            changed = step(choose(them))
            self._keep(changed, by, what)
        return changed

    @contextmanager
    def _step(self) -> Iterator[None]:
        """Look, write down and enter as one, so that no two people decide on the same assessment."""
        with self._one_at_a_time, translated(self._path, HOLDING), transaction(self._rows):
            yield

    def _keep(self, one: Assessment, by: Person, what: str) -> None:
        place = self._cameras.placed(one.camera_id, one.drafted_at).location
        if place is not None and steps.tells_place(steps.texts_of(one), place):
            raise BadInput("a text holds the degrees of the camera's place: all of this is published, take them out")
        content = WRITTEN.dump_json(one)
        reason = one.withdrawal.reason if one.withdrawal else one.ruling.reason if one.ruling else one.case.purpose
        event = AuditEvent(
            operation=Operation.AUTHORISATION,
            outcome=Outcome.ALLOWED,
            person_id=by.person_id,
            force=by.force,
            justification=plain(reason, "the reason"),
            details={
                "what": f"assessment of a camera: {what}",
                "camera": one.camera_id,
                "assessment": one.assessment_id,
                "state": one.state.value,
                "review on": str(one.ruling.review_on) if one.ruling and one.ruling.review_on else "",
                "content, SHA-256": hashlib.sha256(content).hexdigest(),
            },
        )
        self._audit.append([event])
        self._rows.execute(
            "INSERT INTO assessments (assessment_id, camera_id, content) VALUES (?, ?, ?)",
            (one.assessment_id, one.camera_id, content.decode()),
        )
