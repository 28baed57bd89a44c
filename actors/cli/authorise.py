"""`anpr authorise`: leave to look at older reads."""

from __future__ import annotations

import argparse
import json
import uuid

from rich.console import Console
from rich.text import Text

from actors.cli.asked import area_of, person_asking, terms_of
from actors.cli.given import settings_given
from pipeline import bootstrap_access
from pipeline.access.books.written import written
from pipeline.access.desk import Desk
from pipeline.domain.access import Authorisation, AuthorisationId, Category, Permission, Person, Span
from pipeline.domain.plate import CameraId
from pipeline.errors import AccessDenied, BadInput

_ID_DIGITS = 12


def execute(chosen: argparse.Namespace) -> int:
    with bootstrap_access.desk(settings_given(chosen)) as desk:
        asking = person_asking(chosen, desk)
        if chosen.action == "ask":
            return _ask(chosen, desk, asking)
        if chosen.action == "list":
            return _list(chosen, desk, asking)
        book = desk.authorisations
        decide = {"grant": book.grant, "refuse": book.refuse, "revoke": book.revoke}[chosen.action]
        decided = decide(AuthorisationId(chosen.id), by=asking, reason=chosen.reason)
        until = f" until {decided.expires_at:%Y-%m-%d %H:%M} UTC" if chosen.action == "grant" else ""
        print(f"{decided.authorisation_id}: {decided.state.value}{until}")
        return 0


def _ask(chosen: argparse.Namespace, desk: Desk, asking: Person) -> int:
    if chosen.begin >= chosen.end:
        raise BadInput("--from is before --to")
    wish = Authorisation(
        authorisation_id=AuthorisationId(uuid.uuid4().hex[:_ID_DIGITS]),
        requested_by=asking.person_id,
        requested_at=desk.clock.now(),
        categories=frozenset(Category(one) for one in chosen.category),
        period=Span(begin=chosen.begin, end=chosen.end),
        reference=chosen.reference,
        justification=chosen.justification,
        marks=frozenset(term.text for term in terms_of(chosen.marks)),
        areas=tuple(area_of(one) for one in chosen.area or []),
        cameras=frozenset(CameraId(one) for one in chosen.camera),
    )
    print(desk.authorisations.ask(wish, by=asking).authorisation_id)
    return 0


def _list(chosen: argparse.Namespace, desk: Desk, asking: Person) -> int:
    if asking.suspended:
        raise AccessDenied("access is suspended")
    listed = desk.authorisations.everything() if chosen.all else desk.authorisations.waiting()
    if not {Permission.AUTHORISE, Permission.AUDIT} & asking.permissions:
        listed = [one for one in listed if one.requested_by == asking.person_id]
    if chosen.json:
        for one in listed:
            print(json.dumps(written(one)))
        return 0
    console = Console(highlight=False)
    for one in listed:
        console.print(_told(one), soft_wrap=True)
    return 0


def _told(one: Authorisation) -> Text:
    areas = [f"{area.south:g},{area.west:g},{area.north:g},{area.east:g}" for area in one.areas]
    named = ", ".join([*sorted(one.marks), *areas, *sorted(one.cameras)])
    decided = f" by {one.decided_by}" if one.decided_by else ""
    until = f", until {one.expires_at:%Y-%m-%d %H:%M} UTC" if one.expires_at else ""
    return Text.assemble(
        (one.authorisation_id, "bold"),
        f"  {one.state.value}{decided}{until}\n",
        f"  asked by {one.requested_by} on {one.requested_at:%Y-%m-%d %H:%M} UTC",
        f" for {', '.join(sorted(one.categories))}, reference {one.reference}\n",
        f"  {named}; captured {one.period.begin:%Y-%m-%d %H:%M} to {one.period.end:%Y-%m-%d %H:%M} UTC\n",
        f"  {one.justification}\n",
    )
