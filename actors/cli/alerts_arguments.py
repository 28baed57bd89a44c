"""The grammar of `anpr alerts`: one command, because people change from one action to the next under pressure."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.domain.alert import AlertState

STEPS = {
    "seen": AlertState.SEEN,
    "confirm": AlertState.CONFIRMED,
    "misread": AlertState.MISREAD,
    "clone": AlertState.SUSPECTED_CLONE,
    "action": AlertState.ACTIONED,
    "close": AlertState.CLOSED,
}
LOOKS = ("watch", "list", "show")
_DESCRIPTION = (
    "Follow alerts and say what was found and done. ACTION is watch (what is open, then everything as it happens), "
    "list, show (one alert, with its pictures as files), or a step taken with alerts: seen (it no longer escalates), "
    "confirm (the image shows the vehicle wanted), misread (it shows another mark), clone (the mark is right, the "
    "vehicle is not), action (acted on: only after confirm), close. An alert is named by the first characters of "
    "its id. Only alerts of your own desks are shown."
)


def add_alerts(commands: Any, later: Callable[[str], Callable[[argparse.Namespace], int]]) -> None:
    """Add the command."""
    command = commands.add_parser("alerts", help="follow alerts and say what was done", description=_DESCRIPTION)
    command.add_argument("action", metavar="ACTION", choices=[*LOOKS, *STEPS], help=", ".join([*LOOKS, *STEPS]))
    command.add_argument("alerts", metavar="ALERT", nargs="*", help="for show and for steps")
    command.add_argument(
        "--desk",
        metavar="NAME",
        action="append",
        default=[],
        help="whose alerts; may be given again (default: the settings' [alert] otherwise)",
    )
    command.add_argument("--note", metavar="TEXT", default="", help="what to keep with the step")
    command.add_argument("--closed", action="store_true", help="list closed alerts too")
    command.add_argument("--json", action="store_true", help="one JSON object a line")
    command.add_argument(
        "--pictures",
        metavar="FOLDER",
        type=Path,
        default=Path("var/shown"),
        help="where show puts pictures (default: %(default)s)",
    )
    command.add_argument("--service", metavar="HOST:PORT", default="", help="default: that of the settings")
    command.add_argument("--token", metavar="FILE", type=Path, help="who you are (default: the variable ANPR_TOKEN)")
    command.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML)")
    command.set_defaults(run=later("actors.cli.alerts"))
