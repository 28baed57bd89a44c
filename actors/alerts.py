"""The alert actor: raises alerts of hits and delivers them, and holds the node's gRPC services."""

from __future__ import annotations

from contextlib import ExitStack

import ray

from actors.delivering import DeliveryThread
from actors.remote import RemoteJournal
from actors.services.alerts import AlertServicer
from actors.services.intake import IngestServicer
from actors.services.people import services_for_people
from actors.services.server import Service
from actors.services.sharing import SharingServicer
from actors.tailing import TailLoop
from pipeline import bootstrap, bootstrap_access, bootstrap_share, metrics
from pipeline.clock import SystemClock
from pipeline.settings import Settings


class AlertActor:
    """Holds the node's alert book. A restart goes on where the book stands; subscribers come back by themselves."""

    def __init__(self, settings: Settings, journal: str) -> None:
        metrics.ACTOR_STARTS.labels("alerts").inc()
        clock = SystemClock()
        office = bootstrap.alert_office(settings)
        self._tail = office.tail
        self._loop = TailLoop("alerts", office.tail, clock)
        self._deliveries = [DeliveryThread(webhook, clock) for webhook in office.webhooks]
        # kept for as long as the process lives: what is dropped is closed
        self._opened = opened = ExitStack()
        audit = opened.enter_context(bootstrap_access.audit_writer(settings))
        arrivals = bootstrap_share.arrivals(settings, RemoteJournal(ray.get_actor(journal)))
        between_organisations: list[Service] = [
            IngestServicer(arrivals.intake),
            SharingServicer(bootstrap_share.stream_desk(settings, audit)),
        ]
        served = services_for_people(settings, also=[AlertServicer(office.desk), *between_organisations], audit=audit)
        self._server = opened.enter_context(served)
        self._port = self._server.start()

    def run(self) -> None:
        for delivery in self._deliveries:
            delivery.start()
        try:
            self._loop.run()
        finally:
            for delivery in self._deliveries:
                delivery.stop()

    def stop(self) -> None:
        self._loop.stop()

    def status(self) -> tuple[int, int, str]:
        """Return the newest event's cursor, the hits that wait, and the last failure."""
        return self._tail.position, self._tail.lag, self._loop.failure

    def port(self) -> int:
        """Return the port of the gRPC services."""
        return self._port
