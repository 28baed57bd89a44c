"""The machine beside a result: named by what its processor multiplies with, because its name often says little."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import harness
from benchmarks.harness import machine, publish
from benchmarks.report import REPORT, report, section

CPUINFO = """processor\t: 0
model name\t: Some Server
flags\t\t: fpu avx2 avx512f avx512_vnni avx512_bf16

processor\t: 1
model name\t: Some Server
flags\t\t: fpu avx2 avx512f avx512_vnni avx512_bf16
"""


def test_a_processor_is_named_with_what_decides_how_fast_networks_run(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(CPUINFO, encoding="utf-8")
    told = machine(path)
    assert told["processor"] == "Some Server"
    assert told["instructions"] == ["AVX2", "AVX-512", "VNNI", "bfloat16 in AVX-512"]
    result = {"command": "c", "at": "then", "machine": told, "figures": {"one": 1}}
    assert "Some Server (AVX2, AVX-512, VNNI, bfloat16 in AVX-512), " in section(result)


def test_a_processor_that_tells_nothing_is_no_fault_and_older_results_are_read(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nBogoMIPS\t: 100\n", encoding="utf-8")
    assert machine(path)["instructions"] == []
    older = {"processor": "Old", "cores": 2, "python": "3.11"}
    text = section(json.loads(json.dumps({"command": "c", "at": "then", "machine": older, "figures": {"one": 1}})))
    assert "then, Old, 2 cores" in text


def test_a_result_of_its_own_names_the_script_that_gave_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "RESULTS", tmp_path)
    monkeypatch.setattr("sys.argv", ["soak.py", "--calm"])
    publish("soak_calm", {"one": 1}, command="soak")
    assert json.loads((tmp_path / "soak_calm.json").read_text())["command"] == "python -m benchmarks.soak --calm"


def test_the_table_of_results_tells_what_the_results_hold() -> None:
    assert REPORT.read_text(encoding="utf-8") == report(), "python -m benchmarks.report writes it anew"
