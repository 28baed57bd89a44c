"""The grammar of `anpr store`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any


def add_store(commands: Any, later: Callable[[str], Callable[[argparse.Namespace], int]]) -> None:
    """Add the command and its actions."""
    command = commands.add_parser(
        "store",
        help="verify, back up, restore, compact and expire the store, and hold exhibits",
        description="Look after the store of reads and pictures. A run does the daily part of it by itself; all of it "
        "may be done while a run goes on, but restore and resume.",
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=type(command))
    for add in (_verify, _backup, _restore, _expire, _compact, _hold, _resume):
        one = add(actions)
        one.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML)")
        one.set_defaults(run=later("actors.cli.store"))


def _verify(actions: Any) -> Any:
    verify = actions.add_parser(
        "verify",
        help="compute every digest again",
        description="Check the log, every file, and every record and picture against its SHA-256. A damaged file is "
        "named and put into quarantine: what needs it fails by its name until it is restored. The exit status is 1 "
        "when anything is wrong.",
    )
    verify.add_argument("--quick", action="store_true", help="only the log and the files, not what is in them")
    verify.add_argument(
        "--day", metavar="DATE", type=date.fromisoformat, action="append", help="only this day; may be given again"
    )
    verify.add_argument(
        "--repair-from", metavar="URL", default="", help="a backup from which damaged files are put back"
    )
    return verify


def _backup(actions: Any) -> Any:
    backup = actions.add_parser(
        "backup",
        help="bring a copy to what the store holds now",
        description="Bring the copy at URL (a folder or an object store) to what the store holds now. Only what is new "
        "is copied, and what the store no longer keeps is removed. A copy is itself a store: this is also how a "
        "store moves.",
    )
    backup.add_argument("url", metavar="URL")
    return backup


def _restore(actions: Any) -> Any:
    restore = actions.add_parser(
        "restore",
        help="make the store of a backup",
        description="Make the store, where there is none, of the backup at URL, checking every file on the way, and "
        "erase what is past its limit. Broken off, it goes on where it was.",
    )
    restore.add_argument("url", metavar="URL")
    return restore


def _expire(actions: Any) -> Any:
    expire = actions.add_parser(
        "expire",
        help="erase what is past its limit, now",
        description="Erase reads, pictures and what was made of them that are past the limit of retention. Says what "
        "kind and how many, never what was in them.",
    )
    expire.add_argument(
        "--confirm-date",
        metavar="DATE",
        type=date.fromisoformat,
        help="today's date (YYYY-MM-DD): needed after a long standstill, because a wrong clock must not erase a year",
    )
    return expire


def _compact(actions: Any) -> Any:
    return actions.add_parser(
        "compact",
        help="merge and sort what is due, now",
        description="Merge small files, sort closed days, and remove replaced files that no search can be using.",
    )


def _hold(actions: Any) -> Any:
    hold = actions.add_parser(
        "hold",
        help="copy exhibits to the folder of a case",
        description="Copy reads and their pictures, checked against their digests, to the folder of a case with their "
        "custody record. They stay there when the store erases its own.",
    )
    hold.add_argument("case", metavar="CASE")
    hold.add_argument("--read", metavar="ID", action="append", required=True, help="a read; may be given again")
    hold.add_argument("--by", metavar="NAME", required=True, help="who holds them")
    hold.add_argument("--reason", metavar="TEXT", required=True, help="why")
    hold.add_argument(
        "--cases",
        metavar="FOLDER",
        type=Path,
        help="where the cases are (default: cases, in the folder of the settings)",
    )
    return hold


def _resume(actions: Any) -> Any:
    return actions.add_parser(
        "resume",
        help="accept that reads between the journal and a restored store are lost",
        description="After a restore of an old backup: take reads that are neither in the store nor in the journal any "
        "more for lost, say how many they are, and let the store go on with what the journal has.",
    )
