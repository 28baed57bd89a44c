"""The program in processes of its own: started, looked through, and ended as by a power cut."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest


def anpr(
    *given: str | Path, log: Path, variables: Mapping[str, str] | None = None, program: Path | None = None
) -> psutil.Popen:
    """Start `anpr` with what is given, of another version where `program` is its folder; what it says is added to
    `log`."""
    with log.open("ab") as output:
        return psutil.Popen(
            [sys.executable, "-m", "actors.cli", *map(str, given)],
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=variables,
            # where Python looks first
            cwd=program,
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


def workers_of(run: psutil.Process) -> Iterator[tuple[str, psutil.Process]]:
    """Yield what runs below a run: Ray's workers by their actor's class (`ray::CameraActor.run`), the rest by name."""
    for child in run.children(recursive=True):
        try:
            title = (child.cmdline() or [""])[0]
        except psutil.Error:
            continue
        if title.startswith("ray::"):
            yield title.removeprefix("ray::").split(".")[0].split(":")[0].split("(")[0].strip(), child
        else:
            yield Path(title).name, child


@pytest.fixture
def started() -> Iterator[list[psutil.Process]]:
    """Processes to end, with everything below them, whatever happens in the test."""
    processes: list[psutil.Process] = []
    yield processes
    for process in processes:
        kill_everything(process)
