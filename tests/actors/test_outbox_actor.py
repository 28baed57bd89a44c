"""The outbox as an actor of Ray, over mutual TLS, killed in the middle: the centre has every read once all the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psutil
import pytest

from pipeline import bootstrap
from pipeline.settings import load_settings
from tests.actors.test_hotlist_kills import running, said_by
from tests.support.force_sender import record_of
from tests.support.hotlist_runs import patiently, workers
from tests.support.two_ends import TwoEnds

READS, PARTS = 200, 2


def held_by(node: subprocess.Popen[str], offset: int) -> None:
    """Return when everything up to that offset has arrived."""
    while True:
        said = said_by(node).split()
        if len(said) == 2 and said[0] == "held" and int(said[1]) >= offset:
            return


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_outbox_killed_in_the_middle_goes_on_and_the_centre_has_every_read_once(tmp_path: Path) -> None:
    with TwoEnds(tmp_path, most_batch_reads=10) as ends:
        ends.start_centre()
        settings = load_settings(ends.force_config)
        records = [record_of("kent", number) for number in range(READS)]
        with bootstrap.journal(settings) as journal, running("outbox_node", ends.force_config) as node:
            killed: set[int] = set()

            def living() -> list[psutil.Process]:
                return [one for one in workers("OutboxActor", psutil.Process(node.pid)) if one.pid not in killed]

            held_by(node, 0)
            ends.proxy.delay_seconds = 0.05
            for part in range(PARTS):
                patiently(living)
                before = len(ends.at_the_centre())
                newest = journal.append(records[part * READS // PARTS : (part + 1) * READS // PARTS])
                patiently(lambda before=before: len(ends.at_the_centre()) > before)
                (worker,) = living()
                killed.add(worker.pid)
                worker.kill()
            ends.proxy.delay_seconds = 0.0
            held_by(node, newest)
        ends.wait_until_stored(READS)
        ends.check_same(READS)
