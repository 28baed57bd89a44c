"""kill -9 at random moments: every read is stored exactly once, and none that was acknowledged is lost.

What is right comes from an uninterrupted run of the same clips in one process; ids are equal, because a retry is the
same read. The moments are drawn from a seed that a failure prints.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.runs import (
    Acknowledged,
    expected_reads,
    hits_and_alerted,
    run_settings,
    stored_ids,
    undisturbed_reads,
)

KILLS = 10
LONGEST_RUN_SECONDS = 240


@pytest.fixture
def started() -> Iterator[list[psutil.Process]]:
    """Processes to end, with everything below them, whatever happens in the test."""
    processes: list[psutil.Process] = []
    yield processes
    for process in processes:
        kill_everything(process)


def start(config: Path, log: Path) -> psutil.Process:
    with log.open("ab") as output:
        return psutil.Popen(
            [sys.executable, "-m", "actors.cli", "run", "--config", str(config)],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def kill_everything(process: psutil.Process) -> None:
    """kill -9 the process and all that it started, as a power cut would."""
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for one in family:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=30)


def actors_of(process: psutil.Process) -> dict[str, psutil.Process]:
    """Return the actors' worker processes by the class and method in their titles (`ray::CameraActor.run`)."""
    found = {}
    for child in process.children(recursive=True):
        try:
            title = child.cmdline()
        except psutil.Error:
            continue
        if title and title[0].startswith("ray::") and "Actor" in title[0]:
            name = title[0].removeprefix("ray::").split(".")[0].split(":")[0].split("(")[0].strip()
            found[f"{name}-{child.pid}"] = child
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_actor_may_be_killed_at_any_moment(
    tmp_path: Path, three_clips: dict[str, Path], started: list[psutil.Process]
) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    undisturbed = undisturbed_reads(three_clips)
    expected = [read.read_id for read in undisturbed]
    config = run_settings(tmp_path, three_clips, marks=sorted({read.vrm for read in undisturbed}))
    log = tmp_path / "run.log"
    run = start(config, log)
    started.append(run)
    acknowledged = Acknowledged(tmp_path / "var")
    killed: list[str] = []
    kinds_left = [
        "CameraActor",
        "InferenceActor",
        "JournalActor",
        "StoreActor",
        "MatcherActor",
        "AlertActor",
        "MetricsActor",
    ]
    while run.is_running() and run.status() != psutil.STATUS_ZOMBIE and len(killed) < KILLS:
        acknowledged.look()
        try:
            run.wait(chance.uniform(0.3, 1.5))
        except psutil.TimeoutExpired:
            alive = actors_of(run)
            wanted = [name for name in alive if name.split("-")[0] in kinds_left] or list(alive)
            if len(alive) >= 5 and wanted:
                victim = chance.choice(sorted(wanted))
                alive[victim].send_signal(signal.SIGKILL)
                kind = victim.split("-")[0]
                killed.append(kind)
                kinds_left = [one for one in kinds_left if one != kind]
    status = run.wait(LONGEST_RUN_SECONDS)
    acknowledged.look()
    told = f"seed {seed}, killed {killed}\n{log.read_text(errors='replace')[-3000:]}"
    assert len(killed) == KILLS, told
    assert not kinds_left, told
    stored = stored_ids(tmp_path / "var")
    assert sorted(stored) == sorted(expected), told
    assert acknowledged.ids <= set(stored), told
    hits, alerted = hits_and_alerted(tmp_path / "var")
    assert hits, told
    assert alerted == Counter(hits), told
    assert status == 0, told


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_whole_machine_may_die_at_any_moment(
    tmp_path: Path, three_clips: dict[str, Path], started: list[psutil.Process]
) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    expected = expected_reads(three_clips)
    config = run_settings(tmp_path, three_clips)
    log = tmp_path / "run.log"
    acknowledged = Acknowledged(tmp_path / "var")
    for _ in range(KILLS):
        run = start(config, log)
        started.append(run)
        try:
            run.wait(chance.uniform(5.0, 14.0))
        except psutil.TimeoutExpired:
            acknowledged.look()
            kill_everything(run)
    run = start(config, log)
    started.append(run)
    status = run.wait(LONGEST_RUN_SECONDS)
    told = f"seed {seed}\n{log.read_text(errors='replace')[-3000:]}"
    stored = stored_ids(tmp_path / "var")
    assert sorted(stored) == sorted(expected), told
    assert acknowledged.ids <= set(stored), told
    assert status == 0, told


def test_an_interrupt_drains_and_exits_with_the_summary(
    tmp_path: Path, three_clips: dict[str, Path], started: list[psutil.Process]
) -> None:
    log = tmp_path / "run.log"
    run = start(run_settings(tmp_path, three_clips, realtime=True), log)
    started.append(run)
    acknowledged = Acknowledged(tmp_path / "var")
    acknowledged.wait_for_one(run, LONGEST_RUN_SECONDS)
    os.kill(run.pid, signal.SIGINT)
    assert run.wait(LONGEST_RUN_SECONDS) == 0
    acknowledged.look()
    assert "Summary" in log.read_text(errors="replace")
    assert acknowledged.ids <= set(stored_ids(tmp_path / "var"))
