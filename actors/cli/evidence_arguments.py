"""The grammar of `anpr evidence`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from actors.cli.access_arguments import Later, asker, times, where

_KEY = "public key (64 hexadecimal digits) that is trusted; may be given again"


def add_evidence(commands: Any, later: Later) -> None:
    """Add the command."""
    command = commands.add_parser(
        "evidence",
        help="take reads out as exhibits, check them, and keep their custody",
        description="Take reads out as signed exhibit packages, check packages, and write down what is done with them.",
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=type(command))
    for add in (_export, _verify, _add, _custody):
        add(actions).set_defaults(run=later("actors.cli.evidence"))


def _export(actions: Any) -> Any:
    export = actions.add_parser(
        "export",
        help="make a package of reads",
        description="Make a package of the reads that a search is granted: records, pictures, the grant, custody, a "
        "signed manifest, a statement to read, and a program that checks it all. Needs the permissions evidence and "
        "camera-locations (the records tell where cameras stood). The disclosure goes to the audit log first.",
    )
    export.add_argument("marks", metavar="MARK", nargs="*", help="whole, or with ? for one and * for any characters")
    export.add_argument("--out", dest="package", metavar="PATH", type=Path, required=True, help="a folder, or a .zip")
    export.add_argument("--recipient", metavar="TEXT", required=True, help="who is given the package")
    export.add_argument("--exhibit", metavar="LABEL", default="", help="as it will be called in court, such as ABC/1")
    export.add_argument("--read", metavar="ID", action="append", default=[], help="only this one; may be given again")
    export.add_argument("--look-alikes", action="store_true", help="also reads that a misread may hide")
    where(export)
    times(export)
    export.add_argument("--purpose", metavar="TEXT", required=True, help="what the reads are for")
    export.add_argument("--category", metavar="NAME", required=True, help="as in `anpr policy explain`")
    export.add_argument("--reference", metavar="TEXT", required=True, help="of the investigation")
    export.add_argument("--justification", metavar="TEXT", required=True, help="why these reads, in your own words")
    export.add_argument("--authorisation", metavar="ID", help="for older reads; see `anpr authorise`")
    asker(export)
    return export


def _verify(actions: Any) -> Any:
    verify = actions.add_parser(
        "verify",
        help="check that a package is exactly what was made",
        description="Check a package: every file, every picture against the digest it was stored with, the signature, "
        "and every custody entry. Says what is wrong by name. Exit status: 0 nothing is wrong, 1 something is, 3 "
        "nothing is wrong but no key was given and this machine has none. The file verify.py in a package does the "
        "same on a machine that has nothing but Python 3.",
    )
    verify.add_argument("package", metavar="PACKAGE", type=Path, help="the folder or the .zip")
    verify.add_argument("--key", metavar="HEX", action="append", default=[], help=f"{_KEY} (default: this machine's)")
    verify.add_argument("--newest", metavar="DIGEST", default="", help="that the newest custody entry must have")
    verify.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML)")
    return verify


def _add(actions: Any) -> Any:
    add = actions.add_parser(
        "add",
        help="put a file into a package",
        description="Put a copy of a file into a package, such as a witness statement. What was in the package stays "
        "as it is; the addition is a signed custody entry.",
    )
    add.add_argument("package", metavar="PACKAGE", type=Path, help="the folder or the .zip")
    add.add_argument("file", metavar="FILE", type=Path)
    return _step(add)


def _custody(actions: Any) -> Any:
    custody = actions.add_parser(
        "custody",
        help="write down what is done with a package",
        description="Write down, as a signed custody entry, that a package was opened, copied or handed over, and "
        "print the digest of the entry: it is also in the audit log, so that an entry cut off later is missed.",
    )
    custody.add_argument("package", metavar="PACKAGE", type=Path, help="the folder or the .zip")
    custody.add_argument("step", metavar="STEP", choices=["opened", "copied", "handed-over"], help="%(choices)s")
    custody.add_argument("--recipient", metavar="TEXT", default="", help="to whom it was handed over or copied")
    return _step(custody)


def _step(action: argparse.ArgumentParser) -> argparse.ArgumentParser:
    action.add_argument("--note", metavar="TEXT", default="", help="goes into the custody entry")
    action.add_argument("--key", metavar="HEX", action="append", default=[], help=f"another {_KEY}")
    asker(action)
    return action
