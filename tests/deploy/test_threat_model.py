"""The threat model names tests, and they are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "threat-model.md"
BOUNDARIES = [
    *("Camera", "Node", "Cluster", "Operator", "gRPC peer", "National centre", "Older back office"),
    *("Webhook receiver", "Identity provider", "Object store", "People", "Administrator"),
    *("Evidence recipient", "What nothing here guards"),
]


def rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]


def test_every_boundary_has_its_section() -> None:
    headings = re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == BOUNDARIES


def test_every_threat_has_a_guard_and_a_test_that_exists() -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^def (test_\w+)", written, re.MULTILINE))
    threats = [row for row in rows() if row[0] not in ("what could go wrong", "---")]
    assert threats
    for what, guard, named in threats:
        tests = re.findall(r"`(test_\w+)`", named)
        assert guard, what
        assert tests, f"{what}: no test is named"
        assert set(tests) <= there, f"{what}: {set(tests) - there} are not there"
