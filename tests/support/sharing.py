"""Two ends of sharing in one process: a journal and its outbox here, an intake over another journal there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.domain.ports import HitLog
from pipeline.domain.read import CaptureRecord
from pipeline.domain.sharing import Organisation
from pipeline.errors import AnprError, BadInput
from pipeline.journal.journal import Journal
from pipeline.journal.settings import JournalSettings
from pipeline.share.counter import CounterBook
from pipeline.share.intake import Intake
from pipeline.share.ledger import Ledger
from pipeline.share.outbox import Outbox
from pipeline.share.quarantine import Quarantine
from pipeline.share.settings import SenderSettings, ShareSettings
from pipeline.wire.offers import answer_in, records_in
from pipeline.wire.read_proto import decode_record
from protos.anpr.v1 import national_pb2
from tests.support.builders import AT, a_record
from tests.support.clock import ManualClock

KENT = Organisation("kent")
SHARE = ShareSettings(
    peer="centre:1",
    retry_first_seconds=5.0,
    senders={"kent": SenderSettings(feeds=("local", "kent-*"))},
)


class Far:
    """The far end: a journal, and the intake before it."""

    def __init__(self, folder: Path, clock: ManualClock, settings: ShareSettings = SHARE) -> None:
        self.journal = Journal(folder / "journal.db", JournalSettings(), clock)
        self.quarantine = Quarantine(folder / "quarantine.db")
        self.counters = CounterBook(folder / "intake.db", clock)
        self.intake = Intake(
            self.journal,
            quarantine=self.quarantine,
            counters=self.counters,
            settings=settings,
            keeps_months=12,
            clock=clock,
        )

    def records(self) -> list[CaptureRecord]:
        return [entry.record for entry in self.journal.after(0, 1_000_000)]

    def close(self) -> None:
        self.journal.close()
        self.quarantine.close()
        self.counters.close()


class Link:
    """A `Peer` that answers at once, unless `fault` is set; then it fails. `held` keeps answers back."""

    def __init__(self, far: Far) -> None:
        self._far = far
        self.asked = 0
        self.fault: AnprError | None = None
        self.lose_answers = False
        self.holds = False
        self.held: list[Callable[[], None]] = []
        self.batches: list[list[CaptureRecord]] = []
        self.stumbles_over: set[str] = set()

    def push_reads(self, request: bytes) -> Future[bytes]:
        return self._answer(lambda: self._take(request))

    def push_images(self, request: bytes) -> Future[bytes]:
        return self._answer(lambda: self._take_images(request))

    def push_erasures(self, request: bytes) -> Future[bytes]:
        return self._answer(lambda: b"")

    def release(self, order: Sequence[int] | None = None) -> None:
        held, self.held = self.held, []
        for place in order or range(len(held)):
            held[place]()

    def _answer(self, work: Callable[[], bytes]) -> Future[bytes]:
        self.asked += 1
        answer: Future[bytes] = Future()

        def do() -> None:
            try:
                if self.fault is not None and not self.lose_answers:
                    raise self.fault
                said = work()
                if self.fault is not None:
                    raise self.fault
                answer.set_result(said)
            except AnprError as error:
                answer.set_exception(error)

        if self.holds:
            self.held.append(do)
        else:
            do()
        return answer

    def _take(self, request: bytes) -> bytes:
        message = national_pb2.PushReadsRequest.FromString(request)
        records = records_in(message)
        decoded = [decode_record(one) for one in records]
        if any(one.read.read_id in self.stumbles_over for one in decoded):
            raise BadInput("this is nothing")
        self.batches.append(decoded)
        outcomes = self._far.intake.take(KENT, records, sent_at=message.sent_at.ToDatetime(tzinfo=UTC))
        return answer_in(national_pb2.PushReadsResponse, outcomes).SerializeToString()

    def _take_images(self, request: bytes) -> bytes:
        records = [one.SerializeToString() for one in national_pb2.PushImagesRequest.FromString(request).records]
        outcomes = self._far.intake.take_pictures(KENT, records)
        return answer_in(national_pb2.PushImagesResponse, outcomes).SerializeToString()


class Near:
    """The near end: a journal, and the outbox behind it."""

    def __init__(
        self, folder: Path, peer: Any, clock: ManualClock, settings: ShareSettings = SHARE, hits: HitLog | None = None
    ) -> None:
        self.clock = clock
        self.journal = Journal(folder / "journal.db", JournalSettings(), clock)
        self.quarantine = Quarantine(folder / "refused.db")
        self.outbox = Outbox(
            self.journal,
            peer,
            ledger=Ledger(folder / "outbox.db", self.journal.identity),
            quarantine=self.quarantine,
            settings=settings,
            clock=clock,
            chance=lambda: 1.0,
            hits=hits,
        )

    def run(self, seconds: float, step: float = 0.25) -> None:
        """Let so much time pass, step by step."""
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            self.outbox.step(self.clock.monotonic())
            self.clock.advance(step)

    def close(self) -> None:
        self.outbox.close()
        self.journal.close()
        self.quarantine.close()


def reads(numbers: Iterable[int], *, cameras: int = 5, at: datetime = AT, **different: Any) -> list[CaptureRecord]:
    """Return reads made at `at`, of some cameras in turn."""
    return [
        a_record(number, camera_id=f"camera-{number % cameras}", received_at=at, captured_at=at, **different)
        for number in numbers
    ]


def bare(record: CaptureRecord) -> CaptureRecord:
    return replace(record, patch=b"", overview=b"")
