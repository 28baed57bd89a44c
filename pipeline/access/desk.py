"""Lawful access as its callers meet it: who is asking, what they may decide, and the gate they go through.

Promise: a person is who the token says and what the register says, both at the moment of the call. A gate that is
opened knows what was asked in the last hour, also of other processes, because the audit log tells it.
On failure: AccessDenied for a token that does not count and for a stranger; else as the books, the log and the gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pipeline.access.audit.verify import recent_entries
from pipeline.access.books.authorisations import AuthorisationBook
from pipeline.access.books.people import PeopleBook
from pipeline.access.cursors import Cursors
from pipeline.access.gate import Gate
from pipeline.access.guards import Guards
from pipeline.access.identity.issuer import LocalIssuer
from pipeline.access.identity.tokens import TokenReader
from pipeline.access.policy import Policy
from pipeline.access.settings import AccessSettings
from pipeline.access.sight import Sight
from pipeline.domain.access import Person
from pipeline.domain.audit import AuditWriter
from pipeline.domain.ports import Clock, RecordSearch
from pipeline.errors import AccessDenied, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything of lawful access on one folder. `issuer` is None where tokens come from a provider."""

    settings: AccessSettings
    audit_folder: Path
    audit: AuditWriter
    people: PeopleBook
    authorisations: AuthorisationBook
    tokens: TokenReader
    issuer: LocalIssuer | None
    sight: Sight
    cursors: Cursors
    clock: Clock

    def who(self, token: str, certificate_digest: str | None = None) -> Person:
        """Return whose token it is, as the register knows them now."""
        try:
            return self.people.person(self.tokens.person_id(token, certificate_digest))
        except NotFound:
            raise AccessDenied(
                "the token is good, but no such person is registered: ask for `anpr people add`"
            ) from None

    def gate(self, search: RecordSearch) -> Gate:
        """Return the gate before `search`."""
        guards = Guards(self.settings.guards)
        since = self.clock.now() - timedelta(seconds=self.settings.guards.per_seconds)
        guards.recall(recent_entries(self.audit_folder, since))
        return Gate(
            policy=Policy(self.settings.categories),
            guards=guards,
            sight=self.sight,
            cursors=self.cursors,
            audit=self.audit,
            search=search,
            authorisation=self.authorisations.get,
            clock=self.clock,
            person=lambda asked: self.people.person(asked.person_id),
        )
