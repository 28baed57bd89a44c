"""The audit actor: the one writer of the node's audit log."""

from __future__ import annotations

from pipeline import bootstrap_access, metrics
from pipeline.access.audit.socket import AuditSocket
from pipeline.domain.audit import AuditEntry, AuditEvent
from pipeline.settings import Settings

_LET_GO_SECONDS = 60.0
"""A command that holds the log, or a dying predecessor, is given so long."""


class AuditActor:
    """Holds the log; processes of this machine write through its socket, other machines through `append`.

    A call that Ray repeats after a crash may be written twice: that is the careful side.
    """

    def __init__(self, settings: Settings) -> None:
        metrics.ACTOR_STARTS.labels("audit").inc()
        self._log = bootstrap_access.audit_log(settings, wait_seconds=_LET_GO_SECONDS)
        AuditSocket(self._log, bootstrap_access.audit_folder(settings)).start()

    def append(self, events: list[AuditEvent]) -> list[AuditEntry]:
        return self._log.append(events)

    def status(self) -> int:
        """Return the sequence of the newest entry."""
        return self._log.last.sequence if self._log.last else 0
