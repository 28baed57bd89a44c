"""A soak says of everything that it did not hold what it was, and why."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.soak_verdicts import verdicts_of


def figures(**changed: Any) -> dict[str, Any]:
    """Return those of a soak that held everything, but for what is changed."""
    grown = changed.pop("grown", 3.0)
    good = {
        "reads_lost": 0,
        "reads_doubled": 0,
        "reads_lost_on_the_way_to_the_centre": 0,
        "reads_doubled_at_the_centre": 0,
        "hits_not_in_exactly_one_alert": 0,
        "alerts_not_delivered": 0,
        "open_files_grown_most": 1,
        "open_files_grown_most_in": "driver",
        "frame_to_alert_calm_share_within_2_s": 0.995,
        "journal_to_searchable_calm_share_within_5_s": 1.0,
        "processors_busy_in_calm": 0.7,
        "faults_not_recovered_from_in_time": 0,
        "each_kind_should_come": 1,
        "exit_status": 0,
        "memory_by_process": [
            {"process": "CameraActor", "grown_most_mebibytes": grown, "may_grow_mebibytes": 16.0},
            {"process": "AuditActor", "grown_most_mebibytes": None, "may_grow_mebibytes": 16.0},
        ],
        "faults_done": [{"fault": "power cut", "times": 2, "recovered": 2}],
    }
    return good | changed


def test_a_soak_that_held_everything_says_so() -> None:
    verdicts = verdicts_of(figures())
    assert verdicts["all_held"]
    assert verdicts["not_held"] == []


@pytest.mark.parametrize(
    ("changed", "verdict", "told"),
    [
        ({"reads_lost": 1}, "held_nothing_lost_or_doubled", "reads_lost: 1"),
        ({"reads_lost_of_a_sender": 1}, "held_nothing_lost_or_doubled", "reads_lost_of_a_sender: 1"),
        ({"messages_refused": 1}, "held_nothing_lost_or_doubled", "messages_refused: 1"),
        ({"messages_unanswered": 3}, "held_nothing_lost_or_doubled", "messages_unanswered: 3"),
        ({"reads_doubled_at_the_centre": 2}, "held_nothing_lost_or_doubled", "reads_doubled_at_the_centre: 2"),
        ({"grown": 40.0}, "held_memory_flat", "CameraActor grew by 40.0 MiB"),
        ({"open_files_grown_most": 9}, "held_open_files_flat", "driver has 9 more"),
        ({"frame_to_alert_calm_share_within_2_s": 0.5}, "held_objectives_in_calm", "70% busy"),
        ({"frame_to_alert_calm_share_within_2_s": None}, "held_objectives_in_calm", "nothing was counted"),
        ({"journal_to_searchable_calm_share_within_5_s": 0.9}, "held_objectives_in_calm", "90.00%"),
        ({"faults_not_recovered_from_in_time": 1}, "held_recovered_each_time", "1 faults"),
        ({"each_kind_should_come": 3}, "held_every_kind_came", "power cut"),
        ({"exit_status": None}, "held_drained_well", "None"),
    ],
)
def test_whatever_was_not_held_is_told_with_its_reason(changed: dict[str, Any], verdict: str, told: str) -> None:
    verdicts = verdicts_of(figures(**changed))
    assert not verdicts[verdict]
    assert not verdicts["all_held"]
    (row,) = verdicts["not_held"]
    assert row["verdict"] == verdict
    assert told in row["why"]
