"""The door of the services: who calls, and may they call this.

Promise: a caller is the organisation that the certificate of the connection names (without certificates, this machine
itself) and, where a token comes along, the person it shows as the register knows them now. Nothing is remembered from
one call to the next. What is let through that the table of methods wants audited is durable in the audit log before the
call begins; a refusal is written down before it is told, or, of one caller's many, counted in a later entry. Of
refused certificates of a kind the log of the process tells the first, and later ones seldom.
On failure: Unidentified when nobody can be told from what was shown; AccessDenied for who may not; Unavailable when the
audit log or the keys of tokens cannot be had: then nobody is let in.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from types import TracebackType

from pipeline import metrics
from pipeline.access.callers.certificate import PeerCertificate, certificate_of
from pipeline.access.callers.methods import NEEDS, Behind, Need
from pipeline.access.callers.revocations import Revocations
from pipeline.access.callers.seldom import Seldom, told
from pipeline.access.callers.settings import OrganisationSettings, Right
from pipeline.domain.access import Person, PersonId
from pipeline.domain.audit import AuditEvent, AuditWriter, Operation, Outcome
from pipeline.domain.ports import Clock
from pipeline.errors import AccessDenied, AnprError, Unidentified

log = logging.getLogger(__name__)
THIS_MACHINE = "this-machine"
"""Who calls over the loopback without a certificate: it may call everything, but people must say who they are."""
_BEARER = "bearer "
_NOBODY = PersonId("nobody")
"""On the audit log: who could not be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls. `organisation` is a name of the settings; `person` is None for a system."""

    organisation: str
    rights: frozenset[Right]
    organisation_desks: frozenset[str] = frozenset()
    person: Person | None = None
    certificate: PeerCertificate | None = None

    @property
    def key(self) -> str:
        """Return the name under which limits are counted."""
        return f"{self.organisation}/{self.person.person_id}" if self.person else self.organisation

    @property
    def desks(self) -> frozenset[str]:
        """Return the desks whose alerts the caller may see."""
        return self.person.desks if self.person else self.organisation_desks

    def identified(self) -> Person:
        """Return the person who calls. Raises Unidentified when only a system does."""
        if self.person is None:
            raise Unidentified("this needs a person: send a token as `authorization: Bearer …`")
        return self.person


class Door:
    """`who` returns whose token it is, given the digest of the connection's certificate, if it has one; `revoked` names
    the certificates that no longer count (None: none is ever revoked)."""

    def __init__(
        self,
        organisations: Mapping[str, OrganisationSettings],
        *,
        who: Callable[[str, str | None], Person],
        audit: AuditWriter,
        clock: Clock,
        with_certificates: bool = False,
        force: str = "local",
        needs: Mapping[str, Need] = NEEDS,
        revoked: Revocations | None = None,
    ) -> None:
        self._organisations = dict(organisations)
        self._named: dict[str, list[str]] = defaultdict(list)
        for organisation, one in organisations.items():
            for name in one.names:
                self._named[name].append(organisation)
        self._who = who
        self._audit = audit
        self._clock = clock
        self._with_certificates = with_certificates
        self._force = force
        self._needs = needs
        self._revoked = revoked
        self._refusals, self._failures = Seldom(clock), Seldom(clock)
        self._strangers = Seldom(clock, burst=300, every_seconds=5)
        self._log_lines = Seldom(clock)

    def caller(self, authorization: Sequence[str], certificate: bytes | None) -> Caller:
        """Return who calls, from the call's `authorization` metadata and the connection's certificate (PEM)."""
        with _CERTIFICATES:
            shown = certificate_of(certificate) if certificate else None
            organisation = self._organisation_of(shown) if self._with_certificates else THIS_MACHINE
        with _TOKENS:
            person = self._person_of(authorization, shown)
        chosen = self._organisations[organisation] if self._with_certificates else None
        return Caller(
            organisation=organisation,
            rights=frozenset(chosen.may if chosen else Right),
            organisation_desks=frozenset(chosen.desks if chosen else ()),
            person=person,
            certificate=shown,
        )

    def asks_a_disk(self, authorization: Sequence[str]) -> bool:
        """Tell whether `caller` may have to wait for a disk: for keys and people, or for a list of revoked certificates
        that was replaced. Writing down who was turned away always may."""
        return bool(authorization) or (self._revoked is not None and not self._revoked.is_read())

    def admit(self, caller: Caller, method: str, asked: str = "") -> None:
        """Let a call of `method` (`/package.Service/Method`) begin, or raise. `asked` is what it asks for."""
        self.check(caller, method)
        if self.audits(method):
            self._audit.append([self._event(caller, method, asked, Outcome.ALLOWED, rule="")])

    def check(self, caller: Caller, method: str) -> None:
        """Raise unless `caller` may call `method` now."""
        need = self._needs.get(method)
        if need is None:
            raise AccessDenied("nobody may call this method: the table of methods has no line for it")
        if need.behind is Behind.NOBODY:
            return
        if need.right is not None and need.right not in caller.rights:
            raise AccessDenied(f"the settings do not give this organisation the right {need.right.value!r}")
        if need.behind is Behind.PERSON or (need.behind is Behind.EITHER and not caller.organisation_desks):
            caller.identified()
        if caller.person is not None:
            self._check_person(caller.person, need)

    def refused(self, caller: Caller, method: str, why: AnprError, asked: str = "") -> None:
        """Write down that a call was refused, or failed before it could be answered."""
        refused = isinstance(why, AccessDenied)
        times = (self._refusals if refused else self._failures).due(caller.key)
        if times:
            outcome = Outcome.REFUSED if refused else Outcome.FAILED
            self._audit.append([self._event(caller, method, asked, outcome, rule=type(why).__name__, times=times)])

    def turned_away(self, address: str, certificate: bytes | None, method: str, why: AnprError) -> None:
        """Write down that somebody did not show who they are. What they showed is not written."""
        details = {"method": method.lstrip("/"), "address": address}
        if certificate is not None:
            with suppress(Unidentified):
                details["certificate"] = certificate_of(certificate).digest
        times = self._refusals.due(details.get("certificate", address))
        entries = self._strangers.due("") if times else 0
        if entries:
            counts = {"times": str(times)} | ({"entries_left_out": str(entries - 1)} if entries > 1 else {})
            event = AuditEvent(
                operation=Operation.CONSULTATION,
                outcome=Outcome.REFUSED,
                person_id=_NOBODY,
                force=self._force,
                rule=type(why).__name__,
                details=details | counts,
            )
            self._audit.append([event])

    def audits(self, method: str) -> bool:
        """Tell whether the door writes an entry for what it lets through to `method`."""
        need = self._needs.get(method)
        return need is not None and need.audited is not None

    def is_open(self, method: str) -> bool:
        """Tell whether `method` tells nothing about anything."""
        need = self._needs.get(method)
        return need is not None and need.behind is Behind.NOBODY

    def checks_texts(self, method: str) -> bool:
        """Tell whether the texts of the messages to `method` are to be looked at before it is called."""
        need = self._needs.get(method)
        return need is None or need.texts_checked

    def _organisation_of(self, shown: PeerCertificate | None) -> str:
        if shown is None:
            raise Unidentified("the connection shows no certificate")
        if shown.not_after <= self._clock.now().astimezone(UTC):
            raise Unidentified("the certificate has expired since the connection was opened")
        if self._revoked is not None and self._revoked.names(shown):
            self._log("it was revoked")
            raise Unidentified("the certificate was revoked: ask your organisation for another")
        known = list({one for name in shown.names for one in self._named.get(name, ())})
        if len(known) != 1:
            self._log(f"it names {len(known)} organisations of the settings")
            raise Unidentified("the certificate names no organisation that is known here, or more than one")
        return known[0]

    def _log(self, why: str) -> None:
        if times := self._log_lines.due(why):
            log.warning("a certificate was refused: %s%s", why, told(times))

    def _person_of(self, authorization: Sequence[str], shown: PeerCertificate | None) -> Person | None:
        if not authorization:
            return None
        if len(authorization) > 1 or not authorization[0].lower().startswith(_BEARER):
            raise Unidentified("a token is sent once, as `authorization: Bearer …`")
        return self._who(authorization[0][len(_BEARER) :].strip(), shown.digest if shown else None)

    def _check_person(self, person: Person, need: Need) -> None:
        if person.suspended:
            raise AccessDenied("access is suspended")
        today = self._clock.now().date()
        if need.trained and (person.trained_until is None or today > person.trained_until):
            raise AccessDenied("no valid training is recorded")
        if need.permissions and not need.permissions & person.permissions:
            raise AccessDenied(f"this needs the permission {' or '.join(sorted(need.permissions))}")

    def _event(
        self, caller: Caller, method: str, asked: str, outcome: Outcome, *, rule: str, times: int = 1
    ) -> AuditEvent:
        need = self._needs.get(method)
        details = {"method": method.lstrip("/"), "organisation": caller.organisation}
        if times > 1:
            details["times"] = str(times)
        if caller.certificate is not None:
            details["certificate"] = caller.certificate.digest
        return AuditEvent(
            operation=(need and need.audited) or Operation.CONSULTATION,
            outcome=outcome,
            person_id=caller.person.person_id if caller.person else PersonId(f"system:{caller.organisation}"),
            force=caller.person.force if caller.person else self._force,
            query=asked,
            rule=rule,
            details=details,
        )


class _Counted:
    """Counts what does not show who calls."""

    def __init__(self, by: str) -> None:
        self._by = by

    def __enter__(self) -> None:
        """Nothing is counted of what does."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, AccessDenied):
            metrics.SERVICE_SIGN_INS_FAILED.labels(self._by).inc()


_CERTIFICATES, _TOKENS = _Counted("certificate"), _Counted("token")
