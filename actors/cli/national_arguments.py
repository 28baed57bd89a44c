"""The grammar of `anpr national` and `anpr quarantine`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add_national(commands: Any, later: Callable[[str], Callable[[argparse.Namespace], int]]) -> None:
    command = commands.add_parser(
        "national",
        help="run a national centre, or show what it has of each force",
        description="Run a national centre: take the reads of forces, store them, and hand out its lists. Its settings"
        " are of the same form as a force's; docs/sharing.md shows both. Ctrl-C ends it when all that was"
        " acknowledged is stored.",
    )
    command.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML) of the centre")
    command.add_argument("--show", action="store_true", help="show what the centre has of each force, and end")
    command.add_argument("--json", action="store_true", help="with --show: one JSON object a line for each force")
    command.set_defaults(run=later("actors.cli.national"))


def add_quarantine(commands: Any, later: Callable[[str], Callable[[argparse.Namespace], int]]) -> None:
    command = commands.add_parser(
        "quarantine",
        help="show the reads that were put aside, and let in those that only have an odd time",
        description="Show how many reads are put aside, of whom and why: what others sent that cannot be right, and"
        " what a peer did not take of ours. --release takes in those of a sender whose only fault is their time, as"
        " they are. --resend offers what the peer did not take to it once more, when the cause is mended there. Both"
        " go on record.",
    )
    command.add_argument("--release", metavar="SENDER", help="take in the reads of this sender")
    command.add_argument("--resend", action="store_true", help="send again what the peer did not take")
    command.add_argument("--reason", metavar="TEXT", help="with --release or --resend: why; goes on record")
    command.add_argument("--json", action="store_true", help="one JSON object a line")
    command.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML)")
    command.set_defaults(run=later("actors.cli.quarantine"))
