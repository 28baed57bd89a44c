"""What pages and contracts show can be typed as it stands: commands, messages and settings. Those that a newcomer
begins with are run, too, in tests/actors/test_documented_examples.py."""

from __future__ import annotations

import argparse
import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from actors.cli.parser import parser
from pipeline.access.callers.settings import CallerLimits
from pipeline.settings import settings_of
from tests.support.durable import ROOT
from tests.support.examples import commands_in, grpcurl_of, named_in

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "protos").rglob("*.proto"))]
SHOWN = [(page, words) for page in PAGES for words in commands_in(page)]
TOML = [
    (page, at, block)
    for page in PAGES
    for at, block in enumerate(re.findall(r"^```toml\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE))
]


def of(program: str) -> pytest.MarkDecorator:
    chosen = [(page, words) for page, words in SHOWN if words[0] == program]
    names = [f"{page.name}: {' '.join(words[1:3])}" for page, words in chosen]
    return pytest.mark.parametrize(("page", "words"), chosen, ids=names)


def test_the_pages_that_show_how_to_connect_show_commands() -> None:
    shown = {page.name: {words[0] for one, words in SHOWN if one == page} for page, _ in SHOWN}
    assert shown["services.md"] == {"anpr", "grpcurl"}
    assert "anpr" in shown["sharing.md"]
    contracts = ("alert", "camera", "hotlist", "ingest", "national", "search", "sharing")
    assert all("grpcurl" in shown[f"{name}.proto"] for name in contracts)


@of("anpr")
def test_a_command_that_is_shown_is_understood(page: Path, words: list[str]) -> None:
    parser().parse_args(words[1:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_that_is_named_is_there_with_its_options(page: Path) -> None:
    for words in named_in(page):
        command, rest = parser(), list(words)
        while rest and (below := below_of(command)) and rest[0] in below:
            command = below[rest.pop(0)]
        assert command.prog != "anpr" or words[0].startswith("--"), f"{page.name}: there is no `anpr {words[0]}`"
        options = {word.partition("=")[0].rstrip(",.") for word in rest if word.startswith("--")}
        assert not options - set(command._option_string_actions), f"{page.name}: anpr {' '.join(words)}"


def below_of(command: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return {
        name: one
        for action in command._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, one in action.choices.items()
    }


@of("grpcurl")
def test_a_call_that_is_shown_is_one_of_its_contract_with_a_deadline_and_a_way_to_be_known(
    page: Path, words: list[str]
) -> None:
    call = grpcurl_of(words)
    given, limits = call.given, CallerLimits()
    stream = call.method.client_streaming or call.method.server_streaming
    longest = limits.longest_stream_seconds if stream else limits.longest_call_seconds
    assert timedelta(0) < timedelta(seconds=float(given.max_time)) <= timedelta(seconds=longest)
    assert given.plaintext != all((given.cacert, given.cert, given.key))
    assert given.address.rpartition(":")[0] in ("127.0.0.1", "localhost")


@pytest.mark.parametrize(("page", "at", "block"), TOML, ids=[f"{page.name}-{at}" for page, at, _ in TOML])
def test_settings_that_are_shown_are_settings(page: Path, at: int, block: str) -> None:
    settings_of(tomllib.loads(block), where=page.name)
