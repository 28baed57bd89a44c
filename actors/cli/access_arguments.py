"""The grammar of the commands around lawful access."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
