"""What processes take during a soak: memory and open files of each over its life.

Memory is what a process does not share, every five seconds. Buffers fill and empty with the load, so what is followed
is the floor: the least of every half minute after the process has warmed up. A slope is the median of the slopes
between all floors (Theil and Sen), so that a single step (a buffer that grew once) is no leak; growth is that slope
over the life.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil

from benchmarks.soak_system import System

_MEBIBYTE = 2**20
_SAMPLE_SECONDS = 5.0
_FLOOR_SECONDS = 30.0
_FEWEST_FLOORS = 4
_RAYS_OWN = ("raylet", "gcs_server")
MOST_FILES = 8
MOST_MEBIBYTES = 16.0
"""What a life may grow by: the allocator's arenas and code that first runs late, as seen in calm (DECISIONS.md)."""
CACHES_MEBIBYTES = {"JournalActor": 32.0, "StoreActor": 32.0, "MaintenanceActor": 32.0, "InferenceActor": 32.0}
"""What more a process may grow by, each measured alone (DECISIONS.md): SQLite's cache over the journal, heaps of the
threads that delta-rs starts, and of the networks those for corners (compiled at the first plate) and what the allocator
keeps of batches of all lengths."""


@dataclass(slots=True)
class Life:
    """Samples of one process: seconds since it was first seen, bytes of its own, open files."""

    name: str
    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def floors(self, warm_up: float) -> list[tuple[float, float]]:
        """Return the middle of each whole window after the warm-up, and the least memory in it."""
        windows: dict[int, list[float]] = defaultdict(list)
        for seconds, memory in zip(self.seconds, self.memory, strict=True):
            if seconds >= warm_up:
                windows[int((seconds - warm_up) // _FLOOR_SECONDS)].append(memory)
        # the last may have just begun
        whole = sorted(windows)[:-1]
        return [(warm_up + (one + 0.5) * _FLOOR_SECONDS, min(windows[one])) for one in whole]

    def slope(self, warm_up: float) -> float | None:
        """Return mebibytes an hour, None for a life too short to tell."""
        floors = self.floors(warm_up)
        if len(floors) < _FEWEST_FLOORS:
            return None
        seconds, memory = (np.array(one) for one in zip(*floors, strict=True))
        first, second = np.triu_indices(len(floors), k=1)
        slopes = (memory[second] - memory[first]) / (seconds[second] - seconds[first])
        return float(np.median(slopes)) * 3600 / _MEBIBYTE

    def growth(self, warm_up: float) -> float | None:
        """Return mebibytes from the first floor to the last, by the slope."""
        slope, floors = self.slope(warm_up), self.floors(warm_up)
        return None if slope is None else slope * (floors[-1][0] - floors[0][0]) / 3600

    def growth_of_files(self, warm_up: float) -> int | None:
        """Return how many more files are open at the end of its life than when it was warm, at the least moments."""
        warm = [files for files, seconds in zip(self.files, self.seconds, strict=True) if seconds >= warm_up]
        half = len(warm) // 2
        return min(warm[half:]) - min(warm[:half]) if half >= 5 else None


def allowed_mebibytes(name: str) -> float:
    """Return what a life of that process may grow by after its warm-up."""
    return MOST_MEBIBYTES + CACHES_MEBIBYTES.get(name, 0.0)


class Watch:
    """Takes samples; `figures` says what they tell."""

    def __init__(self, system: System, warm_up: float) -> None:
        self._system = system
        self._warm_up = warm_up
        # numbers of processes come again within half an hour: Ray's threads take them from the same 32,768
        self._lives: dict[tuple[int, float], Life] = {}
        self._born: dict[tuple[int, float], float] = {}
        self._next_at = 0.0

    def sample(self, now: float) -> None:
        """Sample everything, if it is time."""
        if now < self._next_at:
            return
        self._next_at = now + _SAMPLE_SECONDS
        for name, processes in self._system.workers().items():
            if name not in ("driver", *_RAYS_OWN) and not name.endswith(("Actor", "Shard", "Publisher")):
                continue
            for process in processes:
                try:
                    with process.oneshot():
                        memory, files = process.memory_info(), process.num_fds()
                        one = process.pid, process.create_time()
                except psutil.Error:
                    continue
                life = self._lives.setdefault(one, Life(name))
                life.seconds.append(now - self._born.setdefault(one, now))
                # what is shared is the object store and the counters, which are bounded
                life.memory.append(memory.rss - memory.shared)
                life.files.append(files)

    def figures(self) -> dict[str, Any]:
        lives = self._lives.values()
        slopes = [(slope, one.name) for one in lives if (slope := one.slope(self._warm_up)) is not None]
        grown = [(more, one.name) for one in lives if (more := one.growth_of_files(self._warm_up)) is not None]
        growth = [(more, one.name) for one in lives if (more := one.growth(self._warm_up)) is not None]
        worst, worst_name = max(slopes, default=(0.0, ""))
        files, files_name = max(grown, default=(0, ""))
        most, most_name = max(growth, default=(0.0, ""))
        return {
            "processes_watched": len(self._lives),
            "lives_long_enough_for_a_slope": len(slopes),
            "longest_life_seconds": round(max((one.seconds[-1] for one in lives), default=0.0)),
            "memory_slope_median_mebibytes_an_hour": round(float(np.median([one for one, _ in slopes])), 1)
            if slopes
            else None,
            "memory_slope_worst_mebibytes_an_hour": round(worst, 1),
            "memory_slope_worst_of": worst_name,
            "memory_grown_most_mebibytes": round(most, 1),
            "memory_grown_most_in": most_name,
            "open_files_grown_most": files,
            "open_files_grown_most_in": files_name,
            "memory_by_process": self._table(),
        }

    def _table(self) -> list[dict[str, Any]]:
        by_name: dict[str, list[Life]] = defaultdict(list)
        for one in self._lives.values():
            by_name[one.name].append(one)
        rows = []
        for name, lives in sorted(by_name.items()):
            growth = [more for one in lives if (more := one.growth(self._warm_up)) is not None]
            longest = max(lives, key=lambda one: one.seconds[-1])
            slope = longest.slope(self._warm_up)
            rows.append(
                {
                    "process": name,
                    "lives": len(lives),
                    "longest_seconds": round(longest.seconds[-1]),
                    "most_own_mebibytes": round(max(max(one.memory) for one in lives) / _MEBIBYTE),
                    "slope_of_longest_mebibytes_an_hour": None if slope is None else round(slope, 1),
                    "grown_most_mebibytes": round(max(growth), 1) if growth else None,
                    "may_grow_mebibytes": allowed_mebibytes(name),
                    "most_open_files": max(max(one.files) for one in lives),
                }
            )
        return rows
