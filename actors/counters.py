"""The folder in which a node's processes count, and what is left there of those that are gone.

prometheus-client keeps a file for each process and kind of metric, and never forgets one. Counts of dead processes are
added up into one file of each kind, so that an endpoint stays as cheap after ten thousand restarts as after none; their
gauges are dropped. What is added up goes by numbers: `folded-3` holds everything of the files that once lay in `dead-3`
and before, so whoever is killed at any moment of it leaves a folder that still adds up to the same.

On failure: OSError when the memory is full; then the files of the dead stay as they are and still count.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict

from actors.counter_folder import is_alive, named

_ADDED_UP = ("counter", "histogram")
FAULT_POINTS = ("one-buried", "one-kind-written", "folded")
"""Moments of folding at which the tests end it."""
_PAGE = 2**16


class NodeCounters:
    """One node's folder. One process folds; any number count. `at_point` is told of every fault point as it passes."""

    def __init__(self, folder: Path, at_point: Callable[[str], None] = lambda _: None) -> None:
        self._folder = folder
        self._at_point = at_point

    def fold(self) -> None:
        """Add up what dead processes have counted, and forget their gauges."""
        done = self._done()
        self._clear_away(done)
        batch = self._folder / f"dead-{done + 1}"
        for path, pid in self._living():
            if not is_alive(pid):
                _bury(path, pid, batch)
                self._at_point("one-buried")
        if not batch.is_dir():
            return
        part = self._folder / "folding"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        for kind in _ADDED_UP:
            totals = _totals([*self._folder.glob(f"folded-{done}/{kind}_*.db"), *batch.glob(f"{kind}_*.db")])
            if totals:
                _write(part / f"{kind}_folded.db", totals)
                self._at_point("one-kind-written")
        part.rename(self._folder / f"folded-{done + 1}")
        self._at_point("folded")
        self._clear_away(done + 1)

    def files(self) -> list[Path]:
        """Return the files that together hold everything the node has counted, each thing once."""
        done = self._done()
        dead = [path for folder, number in self._numbered("dead") if number > done for path in folder.iterdir()]
        found = [*(path for path, _ in self._living()), *self._folder.glob(f"folded-{done}/*.db"), *dead]
        # a process that has just begun has made its file and not yet written to it
        return [path for path in found if path.stat().st_size]

    def actors(self) -> dict[str, str]:
        """Return the actor of every living process, by process id."""
        return {
            pid: actor
            for path, pid in self._living()
            if path.name.startswith("counter_") and is_alive(pid) and (actor := _actor_in(path))
        }

    def _living(self) -> Iterator[tuple[Path, str]]:
        for path in sorted(self._folder.glob("*.db")):
            for _, pid in named(path):
                yield path, pid

    def _done(self) -> int:
        return max((number for _, number in self._numbered("folded")), default=0)

    def _numbered(self, what: str) -> list[tuple[Path, int]]:
        return [(path, int(path.name.rpartition("-")[2])) for path in self._folder.glob(f"{what}-*")]

    def _clear_away(self, done: int) -> None:
        """Remove what is in `folded-{done}` already."""
        for path, number in (*self._numbered("dead"), *self._numbered("folded")):
            if number < done or (number == done and path.name.startswith("dead")):
                shutil.rmtree(path)


def _bury(path: Path, pid: str, batch: Path) -> None:
    """Move a dead process's file to `batch`, or remove it if it holds gauges."""
    if path.name.startswith("gauge"):
        path.unlink()
        return
    batch.mkdir(exist_ok=True)
    # the same number may die twice before a batch is folded, if folding fails
    buried = batch / f"{path.stem}-{len(list(batch.iterdir()))}.db"
    path.rename(buried)
    if is_alive(pid):
        # another process was given the number and opened the file in between: it is its file now
        buried.rename(path)


def _totals(files: list[Path]) -> dict[str, float]:
    totals: dict[str, float] = defaultdict(float)
    for path in files:
        if path.stat().st_size:
            for key, value, _, _ in MmapedDict.read_all_values_from_file(path):
                totals[key] += value
    return totals


def _write(path: Path, totals: dict[str, float]) -> None:
    wanted = sum(len(key.encode()) + 32 for key in totals) + 8
    with path.open("wb") as file:
        # memory that is reserved cannot run out while it is mapped, which would kill this process
        os.posix_fallocate(file.fileno(), 0, (wanted // _PAGE + 1) * _PAGE)
    written = MmapedDict(str(path))
    for key, value in totals.items():
        written.write_value(key, value, 0.0)
    written.close()


def _actor_in(path: Path) -> str:
    """Return whose file of counters it is: the actor that said there that it started."""
    if not path.stat().st_size:
        return ""
    for key, value, _, _ in MmapedDict.read_all_values_from_file(path):
        _, name, labels, _ = json.loads(key)
        if name == "anpr_actor_starts_total" and value:
            return str(labels["actor"])
    return ""
