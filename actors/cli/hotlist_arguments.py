"""The grammar of `anpr hotlist`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from actors.cli.access_arguments import asker, times, where, why

_FILE = "a UK 16-column file, CSV with a header, or JSON lines; alone in a ZIP or as it is"


def add_hotlist(commands: Any, later: Callable[[str], Callable[[argparse.Namespace], int]]) -> None:
    """Add the command and its actions."""
    command = commands.add_parser(
        "hotlist",
        help="check, load, compare, show and weed lists of vehicles of interest",
        description="Check, load, compare, show and weed lists of vehicles of interest. Lists are kept in the folder "
        "of the settings; a run that is going on sees a new revision within two seconds.",
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=type(command))
    for add in (_check, _load, _diff, _show, _weed):
        add(actions).set_defaults(run=later("actors.cli.hotlist"))
    _past(actions).set_defaults(run=later("actors.cli.hotlist_past"))


def _check(actions: Any) -> Any:
    check = actions.add_parser(
        "check",
        help="report every malformed line of a list file",
        description="Report every malformed line of a list file by number and reason, and count what is in it. "
        "Nothing is loaded. The exit status is 1 when a line is malformed.",
    )
    _file(check)
    return check


def _load(actions: Any) -> Any:
    load = actions.add_parser(
        "load",
        help="make a file the new revision of a list",
        description="Make a file the new revision of a list, all of it or nothing. A file with malformed lines, an "
        "empty one and one that takes away more than half of a list are refused. The first file of a list says whose "
        "it is. Without FILE only that is changed.",
    )
    _file(load, optional=True)
    load.add_argument("--base", metavar="N", type=int, help="the list's revision that a delta was made for")
    load.add_argument("--revision", metavar="N", type=int, help="the owner's number of this revision (default: next)")
    load.add_argument("--owner", metavar="NAME", help="who answers for the list")
    load.add_argument("--purpose", metavar="TEXT", help="what the list is for")
    load.add_argument(
        "--review-date", metavar="DATE", type=date.fromisoformat, help="when the owner must review it (YYYY-MM-DD)"
    )
    load.add_argument(
        "--covert",
        action=argparse.BooleanOptionalAction,
        help="alerts and entries are for the owner and --visible-to alone",
    )
    load.add_argument(
        "--visible-to", metavar="NAME", action="append", help="a person or group who may see it; may be given again"
    )
    load.add_argument(
        "--near-false", metavar="N", type=float, help="false alerts by near matches allowed in 1,000 reads"
    )
    _force(load, "load what would be refused, leaving out malformed lines")
    _settings(load)
    return load


def _diff(actions: Any) -> Any:
    diff = actions.add_parser(
        "diff",
        help="say what loading a file would change",
        description="Say what loading a file would change: marks added, altered and taken off.",
    )
    _file(diff)
    diff.add_argument("--base", metavar="N", type=int, help="the list's revision that a delta was made for")
    diff.add_argument("--marks", action="store_true", help="name every mark: + added, ~ altered, - taken off")
    _settings(diff)
    return diff


def _show(actions: Any) -> Any:
    show = actions.add_parser(
        "show",
        help="show lists, their revisions, and what is or was held of a mark",
        description="Show the lists; one list's revisions; what is or was held of a mark and when; or why a hit was "
        "told. Covert lists are shown to those who may see them.",
    )
    show.add_argument("--list", metavar="NAME", help="the revisions of this list: who made them, when and why")
    show.add_argument("--vrm", metavar="VRM", help="every entry of this mark, whole or partial, those of the past too")
    show.add_argument("--at", metavar="TIME", help="only what was in force then (ISO 8601; UTC if no zone is given)")
    show.add_argument("--hit", metavar="ID", help="the entry that was hit, and the revision it stood in")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    _settings(show)
    return show


def _past(actions: Any) -> Any:
    past = actions.add_parser(
        "past",
        help="look which stored reads a mark would have hit",
        description="Look which reads of the last 90 days would have been hits, had this mark been on a list of its "
        "own: exactly, nearly (with how likely), or fitting what is known of it. A look-back is a search like any "
        "other: it names its purpose, category, reference and justification, shows what the policy opens to who asks, "
        "and is written to the audit log before the first read is shown.",
    )
    past.add_argument("marks", metavar="MARK", nargs=1, help="whole, or with ? for one and * for any characters")
    where(past)
    times(past, days=90)
    why(past)
    past.add_argument("--rows", metavar="N", type=int, default=100, help="most reads shown (default: %(default)s)")
    past.add_argument("--json", action="store_true", help="one JSON object a line; the last says what was left out")
    asker(past)
    past.set_defaults(look_alikes=True, oldest_first=False)
    return past


def _weed(actions: Any) -> Any:
    weed = actions.add_parser(
        "weed",
        help="erase entries that are past their weed date",
        description="Erase from the disk, for good, entries past their weed date (they stopped matching at that "
        "instant) and what was taken off lists longer ago than the settings keep. The record of it names no vehicle.",
    )
    _force(weed, "erase even if more than half of all entries go")
    _settings(weed)
    return weed


def _file(action: Any, *, optional: bool = False) -> None:
    action.add_argument("file", metavar="FILE", type=Path, nargs="?" if optional else None, help=_FILE)
    action.add_argument("--list", metavar="NAME", help="the list of lines that name none; a UK file names none")
    action.add_argument("--delta", action="store_true", help="the file holds changes, not the whole list")


def _force(action: Any, what: str) -> None:
    action.add_argument("--force", action="store_true", help=what)
    action.add_argument("--reason", metavar="TEXT", default="", help="why it is forced; goes on record")


def _settings(action: Any) -> None:
    action.add_argument("--by", metavar="NAME", help="who asks (default: the user of this process)")
    action.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML)")
