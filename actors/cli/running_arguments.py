"""Arguments of the commands that look after what runs: status and drain."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

Later = Callable[[str], Callable[[argparse.Namespace], int]]


def add_status(commands: Any, later: Later) -> None:
    command = commands.add_parser(
        "status",
        help="show every camera, where it runs and why, its health and lag",
        description="Show every camera, where it runs and why, its health and lag, and the nodes; live on a "
        "terminal, once elsewhere. Asks a running node over HTTP; any node of a cluster knows it all.",
    )
    command.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML) of the node that is asked")
    command.add_argument("--at", metavar="URL", help="the node to ask, as http://HOST:PORT of its [metrics]")
    command.add_argument("--json", action="store_true", help="one JSON object, once")
    command.set_defaults(run=later("actors.cli.status"))


def add_drain(commands: Any, later: Later) -> None:
    command = commands.add_parser(
        "drain",
        help="ask a node of the cluster to leave, and wait until it has",
        description="Ask a node of the cluster to leave, and wait until its cameras run elsewhere and its journal "
        "is carried over. It takes part again when its Ray has been started anew.",
    )
    command.add_argument("node", metavar="NODE", nargs="?", help="its name (default: this machine's)")
    command.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML) with [cluster] address")
    command.add_argument(
        "--seconds", type=float, default=300.0, help="give up waiting after so long (default: %(default)s)"
    )
    command.set_defaults(run=later("actors.cli.drain"))
