"""kill -9 at random moments: every read is stored exactly once, and none that was acknowledged is lost.

What is right comes from an uninterrupted run of the same clips in one process; ids are equal, because a retry is the
same read. The moments are drawn from a seed that a failure prints.
"""

from __future__ import annotations

import random
import signal
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.support.processes import anpr, kill_everything, started, workers_of
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
__all__ = ["started"]


def wait_for_cameras(run: psutil.Process) -> None:
    """Return once a camera's worker is there, or the run has ended."""
    for _ in range(int(LONGEST_RUN_SECONDS / 0.2)):
        if any(name.startswith("CameraActor") for name, _ in workers_of(run)):
            return
        try:
            run.wait(0.2)
        except psutil.TimeoutExpired:
            continue
        return
    raise AssertionError("no camera was started in time")


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
    run = anpr("run", "--config", config, log=log)
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
            alive = {f"{name}-{one.pid}": one for name, one in workers_of(run) if "Actor" in name}
            wanted = [name for name in alive if name.split("-")[0] in kinds_left]
            if KILLS - len(killed) > len(kinds_left):
                # the others are spared for kinds that have not started yet: cameras are the last that do
                wanted = wanted or list(alive)
            if len(alive) >= 5 and wanted:
                victim = chance.choice(sorted(wanted))
                try:
                    alive[victim].send_signal(signal.SIGKILL)
                except psutil.NoSuchProcess:
                    # it was listed while it died of a kill before
                    continue
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
@pytest.mark.timeout(900)
def test_the_whole_machine_may_die_at_any_moment(
    tmp_path: Path, three_clips: dict[str, Path], started: list[psutil.Process]
) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    expected = expected_reads(three_clips)
    config = run_settings(tmp_path, three_clips)
    log = tmp_path / "run.log"
    acknowledged = Acknowledged(tmp_path / "var")
    for life in range(KILLS):
        run = anpr("run", "--config", config, log=log)
        started.append(run)
        # every third time while cameras read, however long the start takes
        moment = chance.uniform(0.0, 11.0)
        if life % 3 == 0:
            wait_for_cameras(run)
            moment /= 2
        try:
            run.wait(moment)
        except psutil.TimeoutExpired:
            acknowledged.look()
            kill_everything(run)
    run = anpr("run", "--config", config, log=log)
    started.append(run)
    status = run.wait(LONGEST_RUN_SECONDS)
    told = f"seed {seed}\n{log.read_text(errors='replace')[-3000:]}"
    stored = stored_ids(tmp_path / "var")
    assert sorted(stored) == sorted(expected), told
    assert acknowledged.ids <= set(stored), told
    assert status == 0, told
