"""The people known to the system, as its own register keeps them: grade, roles, training, permissions, suspension.

Promise: every change is written to the audit log before it is made; who changes is somebody else than who is changed.
Changes are kept, so that what a person was entitled to at any instant can be told.
On failure: AccessDenied when the one who changes may not, NotFound for a stranger, Unavailable or IntegrityError as in
`pipeline/sqlite.py`.
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.access.texts import MOST_LINE, name, plain
from pipeline.domain.access import Grade, Permission, Person, PersonId
from pipeline.domain.audit import AuditEvent, AuditWriter, Operation, Outcome
from pipeline.domain.ports import Clock
from pipeline.domain.vrm import Vrm
from pipeline.errors import AccessDenied, BadInput, NotFound
from pipeline.sqlite import open_to_write, transaction, translated

_HOLDING = "people"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS people (number INTEGER PRIMARY KEY AUTOINCREMENT, person_id TEXT NOT NULL,"
    " since TEXT NOT NULL, changed_by TEXT NOT NULL, content TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS people_by_id ON people (person_id, number)",
)
FOUNDER = PersonId("founder")
"""Who enters the first person of an empty register; afterwards nobody has this name."""
_RESERVED = (FOUNDER, "system")


class PeopleBook:
    """One register; its newest row about a person counts."""

    def __init__(self, path: Path, *, audit: AuditWriter, clock: Clock) -> None:
        self._path = path
        self._audit = audit
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._rows = open_to_write(path, _TABLES, holding=_HOLDING)

    def person(self, person_id: PersonId, at: datetime | None = None) -> Person:
        """Return a person as they are now, or were at `at`."""
        instant = at.astimezone(UTC).isoformat() if at else "9999"
        with translated(self._path, _HOLDING):
            row = self._rows.execute(
                "SELECT content FROM people WHERE person_id = ? AND since <= ? ORDER BY number DESC LIMIT 1",
                (person_id, instant),
            ).fetchone()
        if row is None:
            raise NotFound("no such person is registered")
        return _read(row[0])

    def everyone(self) -> list[Person]:
        """Return everybody as they are now, by id."""
        with translated(self._path, _HOLDING):
            rows = self._rows.execute(
                "SELECT content FROM people WHERE number IN (SELECT MAX(number) FROM people GROUP BY person_id)"
                " ORDER BY person_id"
            ).fetchall()
        return [_read(content) for (content,) in rows]

    def own_marks(self) -> dict[PersonId, frozenset[Vrm]]:
        """Return all marks that each person ever told to be of vehicles of their own."""
        with translated(self._path, _HOLDING):
            rows = self._rows.execute("SELECT content FROM people").fetchall()
        marks: dict[PersonId, frozenset[Vrm]] = {}
        for person in (_read(content) for (content,) in rows):
            marks[person.person_id] = marks.get(person.person_id, frozenset()) | person.own_marks
        return marks

    def is_empty(self) -> bool:
        """Tell whether nobody was ever entered."""
        with translated(self._path, _HOLDING):
            return self._rows.execute("SELECT 1 FROM people LIMIT 1").fetchone() is None

    def put(self, person: Person, *, by: PersonId, reason: str) -> None:
        """Enter or change a person. The first of an empty register is entered by FOUNDER, and may enter others."""
        if name(person.person_id, "the id of a person") in _RESERVED:
            raise BadInput("that name stands for the system itself")
        plain(person.force, "the force", MOST_LINE)
        for role in person.roles:
            name(role, "a role")
        for desk in person.desks:
            name(desk, "a desk")
        event = AuditEvent(
            operation=Operation.ADMINISTRATION,
            outcome=Outcome.ALLOWED,
            person_id=by,
            force=person.force,
            justification=plain(reason, "the reason"),
            details={"what": "person entered or changed", "person": person.person_id, "as": _written(person)},
        )
        # checked, written down and entered as one, so that no two of several processes are both the first
        with self._one_at_a_time, translated(self._path, _HOLDING), transaction(self._rows):
            self._check(person, by)
            self._audit.append([event])
            now = self._clock.now().astimezone(UTC).isoformat()
            self._rows.execute(
                "INSERT INTO people (person_id, since, changed_by, content) VALUES (?, ?, ?, ?)",
                (person.person_id, now, by, _written(person)),
            )

    def close(self) -> None:
        self._rows.close()

    def _check(self, person: Person, by: PersonId) -> None:
        if by == FOUNDER and self.is_empty():
            if Permission.PEOPLE not in person.permissions or person.suspended:
                raise BadInput("the first person enters all others: give the permission people")
            return
        try:
            changing = self.person(by)
        except NotFound:
            raise AccessDenied("only a registered person may change the register") from None
        if changing.suspended or Permission.PEOPLE not in changing.permissions:
            raise AccessDenied("changing the register needs the permission people")
        if by == person.person_id:
            raise AccessDenied("nobody may change their own entry")


def _written(person: Person) -> str:
    told = {
        "person_id": person.person_id,
        "force": person.force,
        "grade": person.grade.value,
        "roles": sorted(person.roles),
        "trained_until": person.trained_until.isoformat() if person.trained_until else None,
        "permissions": sorted(one.value for one in person.permissions),
        "suspended": person.suspended,
        "own_marks": sorted(person.own_marks),
        "desks": sorted(person.desks),
    }
    return json.dumps(told, sort_keys=True)


def _read(content: str) -> Person:
    told = json.loads(content)
    return Person(
        person_id=PersonId(told["person_id"]),
        force=told["force"],
        grade=Grade(told["grade"]),
        roles=frozenset(told["roles"]),
        trained_until=date.fromisoformat(told["trained_until"]) if told["trained_until"] else None,
        permissions=frozenset(Permission(one) for one in told["permissions"]),
        suspended=told["suspended"],
        own_marks=frozenset(Vrm(one) for one in told.get("own_marks", [])),
        desks=frozenset(told.get("desks", [])),
    )
