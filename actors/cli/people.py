"""`anpr people`: the register of those who may ask."""

from __future__ import annotations

import argparse
import getpass
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from rich.table import Table
from rich.text import Text

from actors.cli.asked import person_asking
from actors.cli.given import settings_given
from actors.cli.tables import console_for_tables
from pipeline import bootstrap_access
from pipeline.access.books.people import FOUNDER
from pipeline.access.callers.certificate import digest_of_certificate
from pipeline.access.desk import Desk
from pipeline.domain.access import Grade, Permission, Person, PersonId
from pipeline.domain.audit import AuditEvent, Operation, Outcome
from pipeline.domain.vrm import parse_vrm
from pipeline.errors import AccessDenied, BadInput, NotFound


def execute(chosen: argparse.Namespace) -> int:
    with bootstrap_access.desk(settings_given(chosen)) as desk:
        return _ACTIONS[chosen.action](chosen, desk)


def _add(chosen: argparse.Namespace, desk: Desk) -> int:
    by = FOUNDER if desk.people.is_empty() else person_asking(chosen, desk).person_id
    try:
        person = desk.people.person(PersonId(chosen.person))
    except NotFound:
        person = Person(
            person_id=PersonId(chosen.person),
            force=desk.settings.force,
            grade=Grade.STAFF,
            roles=frozenset(),
            trained_until=None,
        )
    person = replace(
        person,
        force=person.force if chosen.force is None else chosen.force,
        grade=person.grade if chosen.grade is None else Grade(chosen.grade),
        roles=person.roles if chosen.role is None else frozenset(chosen.role),
        trained_until=chosen.trained_until or person.trained_until,
        permissions=(
            person.permissions if chosen.permission is None else frozenset(Permission(one) for one in chosen.permission)
        ),
        own_marks=(
            person.own_marks if chosen.own_mark is None else frozenset(parse_vrm(one) for one in chosen.own_mark)
        ),
        desks=person.desks if chosen.desk is None else frozenset(chosen.desk),
    )
    desk.people.put(person, by=by, reason=chosen.reason)
    _print([person], as_json=False)
    return 0


def _show(chosen: argparse.Namespace, desk: Desk) -> int:
    asking = person_asking(chosen, desk)
    of_others = not asking.suspended and {Permission.PEOPLE, Permission.AUDIT} & asking.permissions
    if not of_others and chosen.person != asking.person_id:
        raise AccessDenied("the entries of others need the permission people or audit; yours is shown by its id")
    _print([desk.people.person(PersonId(chosen.person))] if chosen.person else desk.people.everyone(), chosen.json)
    return 0


def _suspend(chosen: argparse.Namespace, desk: Desk) -> int:
    by = person_asking(chosen, desk).person_id
    person = replace(desk.people.person(PersonId(chosen.person)), suspended=not chosen.lift)
    desk.people.put(person, by=by, reason=chosen.reason)
    print(f"{person.person_id}: {'suspended' if person.suspended else 'no longer suspended'}")
    return 0


def _token(chosen: argparse.Namespace, desk: Desk) -> int:
    if desk.issuer is None:
        raise BadInput("the settings name an identity provider: tokens come from there")
    longest = desk.settings.identity.longest_hours
    if not 0 < chosen.hours <= longest:
        raise BadInput(f"--hours must be more than 0, at most {longest:g}: longer ones do not count")
    person = desk.people.person(PersonId(chosen.person))
    digest = _digest_of(chosen.certificate) if chosen.certificate else None
    details = {"what": "token signed", "hours": f"{chosen.hours:g}", "by user of this machine": getpass.getuser()}
    event = AuditEvent(
        operation=Operation.ADMINISTRATION,
        outcome=Outcome.ALLOWED,
        person_id=person.person_id,
        force=person.force,
        details=details,
    )
    desk.audit.append([event])
    print(desk.issuer.token(person.person_id, timedelta(hours=chosen.hours), digest))
    return 0


def _digest_of(path: Path) -> str:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: is no certificate (PEM)") from error
    return digest_of_certificate(certificate)


def _print(people: list[Person], as_json: bool) -> None:
    if as_json:
        for one in people:
            told = {
                "person": one.person_id,
                "force": one.force,
                "grade": one.grade.value,
                "roles": sorted(one.roles),
                "trained_until": one.trained_until.isoformat() if one.trained_until else None,
                "permissions": sorted(one.permissions),
                "desks": sorted(one.desks),
                "suspended": one.suspended,
            }
            print(json.dumps(told))
        return
    table = Table()
    for heading in ("person", "force", "grade", "roles", "trained until", "permissions", ""):
        table.add_column(heading, overflow="fold", no_wrap=heading == "person")
    for one in people:
        state = Text("SUSPENDED", style="bold red") if one.suspended else Text("")
        trained = one.trained_until.isoformat() if one.trained_until else "never"
        texts = (one.person_id, one.force, one.grade.value, ", ".join(sorted(one.roles)), trained)
        may = ", ".join([*sorted(one.permissions), *(f"desk {desk}" for desk in sorted(one.desks))])
        table.add_row(*(Text(text) for text in texts), Text(may), state)
    console_for_tables().print(table)


_ACTIONS = {"add": _add, "show": _show, "suspend": _suspend, "token": _token}
