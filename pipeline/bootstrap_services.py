"""Builds what the services for people stand on from the settings: part of the wiring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.access.callers.door import Door
    from pipeline.access.cameras.overview import CameraOverview
    from pipeline.access.desk import Desk
    from pipeline.access.record_desk import RecordDesk
    from pipeline.hotlist_desk import HotlistDesk


def door(settings: Settings, desk: Desk) -> Door:
    """Return the door of the services: whose certificates and tokens are let in, and written down by `desk`."""
    from pipeline.access.callers.door import Door
    from pipeline.access.callers.revocations import Revocations

    services = settings.services
    files = (services.revocations_file, services.client_authorities_file)
    return Door(
        services.organisations,
        who=desk.who,
        audit=desk.audit,
        clock=desk.clock,
        with_certificates=bool(services.certificate_file),
        force=settings.access.force,
        revoked=Revocations(*map(Path, files)) if services.revocations_file else None,
    )


@contextmanager
def record_desk(settings: Settings, desk: Desk) -> Iterator[RecordDesk]:
    """Yield what answers for the record, through the gate of `desk`; meanwhile it learns what the files hold."""
    from pipeline.access.record_desk import RecordDesk
    from pipeline.bootstrap_access import record_search
    from pipeline.store.search.warming import kept_warm

    search = record_search(settings)
    with kept_warm(search):
        yield RecordDesk(desk.gate(search), search.records, sight=desk.sight, audit=desk.audit, clock=desk.clock)


def hotlist_desk(settings: Settings, desk: Desk) -> HotlistDesk:
    """Return what answers for the hotlists."""
    from pipeline.bootstrap import hotlist_store
    from pipeline.hotlist_desk import HotlistDesk

    return HotlistDesk(hotlist_store(settings), audit=desk.audit)


@contextmanager
def camera_overview(settings: Settings, desk: Desk) -> Iterator[CameraOverview]:
    """Yield what answers for the register of cameras."""
    from pipeline.access.cameras.overview import CameraOverview
    from pipeline.bootstrap_cameras import camera_office, may_run

    with camera_office(settings, audit=desk.audit, clock=desk.clock) as office:
        yield CameraOverview(
            office.register, office.assessments, lambda camera, at: may_run(settings, camera, at), clock=desk.clock
        )
