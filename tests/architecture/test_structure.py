"""The promises of the structure: rooms, sizes, names, and that errors are never swallowed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("pipeline", "actors", "benchmarks", "training", "tests")
PRODUCT = ("pipeline", "actors")
MOST_LINES = 300
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "handle", "process", "data", "misc", "common"}


def python_files(*rooms: str) -> list[Path]:
    return sorted(
        path for room in rooms for path in (ROOT / room).rglob("*.py") if "work" not in path.relative_to(ROOT).parts
    )


def test_no_import_crosses_a_wall() -> None:
    linted = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 0, linted.stdout


def test_every_file_is_small_enough_to_read_at_once() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in python_files(*ROOMS)
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long


def test_init_files_are_empty() -> None:
    assert not [path for path in python_files(*ROOMS, "protos") if path.name == "__init__.py" and path.stat().st_size]


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [path for path in python_files(*ROOMS) if path.stem in FORBIDDEN_NAMES]


def test_no_error_is_caught_blindly() -> None:
    blind = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in python_files(*PRODUCT)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    ]
    assert not blind


@pytest.mark.parametrize("stage", ["capture", "detect", "recognise", "track", "journal", "match", "store", "alert"])
def test_a_stage_says_what_happens_on_failure(stage: str) -> None:
    documented = [
        path for path in python_files(f"pipeline/{stage}") if "On failure:" in path.read_text(encoding="utf-8")
    ]
    assert documented


def test_shells_are_thin() -> None:
    thick = {
        path.name: count
        for path in (ROOT / "actors").glob("*.py")
        if "Actor:" in (text := path.read_text(encoding="utf-8")) and (count := len(text.splitlines())) > 120
    }
    assert not thick


def test_no_log_call_names_a_mark_or_a_place() -> None:
    telling = re.compile(r"\b(vrm|raw_text|latitude|longitude|location|url)\b")
    guilty = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in python_files(*PRODUCT)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("log", "logger", "logging")
        and any(telling.search(ast.unparse(argument)) for argument in node.args[1:])
    ]
    assert not guilty
