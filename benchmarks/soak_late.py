"""How late alerts and searches were in the calm times of a soak, and how busy the machine was in them.

Alerts are taken one by one from the alert book: from the picture that an alert shows to its being durable, and which
part of that was before the read was made. What a search finds is told by a histogram of the node, so the difference
over each calm time is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import psutil

from benchmarks.soak_calm import Calm
from benchmarks.soak_system import System
from pipeline.domain.alert import Alert

ALERT_SECONDS, ALERT_SHARE = 2.0, 0.99
SEARCH_SECONDS, SEARCH_SHARE = 5.0, 0.95
"""What must be kept, and by which share, as deploy/prometheus/rules/objectives.yml has it."""
_SEARCHABLE = "anpr_journal_to_searchable_seconds"


class Late:
    """`calm_begins` and `calm_ends` are called where a calm time does."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._counted: tuple[float, float] | None = None
        self._busy: tuple[float, float] | None = None
        self._searchable = (0.0, 0.0)
        self._spent = (0.0, 0.0)

    def calm_begins(self) -> None:
        self._counted = self._count()
        self._busy = _busy_and_all()

    def calm_ends(self) -> None:
        before, self._counted = self._counted, None
        after = self._count() if before is not None else None
        # counts begin anew with a new run
        if before is not None and after is not None and after[1] >= before[1]:
            self._searchable = _sum(self._searchable, _difference(after, before))
        if self._busy is not None:
            self._spent = _sum(self._spent, _difference(_busy_and_all(), self._busy))
            self._busy = None

    def figures(self, alerts: Sequence[Alert], calm: Calm) -> dict[str, Any]:
        ages = [alert.read_age.total_seconds() for alert in alerts]
        measured = [one for one in alerts if calm.holds(one.read.captured_at.timestamp(), ALERT_SECONDS)]
        to_alert = [one.read_age.total_seconds() for one in measured]
        to_read = [(one.read.received_at - one.read.captured_at).total_seconds() for one in measured]
        after_read = [(one.raised_at - one.read.received_at).total_seconds() for one in measured]
        within, count = self._searchable
        busy, everything = self._spent
        return {
            "alerts_in_calm": len(measured),
            **_percentiles("frame_to_alert_calm", to_alert),
            **_percentiles("frame_to_read_calm", to_read),
            **_percentiles("read_to_alert_calm", after_read),
            "frame_to_alert_calm_share_within_2_s": _share(to_alert, ALERT_SECONDS),
            # those of a clock that was turned are an hour late, or early
            "frame_to_alert_share_within_2_s_with_faults": _share(
                [one for one in ages if 0 <= one < 1800], ALERT_SECONDS
            ),
            "searchable_counted_in_calm": round(count),
            "journal_to_searchable_calm_share_within_5_s": round(within / count, 4) if count else None,
            "processors_busy_in_calm": round(busy / everything, 2) if everything else None,
        }

    def _count(self) -> tuple[float, float] | None:
        return self._system.within({_SEARCHABLE: SEARCH_SECONDS}).get(_SEARCHABLE)


def _busy_and_all() -> tuple[float, float]:
    spent = psutil.cpu_times()
    everything = sum(spent[:8])
    return everything - spent.idle - getattr(spent, "iowait", 0.0), everything


def _difference(after: tuple[float, float], before: tuple[float, float]) -> tuple[float, float]:
    return after[0] - before[0], after[1] - before[1]


def _sum(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return one[0] + other[0], one[1] + other[1]


def _share(spent: Sequence[float], seconds: float) -> float | None:
    return round(sum(one <= seconds for one in spent) / len(spent), 4) if spent else None


def _percentiles(name: str, spent: Sequence[float]) -> dict[str, float | None]:
    return {
        f"{name}_p{share}_ms": round(1000 * float(np.percentile(spent, share))) if spent else None
        for share in (50, 95, 99)
    }
