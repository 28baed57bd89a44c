"""Writes RESULTS.md from the results, so that no figure in it was typed by hand: `python -m benchmarks.report`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.harness import RESULTS

REPORT = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    REPORT.write_text(report(), encoding="utf-8")


def report() -> str:
    """Return all committed results as one text."""
    sections = [section(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(RESULTS.glob("*.json"))]
    head = (
        "# Measured\n\nWritten by `python -m benchmarks.report` from `results/*.json`. Compare only within one run.\n"
    )
    return "\n".join([head, *sections])


def _processor(machine: dict[str, Any]) -> str:
    """Older results do not name the instructions."""
    instructions = ", ".join(machine.get("instructions", ()))
    return f"{machine['processor']} ({instructions})" if instructions else str(machine["processor"])


def section(result: dict[str, Any]) -> str:
    """Return one result as text: its single figures in one table, every list of rows in a table of its own."""
    machine = result["machine"]
    single = {name: value for name, value in result["figures"].items() if not isinstance(value, list)}
    lines = [
        f"## `{result['command']}`",
        "",
        f"{result['at']}, {_processor(machine)}, {machine['cores']} cores, Python {machine['python']}",
        "",
        *_table([{"figure": name.replace("_", " "), "value": value} for name, value in single.items()], last=":"),
    ]
    for name, value in result["figures"].items():
        if isinstance(value, list):
            # what is empty is told: a heading that is missing nobody misses
            rows = _table(value) if value else ["No rows."]
            lines += ["", f"### {name.replace('_', ' ')}", "", *rows]
    return "\n".join(lines) + "\n"


def _table(rows: list[dict[str, Any]], last: str = "") -> list[str]:
    """Return rows of one form as the lines of a table; `last` is the colon that aligns the last column rightwards."""
    heads = list(rows[0])
    rules = ["---"] * (len(heads) - 1) + [f"---{last}"]
    cells = [[str(row[head]).replace("|", "/") for head in heads] for row in rows]
    return [f"| {' | '.join(line)} |" for line in [heads, rules, *cells]]


if __name__ == "__main__":
    main()
