"""The README says what the commands say of themselves."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from actors.cli.parser import parser

README = Path(__file__).parents[2] / "README.md"


def helps() -> dict[str, str]:
    top = parser()
    found = {"anpr": top.format_help()}
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= {f"anpr {name}": command.format_help() for name, command in action.choices.items()}
    return found


@pytest.mark.parametrize("command", sorted(helps()))
def test_the_readme_quotes_the_help_of_every_command(command: str) -> None:
    assert helps()[command].strip() in README.read_text(encoding="utf-8")
