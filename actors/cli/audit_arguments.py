"""The grammar of `anpr audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from actors.cli.access_arguments import Later, asker, instant_of

REPORTS = ("people", "inquiries", "sample", "own-vehicles", "colleagues", "refusals", "out-of-hours", "unusual")


def add_audit(commands: Any, later: Later) -> None:
    """Add the command and its actions."""
    command = commands.add_parser(
        "audit",
        help="verify the audit log, report on it, take a checkpoint away",
        description="Verify the audit log, report on it, and take its newest signed checkpoint away to where nobody of "
        "this machine can change it.",
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=type(command))
    for add in (_verify, _report, _checkpoint, _stamp):
        add(actions).set_defaults(run=later("actors.cli.audit"))


def _verify(actions: Any) -> Any:
    verify = actions.add_parser(
        "verify",
        help="check every entry, every link and every signature",
        description="Check every entry, every link and every signature, and name the first that is not as it was "
        "written (exit status 1). A copy of the log can be checked anywhere with the public key.",
    )
    verify.add_argument("folder", metavar="FOLDER", nargs="?", type=Path, help="of a log (default: the settings')")
    verify.add_argument(
        "--key",
        metavar="FILE",
        action="append",
        type=Path,
        help="a public key (PEM) that is trusted; may be given again (default: the settings')",
    )
    verify.add_argument(
        "--kept", metavar="FILE", type=Path, help="checkpoints kept elsewhere: finds a log cut back as a whole"
    )
    verify.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML)")
    return verify


def _report(actions: Any) -> Any:
    report = actions.add_parser(
        "report",
        help="write a report for an auditor",
        description="Write a report for an auditor: people (who asked how often), inquiries (all of them), sample (a "
        "random one, for dip checks), own-vehicles, colleagues (searches for vehicles of people of the register), "
        "refusals, out-of-hours, unusual (far above a person's own or the role's median), or all. Needs the permission "
        "audit; that it was made goes to the log.",
    )
    report.add_argument("report", metavar="REPORT", choices=[*REPORTS, "all"], help=", ".join([*REPORTS, "all"]))
    report.add_argument("--out", metavar="FILE", type=Path, required=True, help="….html, or ….csv for one report")
    report.add_argument("--from", dest="begin", metavar="TIME", type=instant_of, help="asked at or after it")
    report.add_argument("--to", dest="end", metavar="TIME", type=instant_of, help="asked before it (default: now)")
    report.add_argument("--person", metavar="PERSON", help="only what this person asked")
    report.add_argument("--reference", metavar="TEXT", help="only what was asked for this investigation")
    report.add_argument("--sample", metavar="N", type=int, default=20, help="size of the sample (default: %(default)s)")
    report.add_argument("--seed", metavar="N", type=int, help="draw the same sample again (default: a new one)")
    asker(report)
    return report


def _checkpoint(actions: Any) -> Any:
    checkpoint = actions.add_parser(
        "checkpoint",
        help="print the newest signed checkpoint, to keep elsewhere",
        description="Print the newest signed checkpoint. Kept where nobody of this machine can change it, it proves "
        "later that the log was not cut back; see verify --kept. It names nobody.",
    )
    checkpoint.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML)")
    return checkpoint


def _stamp(actions: Any) -> Any:
    stamp = actions.add_parser(
        "stamp",
        help="have a time-stamping authority confirm the newest checkpoint",
        description="Have the time-stamping authority of the settings (RFC 3161) confirm when the newest checkpoint "
        "was there, and keep its stamp beside the log, where verify checks it. The authority learns a digest, nothing "
        "else. A node does so by itself every stamp_every_hours.",
    )
    stamp.add_argument("--config", metavar="FILE", type=Path, help="settings (TOML)")
    return stamp
