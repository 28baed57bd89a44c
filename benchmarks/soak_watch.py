"""What is measured during a soak: each process's memory and open files over its life, and how late reads are.

A process counts from the time on when it has warmed up; a slope is the median of the slopes between its samples
(Theil and Sen), so that a single step (a buffer that grew once) is no leak.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil

from actors.status import Status
from benchmarks.soak_system import System

_MEBIBYTE = 2**20
OBJECTIVES = {"anpr_frame_to_alert_seconds": (2.0, 0.99), "anpr_journal_to_searchable_seconds": (5.0, 0.95)}
"""What must be kept, in seconds, and by which share, as deploy/prometheus/rules/objectives.yml has it."""
_LIMITS = {name: seconds for name, (seconds, _) in OBJECTIVES.items()}
_RAYS_OWN = ("raylet", "gcs_server")


def share_of(name: str) -> str:
    """Return the name of the figure that tells how much of the histogram `name` was within its objective."""
    return f"{name.removeprefix('anpr_').removesuffix('_seconds')}_calm_share_within_{OBJECTIVES[name][0]:g}_s"


@dataclass(slots=True)
class Life:
    """Samples of one process: seconds since it was first seen, bytes of its own, open files."""

    name: str
    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def slope(self, warm_up: float) -> float | None:
        """Return mebibytes an hour, None for a life too short to tell."""
        warm = [at for at, seconds in enumerate(self.seconds) if seconds >= warm_up]
        if len(warm) < 10 or self.seconds[-1] < 3 * warm_up:
            return None
        seconds, memory = np.array(self.seconds)[warm], np.array(self.memory)[warm]
        first, second = np.triu_indices(len(warm), k=1)
        slopes = (memory[second] - memory[first]) / (seconds[second] - seconds[first])
        return float(np.median(slopes)) * 3600 / _MEBIBYTE

    def growth_of_files(self, warm_up: float) -> int | None:
        """Return how many more files are open at the end of its life than when it was warm, at the least moments."""
        warm = [files for files, seconds in zip(self.files, self.seconds, strict=True) if seconds >= warm_up]
        half = len(warm) // 2
        return min(warm[half:]) - min(warm[:half]) if half >= 5 else None


class Watch:
    """Takes samples; `figures` says what they tell."""

    def __init__(self, system: System, warm_up: float) -> None:
        self._system = system
        self._warm_up = warm_up
        self._lives: dict[int, Life] = {}
        self._born: dict[int, float] = {}
        self._reads: dict[str, int] = {}
        self._late: list[float] = []
        self._behind: list[int] = []
        self._counted: dict[str, tuple[float, float]] = {}
        self._kept = dict.fromkeys(OBJECTIVES, (0.0, 0.0))
        self.dropped: dict[str, int] = defaultdict(int)

    def sample(self, now: float, *, calm: bool) -> None:
        """Sample everything; how late reads are counts in calm times only."""
        for name, processes in self._system.workers().items():
            if name not in ("driver", *_RAYS_OWN) and not name.endswith(("Actor", "Shard", "Publisher")):
                continue
            for process in processes:
                try:
                    with process.oneshot():
                        memory, files = process.memory_info(), process.num_fds()
                except psutil.Error:
                    continue
                life = self._lives.setdefault(process.pid, Life(name))
                life.seconds.append(now - self._born.setdefault(process.pid, now))
                # what is shared is the object store and the counters, which are bounded
                life.memory.append(memory.rss - memory.shared)
                life.files.append(files)
        status = self._system.status()
        if status is not None:
            self._take(status, calm=calm)
        self._compare(calm=calm)

    def figures(self) -> dict[str, Any]:
        lives = self._lives.values()
        told = [(slope, one) for one in lives if (slope := one.slope(self._warm_up)) is not None]
        slopes = [(slope, one.name) for slope, one in told]
        growth = [(slope * (one.seconds[-1] - self._warm_up) / 3600, one.name) for slope, one in told]
        grown = [(more, one.name) for one in lives if (more := one.growth_of_files(self._warm_up)) is not None]
        late = sorted(self._late)
        worst, worst_name = max(slopes, default=(0.0, ""))
        files, files_name = max(grown, default=(0, ""))
        most, most_name = max(growth, default=(0.0, ""))
        return {
            "processes_watched": len(self._lives),
            "lives_long_enough_for_a_slope": len(slopes),
            "memory_slope_median_mebibytes_an_hour": round(float(np.median([one for one, _ in slopes])), 1)
            if slopes
            else None,
            "memory_slope_worst_mebibytes_an_hour": round(worst, 1),
            "memory_slope_worst_of": worst_name,
            "memory_grown_most_mebibytes": round(most, 1),
            "memory_grown_most_in": most_name,
            "open_files_grown_most": files,
            "open_files_grown_most_in": files_name,
            "reads_timed_in_calm": len(late),
            "frame_to_journal_calm_p50_ms": round(1000 * late[len(late) // 2]) if late else None,
            "frame_to_journal_calm_p95_ms": round(1000 * late[int(len(late) * 0.95)]) if late else None,
            **{
                share_of(name): round(within / count, 4) if count else None
                for name, (within, count) in self._kept.items()
            },
            "store_behind_calm_most_reads": max(self._behind, default=None),
            "frames_dropped": sum(self.dropped.values()),
            "memory_by_process": self._table(),
        }

    def _compare(self, *, calm: bool) -> None:
        """Count what came since the last sample, and how much of it within its objective."""
        counted = self._system.within(_LIMITS)
        for name, (within, count) in counted.items():
            before = self._counted.get(name, (0.0, 0.0))
            # counts begin anew with a new run
            if calm and count >= before[1] > 0:
                kept = self._kept[name]
                self._kept[name] = (kept[0] + within - before[0], kept[1] + count - before[1])
        self._counted = counted or self._counted

    def _table(self) -> list[dict[str, Any]]:
        by_name: dict[str, list[Life]] = defaultdict(list)
        for one in self._lives.values():
            by_name[one.name].append(one)
        return [
            {
                "process": name,
                "lives": len(lives),
                "most_own_mebibytes": round(max(max(one.memory) for one in lives) / _MEBIBYTE),
                "slope_mebibytes_an_hour": ", ".join(
                    f"{slope:.1f}" for one in lives if (slope := one.slope(self._warm_up)) is not None
                ),
                "most_open_files": max(max(one.files) for one in lives),
            }
            for name, lives in sorted(by_name.items())
        ]

    def _take(self, status: Status, *, calm: bool) -> None:
        for one in status.cameras:
            before = self._reads.get(one.camera, 0)
            self._reads[one.camera] = one.reads
            self.dropped[one.camera] = max(self.dropped[one.camera], one.dropped)
            if calm and one.reads > before:
                self._late.append(one.late_seconds)
        if calm:
            self._behind += [one.store_behind for one in status.nodes]
