"""The grammar of the command line. Commands import what they run only when they run, so that `--help` is quick."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from actors.cli.access_arguments import add_authorise, add_people, add_policy
from actors.cli.alerts_arguments import add_alerts
from actors.cli.audit_arguments import add_audit
from actors.cli.camera_arguments import add_camera
from actors.cli.dev_ca_arguments import add_dev_ca
from actors.cli.evidence_arguments import add_evidence
from actors.cli.hotlist_arguments import add_hotlist
from actors.cli.national_arguments import add_national, add_quarantine
from actors.cli.running_arguments import add_drain, add_status
from actors.cli.search_arguments import add_search
from actors.cli.store_arguments import add_store

# argparse wraps to the terminal; the README quotes the help, so its width must not depend on who asks
HELP_WIDTH = 100


def parser() -> argparse.ArgumentParser:
    """Return the parser; the chosen command's function stands in `run`."""
    top = _Parser(
        prog="anpr", description="Automatic number plate recognition: from video to one durable read per vehicle."
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    _run(commands)
    add_status(commands, _later)
    add_drain(commands, _later)
    _replay(commands)
    _read(commands)
    add_hotlist(commands, _later)
    add_alerts(commands, _later)
    add_search(commands, _later)
    add_people(commands, _later)
    add_authorise(commands, _later)
    add_policy(commands, _later)
    add_audit(commands, _later)
    add_evidence(commands, _later)
    add_camera(commands, _later)
    add_store(commands, _later)
    add_dev_ca(commands, _later)
    add_national(commands, _later)
    add_quarantine(commands, _later)
    _settings(commands)
    _doctor(commands)
    return top


class _Parser(argparse.ArgumentParser):
    def __init__(self, **given: object) -> None:
        super().__init__(
            formatter_class=lambda prog: argparse.HelpFormatter(prog, width=HELP_WIDTH),
            **given,  # type: ignore[arg-type]
        )


def _run(commands: argparse._SubParsersAction[_Parser]) -> None:
    command = commands.add_parser(
        "run",
        help="run the main job on Ray",
        description="Run the main job on Ray: every feed to durable reads, checked against the hotlist. "
        "Ctrl-C drains and prints the summary; a second Ctrl-C ends at once.",
    )
    command.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML); see deploy/settings.toml")
    command.add_argument(
        "--feed",
        metavar="NAME=URL",
        action="append",
        default=[],
        help="a feed: rtsp://… or a file; may be given again; replaces the feeds of the settings",
    )
    command.add_argument(
        "--hotlist", metavar="FILE", type=Path, help="vehicles of interest: a list file, watched for changes"
    )
    command.add_argument(
        "--realtime", action="store_true", help="pace files by their timestamps and shed frames as a camera would"
    )
    command.set_defaults(run=_later("actors.cli.run"))


def _replay(commands: argparse._SubParsersAction[_Parser]) -> None:
    command = commands.add_parser(
        "replay",
        help="run clips through the same flow in process, without Ray",
        description="Run clips through the same flow in process, without Ray and without a store.",
    )
    command.add_argument("clips", metavar="CLIP", nargs="+", help="a video file")
    command.add_argument("--json", action="store_true", help="one JSON object a line for each read")
    command.add_argument(
        "--pictures",
        metavar="FOLDER",
        type=Path,
        default=Path("var/replay"),
        help="where the patch and overview of each read go (default: %(default)s)",
    )
    command.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML)")
    command.set_defaults(run=_later("actors.cli.replay"))


def _read(commands: argparse._SubParsersAction[_Parser]) -> None:
    command = commands.add_parser(
        "read",
        help="read the plates in still images",
        description="Read the plates in still images. A file that is no image is reported, the others are read, "
        "and the exit status is 1.",
    )
    command.add_argument("images", metavar="IMAGE", nargs="+", help="a picture file")
    command.add_argument("--json", action="store_true", help="one JSON object a line for each plate")
    command.add_argument("--draw", metavar="FOLDER", type=Path, help="write the pictures with boxes and texts there")
    command.add_argument("--crops", action="store_true", help="each image is already the crop of one plate")
    command.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML)")
    command.set_defaults(run=_later("actors.cli.read"))


def _settings(commands: argparse._SubParsersAction[_Parser]) -> None:
    command = commands.add_parser(
        "settings",
        help="check a settings file, or show every setting there is",
        description="Check a settings file, or show every setting there is.",
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=_Parser)
    check = actions.add_parser(
        "check", help="report every fault of a settings file", description="Report every fault of a settings file."
    )
    check.add_argument("file", metavar="FILE", type=Path)
    check.set_defaults(run=_later("actors.cli.settings"))
    show = actions.add_parser(
        "show",
        help="show every setting, its default and its meaning, as Markdown",
        description="Show every setting, its default and its meaning, as Markdown (docs/settings.md).",
    )
    show.set_defaults(run=_later("actors.cli.settings"))


def _doctor(commands: argparse._SubParsersAction[_Parser]) -> None:
    command = commands.add_parser(
        "doctor",
        help="say what works on this machine and what to do about the rest",
        description="Say what is installed, what will run the models, and whether ports and folders can be used.",
    )
    command.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML)")
    command.set_defaults(run=_later("actors.cli.doctor"))


def _later(module: str) -> Callable[[argparse.Namespace], int]:
    def execute(chosen: argparse.Namespace) -> int:
        status: int = import_module(module).execute(chosen)
        return status

    return execute
