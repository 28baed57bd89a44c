"""What the tests of cameras share: people, a good case, and an office on real files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pipeline.access.cameras.admission import AdmissionDesk
from pipeline.access.cameras.assessments import AssessmentBook
from pipeline.access.cameras.questions import SCREENING
from pipeline.access.cameras.register import CameraRegister
from pipeline.access.cameras.seal import PlaceSeal
from pipeline.domain.access import Permission, PersonId
from pipeline.domain.camera import CameraKind, Case, Factor, PlaceType, Risk, Weighing, Weight
from pipeline.domain.plate import CameraId
from pipeline.domain.read import Location
from tests.unit.access.stand import ASKER, NOW, OFFICER, ListedAudit, ManualClock

GATE, UNIT = CameraId("gate"), CameraId("unit")
HERE, THERE = Location(latitude=51.234567, longitude=-0.765432), Location(latitude=52.345678, longitude=-1.876543)
AUTHOR = replace(ASKER, permissions=frozenset({Permission.CAMERAS}))
DECIDER = replace(
    OFFICER, person_id=PersonId("p4"), permissions=frozenset({Permission.CAMERAS, Permission.CAMERA_LOCATIONS})
)
TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)
CASE = Case(
    place=PlaceType.MAJOR_ROAD,
    purpose="Stolen vehicles leave the made-up county on this road.",
    need={
        factor: Weighing(
            weight=Weight.PRESSING if factor is Factor.SERIOUS_CRIME else Weight.NONE, reason=f"about {factor.value}"
        )
        for factor in Factor
    },
    screening=dict.fromkeys(SCREENING, "considered"),
    risks=(Risk(risk="Movements of residents are recorded.", mitigation="They go after twelve months."),),
)


class Office:
    """Register, assessments and admission on one folder."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.audit, self.path = ManualClock(), ListedAudit(), folder / "cameras.sqlite"
        self.seal = PlaceSeal(folder / "keys")
        self.register = CameraRegister(self.path, self.seal, audit=self.audit, clock=self.clock)
        self.book = AssessmentBook(self.path, self.register, audit=self.audit, clock=self.clock, most_review_days=365)
        self.admission = AdmissionDesk(self.path)

    def reason(self, camera_id: CameraId = GATE) -> str:
        """Why the camera may not run; empty if it may."""
        return getattr(self.admission.may_run(camera_id, self.clock.now()), "reason", "")

    def approved(self, camera_id: CameraId = GATE, kind: CameraKind = CameraKind.FIXED) -> None:
        """Register a camera and take it all the way."""
        place = None if kind is CameraKind.MOBILE else HERE
        self.register.add(camera_id, kind, "north of the county", place, by=AUTHOR, reason="new camera")
        self.assess_anew(camera_id)

    def assess_anew(self, camera_id: CameraId = GATE) -> None:
        self.consulted(camera_id)
        review_on = (self.clock.now() + timedelta(days=100)).date()
        self.book.approve(camera_id, by=DECIDER, reason="the need is clear", review_on=review_on)

    def consulted(self, camera_id: CameraId = GATE) -> None:
        """Draft and consult on an assessment of a registered camera."""
        self.clock.pass_(1)
        self.book.draft(camera_id, CASE, by=AUTHOR)
        closes_on = (self.clock.now() + timedelta(days=1)).date()
        self.book.invite(camera_id, ["The parish council"], closes_on, by=AUTHOR)
        self.book.reply(camera_id, "The parish council", said="Is it needed?", answer="Yes.", by=AUTHOR)
        self.book.close_consultation(camera_id, by=AUTHOR)


@contextmanager
def office_in(folder: Path) -> Iterator[Office]:
    office = Office(folder)
    try:
        yield office
    finally:
        office.book.close()
        office.register.close()
