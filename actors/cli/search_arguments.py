"""The grammar of `anpr search`."""

from __future__ import annotations

from typing import Any

from actors.cli.access_arguments import Later, asker, times, where, why


def add_search(commands: Any, later: Later) -> None:
    """Add the command."""
    command = commands.add_parser(
        "search",
        help="search the record, within what the policy allows",
        description="Search the record for marks, at cameras or in an area. Every search names its purpose, category, "
        "reference and justification, and is written to the audit log before the first read is shown. What the policy "
        "does not open is left out, and told; a search that it does not open at all is refused (exit status 1).",
    )
    command.add_argument("marks", metavar="MARK", nargs="*", help="whole, or with ? for one and * for any characters")
    command.add_argument("--look-alikes", action="store_true", help="also reads that a misread may hide")
    where(command)
    times(command)
    why(command)
    command.add_argument("--oldest-first", action="store_true", help="default: newest first")
    command.add_argument("--rows", metavar="N", type=int, default=100, help="most reads shown (default: %(default)s)")
    command.add_argument("--json", action="store_true", help="one JSON object a line; the last says what was left out")
    asker(command)
    command.set_defaults(run=later("actors.cli.search"))
