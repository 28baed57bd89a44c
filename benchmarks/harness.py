"""What every benchmark shares: the machine it ran on, and a result file beside the last line it prints."""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    """Return what a reader needs to compare: processor, cores, versions."""
    processor = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {"processor": processor, "cores": os.cpu_count(), "python": platform.python_version()}


def publish(name: str, figures: dict[str, Any]) -> None:
    """Write `results/<name>.json` with the command and the machine; print the figures as the last line."""
    RESULTS.mkdir(exist_ok=True)
    command = f"python -m benchmarks.{name} {' '.join(sys.argv[1:])}".strip()
    document = {"command": command, "at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(document | {"figures": figures}, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures))
