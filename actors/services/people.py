"""The services for people, ready to be served: search, hotlists and cameras, behind one door."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from actors.services.cameras import CameraServicer
from actors.services.hotlists import HotlistServicer
from actors.services.search import SearchServicer
from actors.services.server import Service, ServiceServer
from pipeline import bootstrap_access, bootstrap_services
from pipeline.domain.audit import AuditWriter
from pipeline.domain.ports import Clock
from pipeline.settings import Settings


@contextmanager
def services_for_people(
    settings: Settings,
    *,
    also: Sequence[Service] = (),
    audit: AuditWriter | None = None,
    clock: Clock | None = None,
) -> Iterator[ServiceServer]:
    """Yield a server, not yet started, of the services for people and of those in `also`."""
    with (
        bootstrap_access.desk(settings, audit=audit, clock=clock) as desk,
        bootstrap_services.record_desk(settings, desk) as record,
        bootstrap_services.camera_overview(settings, desk) as cameras,
    ):
        services: list[Service] = [
            SearchServicer(record),
            HotlistServicer(bootstrap_services.hotlist_desk(settings, desk)),
            CameraServicer(cameras),
        ]
        yield ServiceServer(settings.services, [*also, *services], bootstrap_services.door(settings, desk))
