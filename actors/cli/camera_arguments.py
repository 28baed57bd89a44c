"""The grammar of `anpr camera`."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from actors.cli.access_arguments import Later, asker, instant_of
from pipeline.domain.camera import CameraKind


def add_camera(commands: Any, later: Later) -> None:
    """Add `anpr camera`."""
    command = commands.add_parser(
        "camera",
        help="register cameras, and keep the assessments without which none runs",
        description="Register cameras, and keep their impact assessments: a live camera runs only while it has an "
        "approved one that is in date. The way there: add, assess, consult, then somebody else with the permission "
        "cameras approves or refuses. Every step goes to the audit log first.",
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=type(command))
    for add in (_add, _show, _move, _assess, _consult, _approve, _refuse, _withdraw, _publish, _renew_key):
        action = add(actions)
        asker(action)
        action.set_defaults(run=later("actors.cli.camera"))


def _add(actions: Any) -> Any:
    add = actions.add_parser(
        "add",
        help="register a camera",
        description="Register a camera. Its place is asked for, or read from a file, because other users of the "
        "machine can see arguments; it is kept sealed.",
    )
    add.add_argument("camera", metavar="CAMERA", help="the camera_id of its feed, or the feed's name")
    add.add_argument("--kind", choices=[one.value for one in CameraKind], required=True)
    add.add_argument("--area", metavar="TEXT", required=True, help="coarse: what everybody may know of where it is")
    _place(add)
    _reason(add)
    return add


def _show(actions: Any) -> Any:
    show = actions.add_parser(
        "show",
        help="show cameras and how far their assessments have come",
        description="Show cameras and how far their assessments have come. Needs the permission cameras, "
        "camera-locations or audit; the place needs camera-locations and a reason, and goes on record.",
    )
    show.add_argument("camera", metavar="CAMERA", nargs="?", help="default: all")
    show.add_argument("--history", action="store_true", help="all entries, also former ones")
    show.add_argument(
        "--at", metavar="TIME", type=instant_of, help="as it was then (ISO 8601; UTC if no zone is given)"
    )
    show.add_argument("--place", action="store_true", help="also where it stands, or stood then")
    show.add_argument("--reason", metavar="TEXT", help="why you need to know the place; goes on record")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    return show


def _move(actions: Any) -> Any:
    move = actions.add_parser(
        "move",
        help="enter that a camera stands elsewhere now",
        description="Enter that a camera stands elsewhere; former places stay on record. A fixed camera then needs a "
        "new assessment, a portable one if it went to another area.",
    )
    move.add_argument("camera", metavar="CAMERA")
    move.add_argument("--area", metavar="TEXT", default="", help="the new coarse area (default: the same)")
    move.add_argument("--since", metavar="TIME", type=instant_of, help="since when (default: now)")
    _place(move)
    _reason(move)
    return move


def _assess(actions: Any) -> Any:
    assess = actions.add_parser(
        "assess",
        help="draft an impact assessment",
        description="Draft an impact assessment: the questions are asked one by one, or answered in a file. All "
        "answers are published, so they must not say where the camera stands.",
    )
    assess.add_argument("camera", metavar="CAMERA")
    assess.add_argument("--answers", metavar="FILE", type=Path, help="answers (TOML) instead of questions")
    assess.add_argument("--blank", action="store_true", help="only print such a file, to be filled in")
    return assess


def _consult(actions: Any) -> Any:
    consult = actions.add_parser(
        "consult",
        help="enter who was asked for their views, what they said, and how it was answered",
        description="Keep the consultation on the newest draft: who was asked, what they said, how it was answered. It "
        "can be closed when somebody replied or the closing date has passed, and every reply is answered.",
    )
    consult.add_argument("camera", metavar="CAMERA")
    consult.add_argument("--invite", metavar="WHO", action="append", default=[], help="may be given again")
    consult.add_argument("--closes", metavar="DATE", type=date.fromisoformat, help="last day for replies")
    consult.add_argument("--reply", metavar="WHO", help="who replied")
    consult.add_argument("--said", metavar="TEXT", default="", help="what they said")
    consult.add_argument("--answer", metavar="TEXT", default="", help="how it was answered; now or later")
    consult.add_argument("--close", action="store_true", help="end the consultation")
    return consult


def _approve(actions: Any) -> Any:
    approve = actions.add_parser(
        "approve",
        help="approve what was consulted on: the camera may run",
        description="Approve what was consulted on, as somebody else than its author: the camera may run until the end "
        "of the review date.",
    )
    approve.add_argument("camera", metavar="CAMERA")
    approve.add_argument(
        "--review",
        metavar="DATE",
        type=date.fromisoformat,
        help="when it is reviewed at the latest (default: as late as the settings allow)",
    )
    _reason(approve)
    return approve


def _refuse(actions: Any) -> Any:
    refuse = actions.add_parser(
        "refuse",
        help="refuse what was consulted on",
        description="Refuse what was consulted on, for good, as somebody else than its author. A camera that runs "
        "under an older approval stops.",
    )
    refuse.add_argument("camera", metavar="CAMERA")
    _reason(refuse)
    return refuse


def _withdraw(actions: Any) -> Any:
    withdraw = actions.add_parser(
        "withdraw",
        help="withdraw an approval: the camera stops at once",
        description="Withdraw the approval in force, or else what is under way. A running camera stops within seconds.",
    )
    withdraw.add_argument("camera", metavar="CAMERA")
    _reason(withdraw)
    return withdraw


def _publish(actions: Any) -> Any:
    publish = actions.add_parser(
        "publish",
        help="write the assessment for publication, and the letters that invite views",
        description="Write the newest assessment for publication, and the letters to all who were asked, as HTML. "
        "Neither tells the camera's place or id.",
    )
    publish.add_argument("camera", metavar="CAMERA")
    publish.add_argument("--to", metavar="FOLDER", type=Path, required=True)
    publish.add_argument("--contact", metavar="TEXT", help="where the public may write to (default: the settings')")
    return publish


def _renew_key(actions: Any) -> Any:
    renew = actions.add_parser(
        "renew-key",
        help="seal all places with a new key",
        description="Seal all places with a new key and remove the former ones. Copies of the register that were made "
        "before can then only be read with a copy of the former key.",
    )
    _reason(renew)
    return renew


def _place(action: argparse.ArgumentParser) -> None:
    action.add_argument(
        "--place-file", metavar="FILE", type=Path, help="latitude and longitude in degrees; default: asked for"
    )


def _reason(action: argparse.ArgumentParser) -> None:
    action.add_argument("--reason", metavar="TEXT", required=True, help="goes on record")
