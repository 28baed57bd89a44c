"""Builds the register of cameras, their assessments and their admission from the settings: part of the wiring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.domain.audit import AuditWriter
from pipeline.domain.camera import Admission, Admitted, NotAdmitted
from pipeline.domain.plate import CameraId
from pipeline.domain.ports import Clock, PositionSource
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.access.cameras.assessments import AssessmentBook
    from pipeline.access.cameras.lookup import CameraLookup
    from pipeline.access.cameras.register import CameraRegister
    from pipeline.admitted import AdmittedFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraOffice:
    """The register and the assessments of its cameras."""

    register: CameraRegister
    assessments: AssessmentBook


def cameras_path(settings: Settings) -> Path:
    """Return where the register is."""
    return settings.access.folder_in(settings.folder) / "cameras.sqlite"


@contextmanager
def camera_office(settings: Settings, *, audit: AuditWriter, clock: Clock) -> Iterator[CameraOffice]:
    """Yield register and assessments, which write to `audit` first."""
    from pipeline.access.cameras.assessments import AssessmentBook
    from pipeline.access.cameras.register import CameraRegister
    from pipeline.access.cameras.seal import PlaceSeal

    path = cameras_path(settings)
    register = CameraRegister(path, PlaceSeal(settings.cameras.keys_in(path.parent)), audit=audit, clock=clock)
    try:
        most = settings.cameras.most_review_days
        book = AssessmentBook(path, register, audit=audit, clock=clock, most_review_days=most)
        try:
            yield CameraOffice(register=register, assessments=book)
        finally:
            book.close()
    finally:
        register.close()


def camera_lookup(settings: Settings) -> CameraLookup:
    """Return what tells kind and area of cameras to the rest of the system."""
    from pipeline.access.cameras.lookup import CameraLookup

    return CameraLookup(cameras_path(settings))


def may_run(settings: Settings, camera_id: CameraId, at: datetime) -> Admission:
    """Tell whether the register admits a camera at `at`."""
    from pipeline.access.cameras.admission import AdmissionDesk

    return AdmissionDesk(cameras_path(settings)).may_run(camera_id, at)


def admission_of(name: str, settings: Settings, at: datetime) -> Admission:
    """Tell whether the feed called `name` may run at `at`. Recordings are no cameras."""
    from pipeline.capture.address import parse_address

    feed = settings.feeds[name]
    camera_id = CameraId(feed.camera_id or name)
    if not settings.cameras.require_assessment or not parse_address(feed.url).live:
        return Admitted(camera_id=camera_id)
    return may_run(settings, camera_id, at)


def vehicle_positions(name: str, settings: Settings) -> PositionSource | None:
    """Return where the vehicle of the feed called `name` was; None for a camera that stands."""
    from pipeline.capture.positions import NmeaPositions

    feed = settings.feeds[name]
    if not feed.positions_file:
        return None
    return NmeaPositions(Path(feed.positions_file), settings.capture.position_within_seconds)


def not_admitted(settings: Settings, at: datetime) -> dict[str, NotAdmitted]:
    """Return the feeds that may not run at `at`, by name."""
    looked = {name: admission_of(name, settings, at) for name in settings.feeds}
    return {name: one for name, one in looked.items() if isinstance(one, NotAdmitted)}


def admitted_feed(name: str, settings: Settings) -> AdmittedFeed:
    """Return the feed called `name`, which runs only while its camera is admitted. A recording is no camera."""
    from pipeline.admitted import AdmittedFeed
    from pipeline.bootstrap import camera_feed
    from pipeline.clock import SystemClock

    clock = SystemClock()
    return AdmittedFeed(
        name,
        lambda: camera_feed(name, settings),
        lambda: admission_of(name, settings, clock.now()),
        clock=clock,
        look_every_seconds=settings.cameras.look_every_seconds,
    )
