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
_CPUINFO = Path("/proc/cpuinfo")
_INSTRUCTIONS = {
    "avx2": "AVX2",
    "avx512f": "AVX-512",
    "avx512_vnni": "VNNI",
    "avx512_bf16": "bfloat16 in AVX-512",
    "amx_tile": "AMX",
}
"""What decides how fast networks run, as Linux names it and as people do; a rented processor's name often does not."""


def machine(cpuinfo: Path = _CPUINFO) -> dict[str, Any]:
    """Return what a reader needs to compare: processor, what it multiplies with, cores, versions."""
    said = [line.split(":", 1) for line in cpuinfo.read_text(encoding="utf-8").splitlines() if ":" in line]
    first = {name.strip(): value.strip() for name, value in reversed(said)}
    flags = first.get("flags", "").split()
    return {
        "processor": first.get("model name", platform.processor()),
        "instructions": [name for flag, name in _INSTRUCTIONS.items() if flag in flags],
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def publish(name: str, figures: dict[str, Any], *, command: str = "") -> None:
    """Write `results/<name>.json` with the command and the machine; print the figures as the last line.

    `command` is the script where it has more than one result."""
    RESULTS.mkdir(exist_ok=True)
    line = f"python -m benchmarks.{command or name} {' '.join(sys.argv[1:])}".strip()
    document = {"command": line, "at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(document | {"figures": figures}, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures))
