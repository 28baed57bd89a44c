"""Builds what stands before the services from the settings: part of the wiring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.access.callers.door import Door
    from pipeline.access.desk import Desk


def door(settings: Settings, desk: Desk) -> Door:
    """Return the door of the services: whose certificates and tokens are let in, and written down by `desk`."""
    from pipeline.access.callers.door import Door

    services = settings.services
    return Door(
        services.organisations,
        who=desk.who,
        audit=desk.audit,
        clock=desk.clock,
        with_certificates=bool(services.certificate_file),
        force=settings.access.force,
    )
