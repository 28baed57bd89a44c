"""What a soak held, and of what it did not hold, why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.soak_late import ALERT_SHARE, SEARCH_SHARE
from benchmarks.soak_watch import MOST_FILES

_NEVER = ("reads_lost", "reads_doubled", "hits_not", "alerts_not", "messages_refused", "messages_unanswered")


def verdicts_of(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return `held_…` of each promise, `all_held`, and `not_held`: a row with the reason of everything that was not."""
    told = {
        "held_nothing_lost_or_doubled": _lost(figures),
        "held_memory_flat": _memory(figures),
        "held_open_files_flat": _files(figures),
        "held_objectives_in_calm": _objectives(figures),
        "held_recovered_each_time": _recovered(figures),
        "held_every_kind_came": _kinds(figures),
        "held_drained_well": [] if figures["exit_status"] == 0 else [f"the drain ended with {figures['exit_status']}"],
    }
    held = {name: not faults for name, faults in told.items()}
    rows = [{"verdict": name, "why": one} for name, faults in told.items() for one in faults]
    return {**held, "all_held": all(held.values()), "not_held": rows}


def _lost(figures: Mapping[str, Any]) -> list[str]:
    return [f"{name}: {number}" for name, number in figures.items() if name.startswith(_NEVER) and number]


def _memory(figures: Mapping[str, Any]) -> list[str]:
    return [
        f"{row['process']} grew by {row['grown_most_mebibytes']} MiB after its warm-up, more than"
        f" {row['may_grow_mebibytes']:g}"
        for row in figures["memory_by_process"]
        if (row["grown_most_mebibytes"] or 0.0) > row["may_grow_mebibytes"]
    ]


def _files(figures: Mapping[str, Any]) -> list[str]:
    grown = figures["open_files_grown_most"]
    return [f"{figures['open_files_grown_most_in']} has {grown} more files open"] if grown > MOST_FILES else []


def _objectives(figures: Mapping[str, Any]) -> list[str]:
    shares = {
        "frame_to_alert_calm_share_within_2_s": ALERT_SHARE,
        "journal_to_searchable_calm_share_within_5_s": SEARCH_SHARE,
    }
    faults = []
    for name, least in shares.items():
        share = figures[name]
        if share is None:
            faults.append(f"{name}: nothing was counted in calm")
        elif share < least:
            faults.append(
                f"{name}: {share:.2%}, less than {least:.0%}; processors were {figures['processors_busy_in_calm']:.0%}"
                " busy in calm"
            )
    return faults


def _recovered(figures: Mapping[str, Any]) -> list[str]:
    late = figures["faults_not_recovered_from_in_time"]
    which = [row["fault"] for row in figures["faults_done"] if row["recovered"] < row["times"]]
    return [f"{late} faults not recovered from in time: {', '.join(which)}"] if late else []


def _kinds(figures: Mapping[str, Any]) -> list[str]:
    least = figures["each_kind_should_come"]
    rare = [row["fault"] for row in figures["faults_done"] if row["times"] < least]
    return [f"less than {least} times came: {', '.join(rare)}"] if rare else []
