"""Authorisations: asked for by one person, granted or refused by another, revoked when they no longer hold.

Promise: every step is written to the audit log before it is taken. Nobody decides on their own wish; whoever decides
has the permission, valid standing and, for every category named, the grade that the policy asks for. What was decided
is never changed, only revoked.
On failure: AccessDenied when the one who decides may not, OutOfTurn for a step that may not follow, NotFound,
BadInput for a wish that names nothing; Unavailable or IntegrityError as in `pipeline/sqlite.py`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pipeline.access.books.written import authorisation_of, written
from pipeline.access.settings import CategoryRule
from pipeline.access.texts import MOST_LINE, name, plain
from pipeline.domain.access import Authorisation, AuthorisationId, AuthorisationState, Permission, Person
from pipeline.domain.audit import AuditEvent, AuditWriter, Operation, Outcome
from pipeline.domain.ports import Clock
from pipeline.errors import AccessDenied, BadInput, NotFound, OutOfTurn
from pipeline.sqlite import open_to_write, transaction, translated

_HOLDING = "authorisations"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS authorisations (authorisation_id TEXT PRIMARY KEY, state TEXT NOT NULL,"
    " content TEXT NOT NULL) WITHOUT ROWID",
)


class AuthorisationBook:
    """One register of authorisations, under one policy table."""

    def __init__(self, path: Path, categories: Mapping[str, CategoryRule], *, audit: AuditWriter, clock: Clock) -> None:
        self._path = path
        self._categories = dict(categories)
        self._audit = audit
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._rows = open_to_write(path, _TABLES, holding=_HOLDING)

    def get(self, authorisation_id: AuthorisationId) -> Authorisation | None:
        """Return the authorisation as it stands now, None if there is none of that id."""
        with translated(self._path, _HOLDING):
            row = self._rows.execute(
                "SELECT content FROM authorisations WHERE authorisation_id = ?", (authorisation_id,)
            ).fetchone()
        return authorisation_of(json.loads(row[0])) if row else None

    def waiting(self) -> list[Authorisation]:
        """Return those nobody has decided on, oldest wish first."""
        return [one for one in self.everything() if one.state is AuthorisationState.REQUESTED]

    def everything(self) -> list[Authorisation]:
        """Return all of them, oldest wish first."""
        with translated(self._path, _HOLDING):
            rows = self._rows.execute("SELECT content FROM authorisations").fetchall()
        return sorted((authorisation_of(json.loads(row[0])) for row in rows), key=lambda one: one.requested_at)

    def ask(self, wish: Authorisation, *, by: Person) -> Authorisation:
        """Enter `wish` as `by`'s; ids and state of the wish are the caller's to choose, decisions are not."""
        unknown = wish.categories - set(self._categories)
        if unknown or not wish.categories:
            raise BadInput(f"an authorisation names categories of the policy: {', '.join(self._categories)}")
        if not (wish.marks or wish.areas or wish.cameras):
            raise BadInput("an authorisation names marks, areas or cameras: one that names nothing opens nothing")
        entered = Authorisation(
            authorisation_id=AuthorisationId(name(wish.authorisation_id, "the id of an authorisation")),
            requested_by=by.person_id,
            requested_at=self._clock.now(),
            categories=wish.categories,
            period=wish.period,
            reference=plain(wish.reference, "the reference of the investigation", MOST_LINE),
            justification=plain(wish.justification, "the justification"),
            marks=wish.marks,
            areas=wish.areas,
            cameras=wish.cameras,
        )
        with self._step():
            if self.get(wish.authorisation_id) is not None:
                raise OutOfTurn("an authorisation of that id exists")
            self._keep(entered, by, "asked for")
        return entered

    def grant(self, authorisation_id: AuthorisationId, *, by: Person, reason: str) -> Authorisation:
        """Grant it, for as long as the shortest-lived of its categories allows."""
        with self._step():
            asked = self._open(authorisation_id)
            self._may_decide(asked, by)
            now = self._clock.now()
            days = min(self._categories[category].authority_days for category in asked.categories)
            granted = replace(
                asked,
                state=AuthorisationState.GRANTED,
                decided_by=by.person_id,
                decider_grade=by.grade,
                decided_at=now,
                expires_at=now + timedelta(days=days),
            )
            self._keep(granted, by, "granted", reason)
        return granted

    def refuse(self, authorisation_id: AuthorisationId, *, by: Person, reason: str) -> Authorisation:
        """Refuse it for good; the wish may be made anew."""
        with self._step():
            asked = self._open(authorisation_id)
            self._may_decide(asked, by)
            refused = replace(
                asked,
                state=AuthorisationState.REFUSED,
                decided_by=by.person_id,
                decider_grade=by.grade,
                decided_at=self._clock.now(),
            )
            self._keep(refused, by, "refused", reason)
        return refused

    def revoke(self, authorisation_id: AuthorisationId, *, by: Person, reason: str) -> Authorisation:
        """End a granted one at once. Whoever asked for it may give it back; others need the permission."""
        with self._step():
            granted = self._known(authorisation_id)
            if granted.state is not AuthorisationState.GRANTED:
                raise OutOfTurn(f"the authorisation is {granted.state.value}: only a granted one can be revoked")
            if by.person_id != granted.requested_by and (by.suspended or Permission.AUTHORISE not in by.permissions):
                raise AccessDenied("revoking another's authorisation needs the permission authorise")
            revoked = replace(granted, state=AuthorisationState.REVOKED, revoked_at=self._clock.now())
            self._keep(revoked, by, "revoked", reason)
        return revoked

    def close(self) -> None:
        self._rows.close()

    @contextmanager
    def _step(self) -> Iterator[None]:
        """Look, write down and enter as one, so that no two people of several processes decide on the same wish."""
        with self._one_at_a_time, translated(self._path, _HOLDING), transaction(self._rows):
            yield

    def _known(self, authorisation_id: AuthorisationId) -> Authorisation:
        found = self.get(authorisation_id)
        if found is None:
            raise NotFound("no such authorisation is registered")
        return found

    def _open(self, authorisation_id: AuthorisationId) -> Authorisation:
        found = self._known(authorisation_id)
        if found.state is not AuthorisationState.REQUESTED:
            raise OutOfTurn(f"the authorisation is {found.state.value}: it was decided on before")
        return found

    def _may_decide(self, asked: Authorisation, by: Person) -> None:
        if by.person_id == asked.requested_by:
            raise AccessDenied("nobody may authorise themselves")
        trained = by.trained_until is not None and self._clock.now().date() <= by.trained_until
        if by.suspended or not trained or Permission.AUTHORISE not in by.permissions:
            raise AccessDenied("deciding needs the permission authorise, valid training, and no suspension")
        for category in sorted(asked.categories):
            least = self._categories[category].authoriser
            if not by.grade.reaches(least):
                raise AccessDenied(f"category {category} needs an authoriser of grade {least.value} or above")

    def _keep(self, authorisation: Authorisation, by: Person, what: str, reason: str = "") -> None:
        content = json.dumps(written(authorisation), sort_keys=True)
        event = AuditEvent(
            operation=Operation.AUTHORISATION,
            outcome=Outcome.ALLOWED,
            person_id=by.person_id,
            force=by.force,
            reference=authorisation.reference,
            justification=plain(reason or authorisation.justification, "the reason"),
            authorisation_id=authorisation.authorisation_id,
            details={"what": f"authorisation {what}", "as": content},
        )
        self._audit.append([event])
        self._rows.execute(
            "INSERT OR REPLACE INTO authorisations VALUES (?, ?, ?)",
            (authorisation.authorisation_id, authorisation.state.value, content),
        )
