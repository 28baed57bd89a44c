"""The grammar of `anpr dev-ca`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def add_dev_ca(commands: Any, later: Callable[[str], Callable[[argparse.Namespace], int]]) -> None:
    """Add the command."""
    command = commands.add_parser(
        "dev-ca",
        help="make certificates to try out the services with",
        description="Make an authority, a certificate for this node's services and one for each client organisation, "
        "to try out mutual TLS on one machine; a force has an authority of its own. Prints what to put into the "
        "settings. Nothing is overwritten: called again, it signs for further clients.",
    )
    command.add_argument("--out", metavar="FOLDER", type=Path, default=Path("var/dev-ca"), help="default: %(default)s")
    command.add_argument(
        "--host",
        metavar="NAME",
        action="append",
        default=["localhost", "127.0.0.1"],
        help="a further name or address under which the node is reached; may be given again",
    )
    command.add_argument(
        "--client", metavar="NAME", type=_name, action="append", default=[], help="an organisation; may be given again"
    )
    command.add_argument(
        "--revoke",
        metavar="NAME",
        type=_name,
        action="append",
        default=[],
        help="an organisation whose certificate is to count no longer; may be given again",
    )
    command.set_defaults(run=later("actors.cli.dev_ca"))


def _name(given: str) -> str:
    if not _NAME.fullmatch(given):
        raise argparse.ArgumentTypeError("a name is 1 to 32 of a-z, 0-9 and -")
    return given
