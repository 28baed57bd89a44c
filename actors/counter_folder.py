"""Where the processes of a run count: a folder in memory for each run. Loading this settles nothing about how they do,
which loading `prometheus_client` does.

On failure: OSError when the memory is full.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_PREFIX = "anpr-metrics-"
# counters are memory-mapped: on a disk that fills up, touching a new page would kill the process that counts
_MEMORY = Path("/dev/shm")
_LIVING = re.compile(r"(counter|histogram|gauge_[a-z]+)_(\d+)\.db")


def counters_folder(owner: int) -> Path:
    """Return a new folder for the counters of the run whose driver is process `owner`; forget those of dead runs."""
    base = _MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir())
    for left in base.glob(f"{_PREFIX}*"):
        # where something vanishes meanwhile, another run that starts is at it
        with suppress(FileNotFoundError):
            # the driver may be on another machine, so its processes here speak for it too
            owners = {left.name.removeprefix(_PREFIX), *(pid for path in left.rglob("*.db") for _, pid in named(path))}
            if not any(is_alive(one) for one in owners):
                shutil.rmtree(left, ignore_errors=True)
    folder = base / f"{_PREFIX}{owner}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def count_together() -> Path | None:
    """Let this process and those it starts count in one folder of their own, and return that.

    Must be called before anything that counts is loaded. None where a folder was given: its owner tells what is in it.
    """
    if FOLDER_VARIABLE in os.environ:
        return None
    folder = counters_folder(os.getpid())
    os.environ[FOLDER_VARIABLE] = str(folder)
    return folder


def named(path: Path) -> list[tuple[str, str]]:
    """Return kind of metric and process id that the name of a living process's file holds; nothing for another file."""
    found = _LIVING.fullmatch(path.name)
    return [(found[1], found[2])] if found else []


def is_alive(pid: str) -> bool:
    """Tell whether there is a process of that id."""
    return Path(f"/proc/{pid}").exists()
