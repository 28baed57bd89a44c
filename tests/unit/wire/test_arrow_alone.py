"""Pandas takes half a second and 40 MiB: a process that does not ask for it does not load it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.unit.inference.test_without_torch import COMMANDS

ASKING = """
print("pandas" in sys.modules)
frame = pa.table({"vrm": ["x"], "reads": [2]}).to_pandas()
assert list(frame["reads"]) == [2]
assert pa.Table.from_pandas(frame).num_rows == len(pa.array(frame["vrm"])) == 1
"""


def loads_pandas(program: str) -> bool:
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {"True": True, "False": False}[ended.stdout.split()[-1]]


@pytest.mark.parametrize("module", ["wire.read_columns", "wire.offer_columns", "match.lists.loading"])
def test_what_makes_tables_loads_no_pandas_and_who_asks_for_it_gets_it(module: str) -> None:
    assert not loads_pandas(f'import sys, pyarrow as pa, pipeline.{module}\npa.array(["x"])\n{ASKING}')


def test_pyarrow_left_to_itself_loads_it() -> None:
    assert loads_pandas('import sys, pyarrow as pa\npa.array(["x"])\nprint("pandas" in sys.modules)')


def test_no_command_actor_or_service_loads_it() -> None:
    # scans over several nodes are Ray Data's, which begins with it
    everything = COMMANDS.replace('endswith("__main__")', 'endswith(("__main__", ".scan"))')
    assert everything != COMMANDS
    assert not loads_pandas(f'{everything}\nimport pyarrow as pa\npa.array(["x"])\nprint("pandas" in sys.modules)')
