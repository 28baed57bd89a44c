"""The one endpoint: counts outlive a process that dies, gauges of the dead vanish, and no mark is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from actors.metrics import FOLDER_VARIABLE, NodeCollector, counters_folder

COUNTING = """
from pipeline import metrics
metrics.READS.labels("gate").inc(3)
metrics.BUFFERED_FRAMES.labels("gate").set(5)
"""


def scraped(folder: Path) -> str:
    registry = CollectorRegistry()
    registry.register(NodeCollector(folder))
    return generate_latest(registry).decode()


def count_in_another_process(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", COUNTING], env=os.environ | {FOLDER_VARIABLE: str(folder)}, check=True)


def test_counts_of_dead_processes_add_up_and_their_gauges_vanish(tmp_path: Path) -> None:
    count_in_another_process(tmp_path)
    count_in_another_process(tmp_path)
    text = scraped(tmp_path)
    assert 'anpr_reads_total{camera="gate"} 6.0' in text
    assert 'anpr_buffered_frames{camera="gate"}' not in text


def test_folders_of_dead_runs_are_forgotten_and_living_ones_kept() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = counters_folder(ended.pid)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as living:
        alive = counters_folder(living.pid)
        assert not dead.exists()
        assert alive.is_dir()
        living.communicate(b"\n")
    alive.rmdir()
