"""Feeds that are broken, or never answer, beside good ones; and a disk that fills up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from actors.targets import TARGETS
from tests.actors.test_kills import LONGEST_RUN_SECONDS
from tests.support.cluster import repeated
from tests.support.processes import anpr, started
from tests.support.runs import Acknowledged, expected_reads, run_settings, stored_ids

__all__ = ["started"]
# longer than they have patience
pytestmark = pytest.mark.timeout(900)


def broken_clips(good: Path, folder: Path) -> dict[str, Path]:
    """Return clips that are cut short, empty, no video at all, and damaged in the middle."""
    content = good.read_bytes()
    damaged = bytearray(content)
    for at in range(len(content) // 3, len(content) // 2, 97):
        damaged[at] ^= 0x55
    made = {
        "truncated": content[: len(content) // 5],
        "empty": b"",
        "text": b"this is no video\n" * 1000,
        "damaged": bytes(damaged),
    }
    for name, some in made.items():
        (folder / f"{name}.mp4").write_bytes(some)
    return {name: folder / f"{name}.mp4" for name in made}


def test_broken_clips_are_named_and_the_good_feed_is_read_to_its_end(
    tmp_path: Path, three_clips: dict[str, Path], started: list[psutil.Process]
) -> None:
    good = {"single": three_clips["single"]}
    broken = broken_clips(good["single"], tmp_path)
    log = tmp_path / "run.log"
    run = anpr("run", "--config", run_settings(tmp_path, good | broken), log=log)
    started.append(run)
    assert run.wait(LONGEST_RUN_SECONDS) == 1
    told = log.read_text(errors="replace")
    for name in ("empty", "text"):
        assert f"{name} failed:" in told
    # what is there of the cut one is read, and what is missing is counted
    summary = told.rpartition("Summary")[2]
    (row,) = [
        line.split() for line in summary.splitlines() if line.split()[:1] == ["truncated"] and "failed:" not in line
    ]
    frames, _, faults = (int(one) for one in row[1:4])
    assert 0 < frames < 125
    assert faults > 0
    stored = stored_ids(tmp_path / "var")
    assert set(expected_reads(good)) <= set(stored)
    assert len(stored) == len(set(stored))


def test_a_camera_that_never_answers_does_not_hold_up_the_others_and_an_interrupt_drains_all(
    tmp_path: Path, three_clips: dict[str, Path], started: list[psutil.Process]
) -> None:
    good = {name: three_clips[name] for name in ("single", "night")}
    expected = set(expected_reads(good))
    going_on = repeated(three_clips["two-at-once"], 10, tmp_path / "going-on.mp4")
    log = tmp_path / "run.log"
    # port 9 (discard) of this machine: nobody listens
    config = run_settings(tmp_path, good | {"going-on": going_on, "away": "rtsp://127.0.0.1:9/away"})
    config.write_text(config.read_text() + "\n[cameras]\nrequire_assessment = false\n")
    run = anpr("run", "--config", config, log=log)
    started.append(run)
    acknowledged = Acknowledged(tmp_path / "var")
    acknowledged.wait_for(expected, run, LONGEST_RUN_SECONDS)
    os.kill(run.pid, signal.SIGINT)
    assert run.wait(LONGEST_RUN_SECONDS) == 0
    assert "Summary" in log.read_text(errors="replace")
    acknowledged.look()
    stored = set(stored_ids(tmp_path / "var"))
    assert expected <= stored
    assert acknowledged.ids <= stored


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here (needs root): {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def has_frames(var: Path) -> bool:
    """Whether the node that runs in that folder has counted a frame: its log tells of them every few seconds only."""
    try:
        targets = json.loads((var / TARGETS).read_text())
        address = next(one["targets"][0] for one in targets if one["labels"]["endpoint"] == "anpr")
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as page:
            return any(line.startswith(b"anpr_frames_total{") for line in page.read().splitlines())
    except (OSError, StopIteration):
        return False


@pytest.mark.slow
def test_a_full_disk_holds_reads_back_and_loses_none(
    small_disk: Path, three_clips: dict[str, Path], started: list[psutil.Process]
) -> None:
    expected = set(expected_reads(three_clips))
    var = small_disk / "var"
    var.mkdir()
    filler = small_disk / "filler"
    config = run_settings(small_disk.parent, three_clips)
    config.write_text(config.read_text().replace(f'"{small_disk.parent / "var"}"', f'"{var}"'))
    log = small_disk.parent / "run.log"
    run = anpr("run", "--config", config, log=log)
    started.append(run)
    # the node has made all its files when its cameras have given their first frames, which hold no read yet
    for _ in range(LONGEST_RUN_SECONDS * 20):
        if has_frames(var) or not run.is_running():
            break
        with suppress(psutil.TimeoutExpired):
            run.wait(0.05)
    # the run may take some of the room meanwhile: the disk is full then too
    with suppress(OSError), filler.open("wb") as file:
        file.write(b"\0" * (os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize - 60_000))
    refused = False
    for _ in range(LONGEST_RUN_SECONDS):
        refused = refused or "No space left" in log.read_text(errors="replace")
        try:
            run.wait(1)
        except psutil.TimeoutExpired:
            if refused:
                filler.unlink(missing_ok=True)
            continue
        break
    told = log.read_text(errors="replace")[-3000:]
    assert refused, told
    stored = stored_ids(var)
    assert set(stored) == expected, told
    assert len(stored) == len(set(stored))
    assert run.wait(1) == 0, told


def test_the_run_refuses_wrong_arguments_at_once() -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "actors.cli", "run", "--feed", "no-url", "--feed", "UPPER=x.mp4"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr.count("--feed") == 2
