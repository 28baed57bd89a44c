"""A national centre, whole, without Ray: takes reads from forces, stores them beside that, hands out lists.

Order of the end: callers first, then the store takes all of the journal.
On failure: what a retry can mend is tried again; a damaged journal or store ends the centre with the reason, because it
must not go on acknowledging what it cannot store.
"""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from pathlib import Path

from actors.maintenance import MaintenanceActor
from actors.national_page import CentrePage
from actors.national_store import StoreProcess
from actors.services.intake import NationalServicer
from actors.services.server import ServiceServer
from pipeline import bootstrap, bootstrap_access, bootstrap_services, bootstrap_share, metrics
from pipeline.access.audit.socket import AuditSocket
from pipeline.clock import SystemClock
from pipeline.errors import AnprError
from pipeline.settings import Settings

log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.2
_DISCARD_EVERY_SECONDS = 60.0
_GATHER_SECONDS = 1.0
"""Nobody matches here, so the journal and its store can be a second behind: taking reads goes before."""
_LET_GO_SECONDS = 10.0
"""A command that holds the audit log is given so long."""


class Centre:
    """Serves from `start` until `stop`. `counted` is the folder it counts in; None where another tells of that."""

    def __init__(self, settings: Settings, counted: Path | None = None) -> None:
        metrics.ACTOR_STARTS.labels("centre").inc()
        self._page = CentrePage(counted, settings, SystemClock()) if counted is not None else None
        self._opened = ExitStack()
        self._journal = self._opened.enter_context(bootstrap.journal(settings))
        self._arrivals = arrivals = bootstrap_share.arrivals(settings, self._journal, gather_seconds=_GATHER_SECONDS)
        log = bootstrap_access.audit_log(settings, wait_seconds=_LET_GO_SECONDS)
        self._opened.callback(log.close)
        # maintenance and commands write to the log through it
        socket = AuditSocket(log, bootstrap_access.audit_folder(settings))
        socket.start()
        self._opened.callback(socket.stop)
        desk = self._opened.enter_context(bootstrap_access.desk(settings, audit=log))
        self._server = ServiceServer(
            settings.services,
            [
                NationalServicer(
                    arrivals.intake, erased=arrivals.counters.erased, lists=bootstrap_share.lists_to_give(settings)
                )
            ],
            bootstrap_services.door(settings, desk),
        )
        self._store = StoreProcess(settings)
        self._maintenance = MaintenanceActor(settings)
        self._tidying = threading.Thread(target=self._maintenance.run, name="maintenance", daemon=True)
        self._discard_at, self._taken = 0.0, 0

    def start(self) -> int:
        """Return the port once forces are answered."""
        # before there are threads of gRPC
        self._store.start()
        port = self._server.start()
        self._tidying.start()
        if self._page is not None:
            self._page.start()
        return port

    def until(self, stopping: threading.Event) -> None:
        """Run until `stopping` is set. Raises what ended it before."""
        clock = SystemClock()
        while not stopping.wait(_LOOK_SECONDS):
            if failure := self._arrivals.landing.failure:
                raise failure
            self._store.look()
            if self._page is not None:
                self._page.tell()
            if clock.monotonic() >= self._discard_at:
                self._discard_at = clock.monotonic() + _DISCARD_EVERY_SECONDS
                # what the store had taken a while ago: by now its files have long left the kernel's cache
                self._journal.discard_up_to(self._taken)
                self._taken = self._store.position

    def stop(self) -> None:
        """Let callers go, store the rest, and close."""
        self._server.stop()
        self._arrivals.close()
        self._maintenance.stop()
        if self._tidying.is_alive():
            self._tidying.join()
        try:
            self._store.stop()
        except AnprError as error:
            log.error("what the journal has beyond the store is stored by the next start: %s", error)
        self._opened.close()
