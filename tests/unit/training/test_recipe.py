"""The recipe of both networks: each command is understood, the steps fit together, and a fault is gone on from."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

import pytest

import training.__main__ as recipe


class Understood(Exception):
    """Thrown instead of what a step would do, with what it understood."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        super().__init__()
        self.arguments = arguments


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, list[str]]:
    monkeypatch.setattr(recipe, "downloaded", lambda name, folder: folder / name)
    return recipe.steps(tmp_path)


def understood(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> argparse.Namespace:
    """What the module of `command` makes of its arguments, and nothing of what it then does."""
    parse = argparse.ArgumentParser.parse_args

    def parsed(self: argparse.ArgumentParser) -> None:
        raise Understood(parse(self))

    name, *arguments = command
    try:
        module = importlib.import_module(f"{name}.__main__")
    except ModuleNotFoundError:
        module = importlib.import_module(name)
    with monkeypatch.context() as patched:
        patched.setattr(argparse.ArgumentParser, "parse_args", parsed)
        patched.setattr(sys, "argv", [name, *arguments])
        with pytest.raises(Understood) as told:
            module.main()
    return told.value.arguments


def test_every_step_understands_its_arguments(monkeypatch: pytest.MonkeyPatch, commands: dict[str, list[str]]) -> None:
    assert len(commands) >= 25
    for command in commands.values():
        understood(monkeypatch, command)


def test_an_argument_that_there_is_not_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        understood(monkeypatch, ["training.recogniser", "--shard", "many"])


@pytest.mark.parametrize(
    ("made", "taken"),
    [
        ("hard plates", "recogniser on hard plates"),
        ("mixed plates", "recogniser on mixed plates"),
        ("plates nearer to real ones", "recogniser on plates nearer to real ones"),
    ],
)
def test_a_course_takes_the_shards_that_were_made_for_it_and_renders_none(
    monkeypatch: pytest.MonkeyPatch, commands: dict[str, list[str]], made: str, taken: str
) -> None:
    shards, course = (understood(monkeypatch, commands[name]) for name in (made, taken))
    assert (shards.work, shards.seed, shards.shards) == (course.work, course.seed, course.shards)


@pytest.mark.parametrize(
    ("made", "taken"),
    [
        ("real plates", "recogniser again"),
        ("real plates again", "recogniser once more"),
        ("real plates for again, later", "recogniser on hard plates"),
        ("real plates, far ones too", "recogniser on mixed plates"),
        ("real plates, far ones too, again", "recogniser on plates nearer to real ones"),
    ],
)
def test_a_course_takes_the_real_plates_that_were_proposed_for_it(
    monkeypatch: pytest.MonkeyPatch, commands: dict[str, list[str]], made: str, taken: str
) -> None:
    assert understood(monkeypatch, commands[made]).out == understood(monkeypatch, commands[taken]).real


def test_every_course_of_the_reader_has_a_folder_of_its_own_and_can_be_resumed(
    monkeypatch: pytest.MonkeyPatch, commands: dict[str, list[str]]
) -> None:
    courses = [understood(monkeypatch, command) for command in commands.values() if command[0] == "training.recogniser"]
    assert len({course.work for course in courses}) == len(courses) == 6
    assert all(course.resume for course in courses)


def a_recipe(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Two steps, the second of which takes what the first makes out of `given.json`."""
    (folder / "train").mkdir()
    made = {name: str(folder / f"{name}.json") for name in ("given", "first", "second")}
    monkeypatch.setattr(recipe, "WORK", folder)
    monkeypatch.setattr(
        recipe,
        "steps",
        lambda pictures: {
            "one": ["json.tool", made["given"], made["first"]],
            "two": ["json.tool", made["first"], made["second"]],
        },
    )
    monkeypatch.setattr(sys, "argv", ["training", "--pictures", str(folder)])


def test_a_step_that_failed_stops_the_recipe_and_is_the_first_of_the_next_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    a_recipe(monkeypatch, tmp_path)
    assert recipe.main() != 0
    assert "one: failed" in capfd.readouterr().err
    assert not list(tmp_path.glob("*.done"))
    (tmp_path / "given.json").write_text("[1]")
    assert recipe.main() == 0
    assert (tmp_path / "second.json").is_file()
    assert {path.stem for path in tmp_path.glob("*.done")} == {"one", "two"}


def test_a_step_that_is_done_is_not_done_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    a_recipe(monkeypatch, tmp_path)
    (tmp_path / "first.json").write_text("[2]")
    (tmp_path / "one.done").touch()
    assert recipe.main() == 0
    assert "2" in (tmp_path / "second.json").read_text()


def test_without_pictures_nothing_is_begun(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["training", "--pictures", str(tmp_path)])
    assert recipe.main() == 1
    assert "ANPR_DATA" in capsys.readouterr().err
