"""The soak, short: things break in turn, and no read is lost or doubled.

It ends after so many faults, however long they take, and the last read counts. The long ones are
`python -m benchmarks.soak`; ANPR_SOAK_FAULTS makes this one longer.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.soak import Soak, soaked

FAULTS = int(os.environ.get("ANPR_SOAK_FAULTS", "6"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_whatever_breaks_no_read_is_lost_or_doubled_and_every_alert_is_told(tmp_path: Path) -> None:
    asked = Soak(
        minutes=FAULTS / 2,
        faults=FAULTS,
        fault_every_seconds=1.0,
        recover_within_seconds=0.0,
        cameras=1,
        scene="single",
        clip_seconds=6,
        size=(960, 540),
        disk_mebibytes=256,
        # what is told is told by this process, which a busy machine may hold up
        webhook_timeout_seconds=30.0,
    )
    figures = soaked(asked, tmp_path)
    told = f"seed {figures['seed']}, {figures['faults_done']}"
    assert figures["faults"] == FAULTS, told
    # one bag of faults holds every kind once
    assert figures["kinds_of_fault"] == min(FAULTS, figures["kinds_known"]), told
    assert figures["reads_acknowledged"] > 0, told
    assert figures["reads_lost"] == 0, told
    assert figures["reads_doubled"] == 0, told
    assert figures["reads_of_a_sender_taken"] > 0, told
    assert figures["reads_lost_of_a_sender"] == 0, told
    assert figures["reads_doubled_of_a_sender"] == 0, told
    assert figures["messages_refused"] == figures["messages_unanswered"] == 0, told
    assert figures["reads_lost_on_the_way_to_the_centre"] == 0, told
    assert figures["reads_doubled_at_the_centre"] == 0, told
    assert figures["hits_not_in_exactly_one_alert"] == 0, told
    assert figures["alerts_not_delivered"] == 0, told
    assert figures["exit_status"] == 0, told
