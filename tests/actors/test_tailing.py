"""The loops of consumers tell how they are when a step fails: how far behind, when last they came out, and the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from actors.sending import SendingLoop
from actors.tailing import TailLoop
from pipeline import bootstrap, metrics
from pipeline.errors import AnprError, IntegrityError, Unavailable
from pipeline.journal.reader import JournalReader
from pipeline.settings import Settings
from pipeline.share.ledger import Ledger, Standing
from pipeline.share.settings import ShareSettings
from tests.support.clock import ManualClock
from tests.support.sharing import reads

AWAY, DAMAGED = Unavailable("the disk does not answer"), IntegrityError("the journal is damaged")


def told(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for loop in ("tailing", "sending"):
        monkeypatch.setattr(f"actors.{loop}._RETRY_SECONDS", 0.0)


class Tail:
    """Each step raises what comes next in `faults`; None of them goes well, a second long. It is stopped after all."""

    def __init__(self, consumer: str, faults: list[AnprError | None], silent: AnprError | None = None) -> None:
        self._consumer = consumer
        self._faults = iter(faults)
        self._silent = silent
        self.clock = ManualClock()
        self.loop = TailLoop(consumer, self, self.clock)
        self.position = self.steps = 0
        self.seen: list[tuple[float | None, float | None, float | None]] = []

    @property
    def lag(self) -> int:
        if self._silent is not None:
            raise self._silent
        return 10 * self.steps

    def step(self, now: float) -> int:
        # what was told before this step
        names = ("anpr_consumer_ended", "anpr_journal_lag_reads", "anpr_consumer_step_seconds")
        ended, lag, at = (told(name, consumer=self._consumer) for name in names)
        self.seen.append((ended, lag, self.clock.now().timestamp() - (at or 0.0)))
        self.steps += 1
        self.clock.advance(1.0)
        fault = next(self._faults, None)
        if fault is not None:
            raise fault
        self.loop.stop()
        return 0

    def finish(self) -> None:
        """Nothing is held back."""


def test_a_consumer_that_goes_on_tells_how_far_behind_it_is_and_when_it_came_out_of_a_step() -> None:
    tail = Tail("goes-on", [AWAY, AWAY])
    tail.loop.run()
    # as often as it looks, failures or not
    assert tail.seen == [(0.0, 0.0, 0.0), (0.0, 10.0, 0.0), (0.0, 20.0, 0.0), (0.0, 30.0, 0.0)]
    assert told("anpr_consumer_failures_total", consumer="goes-on") == 2


def test_a_consumer_that_ends_for_good_says_so() -> None:
    tail = Tail("ends", [AWAY, DAMAGED])
    with pytest.raises(IntegrityError):
        tail.loop.run()
    assert (told("anpr_consumer_ended", consumer="ends"), told("anpr_journal_lag_reads", consumer="ends")) == (1.0, 20)


def test_what_a_consumer_ended_with_is_told_though_the_journal_does_not_tell_how_far_behind_it_is() -> None:
    tail = Tail("knows-nothing", [DAMAGED], silent=AWAY)
    with pytest.raises(IntegrityError):
        tail.loop.run()
    assert told("anpr_consumer_ended", consumer="knows-nothing") == 1.0


@pytest.fixture
def sender(tmp_path: Path) -> Iterator[Settings]:
    """A node with three reads and a centre that does not answer (port 9, discard)."""
    settings = Settings(folder=str(tmp_path), share=ShareSettings(peer="127.0.0.1:9", with_hotlists=False))
    with bootstrap.journal(settings) as journal:
        journal.append(reads(range(3)))
        yield settings


def test_an_outbox_that_ends_for_good_says_so(sender: Settings) -> None:
    folder = sender.share.folder_in(sender.folder)
    ledger = Ledger(folder / "outbox-national.db", bootstrap.journal_reader(sender).identity)
    # more has arrived than this journal ever had
    ledger.save(Standing(stretches=((40, None),), pictures=40))
    ledger.close()
    with pytest.raises(IntegrityError, match="an older copy was put in its place"):
        SendingLoop(sender).run()
    assert told("anpr_consumer_ended", consumer="outbox") == 1.0


def test_an_outbox_that_fails_tells_how_many_reads_wait(sender: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    faults: Iterator[AnprError] = iter([AWAY, DAMAGED])
    seen: list[float | None] = []

    def failing(*_: object) -> None:
        seen.append(told("anpr_consumer_ended", consumer="outbox"))
        seen.append(told("anpr_share_lag_reads", peer="national"))
        raise next(faults)

    monkeypatch.setattr(JournalReader, "after", failing)
    loop = SendingLoop(sender)
    metrics.SHARE_LAG_READS.labels("national").set(0)
    with pytest.raises(IntegrityError):
        loop.run()
    assert seen == [0.0, 0.0, 0.0, 3.0]
    assert loop.status() == (0, 3, "the journal is damaged")
