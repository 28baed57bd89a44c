"""Writes RESULTS.md from the results, so that no figure in it was typed by hand: `python -m benchmarks.report`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.harness import RESULTS

REPORT = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    sections = [_section(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(RESULTS.glob("*.json"))]
    head = (
        "# Measured\n\nWritten by `python -m benchmarks.report` from `results/*.json`. Compare only within one run.\n"
    )
    REPORT.write_text("\n".join([head, *sections]), encoding="utf-8")


def _section(result: dict[str, Any]) -> str:
    machine = result["machine"]
    lines = [
        f"## `{result['command']}`",
        "",
        f"{result['at']}, {machine['processor']}, {machine['cores']} cores, Python {machine['python']}",
        "",
        "| figure | value |",
        "| --- | ---: |",
    ]
    lines += [f"| {name.replace('_', ' ')} | {value} |" for name, value in result["figures"].items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
