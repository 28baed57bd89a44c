"""The README and docs/commands.md say what the commands say of themselves."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from actors.cli.parser import parser

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "docs" / "commands.md")


def helps(command: argparse.ArgumentParser, name: str = "anpr") -> dict[str, str]:
    """Return what a command and all below it say of themselves."""
    found = {name: command.format_help()}
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below, one in action.choices.items():
                found |= helps(one, f"{name} {below}")
    return found


@pytest.mark.parametrize("command", sorted(helps(parser())))
def test_a_page_quotes_the_help_of_every_command(command: str) -> None:
    quoted = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert f"```text\n{helps(parser())[command].strip()}\n```" in quoted
