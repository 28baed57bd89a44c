"""The grammar of the commands around lawful access: policy, people, authorise. Search and audit have their own."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.domain.access import Grade, Permission

Later = Callable[[str], Callable[[argparse.Namespace], int]]


def add_policy(commands: Any, later: Later) -> None:
    """Add `anpr policy`."""
    command = commands.add_parser(
        "policy", help="tell the access policy in plain words", description="Tell the access policy in plain words."
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=type(command))
    explain = actions.add_parser(
        "explain",
        help="say who may see which reads, and why",
        description="Say who may see which reads, how old, by whose leave, and what every request must bring.",
    )
    explain.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML); without it the defaults")
    explain.set_defaults(run=later("actors.cli.policy"))


def add_people(commands: Any, later: Later) -> None:
    """Add `anpr people`."""
    command = commands.add_parser(
        "people",
        help="enter, show and suspend people, and sign tokens for them",
        description="Enter, show and suspend the people who may ask for reads, and sign tokens for them. The first "
        "person of an empty register needs no token to be entered; every later change needs that of somebody else with "
        "the permission people. Every change goes to the audit log first.",
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=type(command))
    for add in (_add, _show, _suspend, _token):
        add(actions).set_defaults(run=later("actors.cli.people"))


def _add(actions: Any) -> Any:
    add = actions.add_parser(
        "add",
        help="enter a person, or change an entry",
        description="Enter a person, or change an entry: what is not given stays as it is, what is given replaces what "
        "was there.",
    )
    add.add_argument("person", metavar="PERSON", help="the id that the person's tokens bear")
    add.add_argument("--force", metavar="NAME", help="the police force (default: that of the settings)")
    add.add_argument("--grade", choices=[one.value for one in Grade], help="seniority")
    add.add_argument("--role", metavar="ROLE", action="append", help="a role of the policy; may be given again")
    add.add_argument(
        "--trained-until", metavar="DATE", type=date.fromisoformat, help="last day on which training is valid"
    )
    add.add_argument(
        "--permission",
        choices=[one.value for one in Permission],
        action="append",
        help="what the person may do beyond asking for reads; may be given again",
    )
    add.add_argument(
        "--own-mark",
        metavar="VRM",
        action="append",
        help="of a vehicle of the person's own: audit reports find searches for it; may be given again",
    )
    add.add_argument(
        "--desk", metavar="NAME", action="append", help="a desk whose alerts the person follows; may be given again"
    )
    _reason(add)
    asker(add)
    return add


def _show(actions: Any) -> Any:
    show = actions.add_parser(
        "show",
        help="show people as they are registered",
        description="Show people as they are registered: your own entry, or with the permission people or audit those "
        "of others.",
    )
    show.add_argument("person", metavar="PERSON", nargs="?", help="default: everybody")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    asker(show)
    return show


def _suspend(actions: Any) -> Any:
    suspend = actions.add_parser(
        "suspend",
        help="suspend a person's access at once, or lift a suspension",
        description="Suspend a person's access: from this moment on nothing is shown to them, also not the next page "
        "of an answer that has begun.",
    )
    suspend.add_argument("person", metavar="PERSON")
    suspend.add_argument("--lift", action="store_true", help="lift the suspension")
    _reason(suspend)
    asker(suspend)
    return suspend


def _token(actions: Any) -> Any:
    token = actions.add_parser(
        "token",
        help="sign a token for a person",
        description="Sign a token for a registered person with this machine's own key and print it. Whoever may read "
        "that key can do so; it goes to the audit log. With an identity provider in the settings, tokens come from "
        "there.",
    )
    token.add_argument("person", metavar="PERSON")
    token.add_argument("--hours", metavar="N", type=float, default=8.0, help="how long it counts (default: 8)")
    token.add_argument("--certificate", metavar="FILE", type=Path, help="bind it to this client certificate (PEM)")
    token.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML)")
    return token


def add_authorise(commands: Any, later: Later) -> None:
    """Add `anpr authorise`."""
    command = commands.add_parser(
        "authorise",
        help="ask for, grant, refuse and revoke leave to look at older reads",
        description="Ask for leave to look at older reads, and grant, refuse or revoke it. Somebody else of sufficient "
        "grade decides; what was granted ends by itself (see `anpr policy explain`).",
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=type(command))
    run = later("actors.cli.authorise")
    ask = actions.add_parser(
        "ask",
        help="ask for an authorisation",
        description="Ask for an authorisation and print its id. It is for the marks, areas or cameras named, as they "
        "will be searched for.",
    )
    ask.add_argument("marks", metavar="MARK", nargs="*", help="whole, or with ? for one and * for any characters")
    where(ask, several=True)
    ask.add_argument("--category", metavar="NAME", action="append", required=True, help="may be given again")
    ask.add_argument("--reference", metavar="TEXT", required=True, help="of the investigation")
    ask.add_argument("--justification", metavar="TEXT", required=True)
    times(ask, required=True)
    asker(ask)
    ask.set_defaults(run=run)
    show = actions.add_parser(
        "list",
        help="list what waits for a decision",
        description="List what waits for a decision: your own wishes, or with the permission authorise or audit those "
        "of others.",
    )
    show.add_argument("--all", action="store_true", help="also what was decided")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    asker(show)
    show.set_defaults(run=run)
    for verb, what in (
        ("grant", "grant what was asked for"),
        ("refuse", "refuse what was asked for"),
        ("revoke", "end what was granted, at once"),
    ):
        action = actions.add_parser(verb, help=what, description=f"{what.capitalize()}. The reason goes on record.")
        action.add_argument("id", metavar="ID")
        _reason(action)
        asker(action)
        action.set_defaults(run=run)


def where(action: Any, *, several: bool = False) -> None:
    """Add areas and cameras."""
    area = "south,west,north,east in degrees" + ("; may be given again" if several else "")
    action.add_argument("--area", metavar="S,W,N,E", action="append" if several else None, help=area)
    action.add_argument("--camera", metavar="ID", action="append", default=[], help="may be given again")


def why(action: Any) -> None:
    """Add what every request for reads must bring."""
    action.add_argument("--purpose", metavar="TEXT", required=True, help="what the reads are for")
    action.add_argument("--category", metavar="NAME", required=True, help="as in `anpr policy explain`")
    action.add_argument("--reference", metavar="TEXT", required=True, help="of the investigation")
    action.add_argument("--justification", metavar="TEXT", required=True, help="why these reads, in your own words")
    action.add_argument("--authorisation", metavar="ID", help="for older reads; see `anpr authorise`")


def times(action: Any, *, required: bool = False, days: int = 1) -> None:
    """Add a period of capture; it is of so many `days` if nothing is said."""
    action.add_argument(
        "--from",
        dest="begin",
        metavar="TIME",
        type=instant_of,
        required=required,
        help="captured at or after it (ISO 8601; UTC if no zone is given)"
        + ("" if required else f" (default: {'a day' if days == 1 else f'{days} days'} before --to)"),
    )
    action.add_argument(
        "--to", dest="end", metavar="TIME", type=instant_of, required=required, help="captured before it"
        + ("" if required else " (default: now)")
    )  # fmt: skip
    action.set_defaults(usual=timedelta(days=days))


def instant_of(given: str) -> datetime:
    """Return the instant that `given` (ISO 8601; UTC if no zone is given) spells."""
    try:
        at = datetime.fromisoformat(given)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError("a time is written like 2026-11-24 or 2026-11-24T09:30") from None


def asker(action: Any) -> None:
    """Add who asks."""
    action.add_argument("--token", metavar="FILE", type=Path, help="who asks (default: the variable ANPR_TOKEN)")
    action.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML)")


def _reason(action: Any) -> None:
    action.add_argument("--reason", metavar="TEXT", required=True, help="goes on record")
