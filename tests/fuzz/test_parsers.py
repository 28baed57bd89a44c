"""Whatever reads bytes of strangers bears any bytes: no crash, no growth, no descriptor kept, nothing quoted.

`ANPR_FUZZ_INPUTS` sets how many inputs all the targets get together (default 2,000; before a release 200,000).
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import psutil
import pytest

from tests.fuzz.mutations import mutated
from tests.fuzz.targets import Target, targets
from tests.support.left_open import open_files

ROOT = Path(__file__).parents[2]
INPUTS = int(os.environ.get("ANPR_FUZZ_INPUTS", "2000"))
TARGETS = targets()
_MOST_GROWTH_BYTES = 48 * 2**20


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_parser_bears_any_bytes(target: Target) -> None:
    chance = Random(f"{target.name}")
    number = max(INPUTS // len(TARGETS), 1)
    process = psutil.Process()
    for content in target.seeds:
        target.run(content)
    before, files = 0, open_files()
    for count in range(number):
        content = mutated(chance, target.seeds)
        try:
            target.run(content)
        except Exception as error:
            kept = ROOT / "var" / f"fuzz-{target.name}-{count}"
            kept.parent.mkdir(exist_ok=True)
            kept.write_bytes(content)
            raise AssertionError(f"{target.name} did not bear input {count}; it is in {kept}") from error
        if count == number // 4:
            gc.collect()
            before = process.memory_info().rss
    gc.collect()
    assert not open_files() - files
    assert process.memory_info().rss - before < _MOST_GROWTH_BYTES


@pytest.mark.timeout(7200)
def test_parsers_bear_what_a_fuzzer_finds_by_their_coverage(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris, which guides inputs by coverage, is not installed")
    found = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", f"-runs={INPUTS // 3}", "-seed=7", "-rss_limit_mb=2048",
         "-max_len=8192", "-print_final_stats=1", f"-artifact_prefix={tmp_path}/", str(tmp_path / "corpus")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr[-4000:]
    assert f"stat::number_of_executed_units: {INPUTS // 3}" in found.stderr
