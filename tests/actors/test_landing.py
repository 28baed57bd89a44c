"""On a node the journal is an actor: what others send lands without it, and reaches it when it is back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import ray

from actors.journal import JournalActor
from actors.remote import RemoteJournal
from actors.topology import connect
from pipeline import bootstrap, bootstrap_share
from pipeline.domain.sharing import Outcome, Taken
from pipeline.settings import Settings
from pipeline.wire.read_proto import encode_record
from tests.support.builders import a_record
from tests.support.sharing import KENT, SHARE


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    settings = Settings(folder=str(tmp_path), share=SHARE)
    connect(settings)
    yield settings
    ray.shutdown()


def test_reads_of_others_land_while_the_journal_actor_is_killed(settings: Settings) -> None:
    actor = ray.remote(JournalActor).options(max_restarts=-1, max_concurrency=4).remote(settings)
    ray.get(actor.last_offset.remote())
    arrivals = bootstrap_share.arrivals(settings, RemoteJournal(actor))
    now = datetime.now(UTC)
    made = [a_record(number, captured_at=now, received_at=now) for number in range(40)]
    for number, record in enumerate(made):
        if number == 20:
            ray.kill(actor, no_restart=False)
        assert arrivals.intake.take(KENT, [encode_record(record)]) == [Outcome(taken=Taken.ACCEPTED)]
    with bootstrap.journal_reader(settings) as journal:
        while journal.last_offset() < len(made):
            assert arrivals.landing.failure is None
        assert [entry.record for entry in journal.after(0, 1000)] == made
    arrivals.close()
