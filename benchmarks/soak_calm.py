"""When a soaked system is calm, said once.

A fault is over when what it did is undone and, where it ended the run, the next run reads. The system has recovered
when each camera has then given a read of a vehicle pictured since, and those reads are matched, in an alert and in the
store. It is calm from there to the next fault. How late anything was has no say in this: calm is not whatever was in
time.

A read or an alert counts as one of calm when its picture was taken in calm, so long before the next fault that its
objective could be kept before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRead:
    """A durable read: its offset in the journal, its camera, and when it was pictured and made (Unix time)."""

    offset: int
    camera: str
    pictured_at: float
    made_at: float


@dataclass(slots=True, kw_only=True)
class Outage:
    """One fault. Unix times; `undone_at` is when its cause ended (of a kill: at once), None where not in time."""

    fault: str
    began_at: float
    undone_at: float | None = None
    over_at: float | None = None
    recovered_at: float | None = None

    @property
    def recovery_seconds(self) -> float | None:
        """From the end of the cause to a system that works."""
        if self.recovered_at is None or self.undone_at is None:
            return None
        return self.recovered_at - self.undone_at


class Calm:
    """`carried_to` returns the offset up to which reads are matched, in alerts and in the store."""

    def __init__(self, cameras: Sequence[str], carried_to: Callable[[], int]) -> None:
        self._cameras = cameras
        self._carried_to = carried_to
        self._since: float | None = None
        self._looked = 0
        self._needed: dict[str, int] = {}
        self.outages: list[Outage] = []
        self.windows: list[tuple[float, float]] = []

    @property
    def is_calm(self) -> bool:
        return self._since is not None

    def begin(self, at: float) -> None:
        """Take the system for recovered, as it is before the first fault."""
        self._since = at

    def end(self, at: float) -> None:
        """Close the window that is open, if one is."""
        if self._since is not None:
            self.windows.append((self._since, at))
            self._since = None

    def breaks(self, fault: str, at: float) -> None:
        self.end(at)
        self.outages.append(Outage(fault=fault, began_at=at))

    def is_undone(self, at: float) -> None:
        self.outages[-1].undone_at = at

    def is_over(self, at: float) -> None:
        self.outages[-1].over_at = at
        self._needed = {}

    def look(self, reads: Sequence[SeenRead], at: float) -> None:
        """Notice a recovery; `reads` are all so far, in order."""
        fresh, self._looked = reads[self._looked :], len(reads)
        outage = self.outages[-1] if self.outages else None
        if outage is None or outage.over_at is None or outage.recovered_at is not None:
            return
        for read in fresh:
            if read.pictured_at >= outage.over_at:
                self._needed.setdefault(read.camera, read.offset)
        if self._needed.keys() >= set(self._cameras) and self._carried_to() >= max(self._needed.values()):
            outage.recovered_at = self._since = at

    def holds(self, pictured_at: float, within_seconds: float) -> bool:
        """Tell whether what was pictured then is to be measured as of calm."""
        return any(begin <= pictured_at and pictured_at + within_seconds <= end for begin, end in self.windows)

    def figures(self) -> dict[str, Any]:
        seconds = sum(end - begin for begin, end in self.windows)
        spent = [one for outage in self.outages if (one := outage.recovery_seconds) is not None]
        return {
            "calm_seconds": round(seconds),
            "calm_times": len(self.windows),
            "recovery_p50_seconds": round(float(np.median(spent)), 1) if spent else None,
            "recovery_most_seconds": round(max(spent), 1) if spent else None,
            "faults_not_over_in_time": sum(one.over_at is None for one in self.outages),
            "faults_not_recovered_from_in_time": sum(one.recovered_at is None for one in self.outages),
        }

    def by_fault(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Return a row for each kind of fault: how often it came, and how long recovery took, in seconds."""
        spent: dict[str, list[float]] = defaultdict(list)
        times: dict[str, int] = defaultdict(int)
        for one in self.outages:
            times[one.fault] += 1
            if one.recovery_seconds is not None:
                spent[one.fault].append(one.recovery_seconds)
        return [
            {
                "fault": name,
                "times": times[name],
                "recovered": len(spent[name]),
                "recovery_p50_seconds": round(float(np.median(spent[name])), 1) if spent[name] else None,
                "recovery_most_seconds": round(max(spent[name]), 1) if spent[name] else None,
            }
            for name in sorted(names)
        ]
