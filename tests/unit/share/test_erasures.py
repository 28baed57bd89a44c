"""What was erased here is told to the peer, each once, and for as long as it takes."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

from pipeline.domain.sharing import ErasureNotice
from pipeline.errors import AnprError, Unavailable
from pipeline.share.erasures import ErasureTeller
from pipeline.share.ledger import Ledger
from pipeline.wire.offers import notices_in
from protos.anpr.v1 import national_pb2
from tests.support.builders import AT

NOTICES = [
    ErasureNotice(erasure_id=f"e{number}", at=AT, before=AT, because="retention of 12 months", counts={"reads": number})
    for number in range(3)
]


class Told:
    """A peer that is told of erasures, or is away."""

    def __init__(self) -> None:
        self.fault: AnprError | None = None
        self.notices: list[ErasureNotice] = []

    def push_reads(self, request: bytes) -> Future[bytes]:
        raise AssertionError("no reads are sent here")

    push_images = push_reads

    def push_erasures(self, request: bytes) -> Future[bytes]:
        answer: Future[bytes] = Future()
        if self.fault is not None:
            answer.set_exception(self.fault)
            return answer
        self.notices += notices_in(national_pb2.PushErasuresRequest.FromString(request))
        answer.set_result(b"")
        return answer


def test_each_erasure_is_told_once_also_after_a_restart_and_a_peer_that_was_away(tmp_path: Path) -> None:
    peer, known = Told(), NOTICES[:2]
    ledger = Ledger(tmp_path / "outbox.db", "one")
    teller = ErasureTeller(lambda: known, peer, ledger)
    peer.fault = Unavailable("away")
    for now in range(100, 400, 10):
        teller.step(now)
    assert peer.notices == []
    peer.fault = None
    for now in range(400, 600, 10):
        teller.step(now)
    assert peer.notices == NOTICES[:2]
    ledger.close()
    ledger = Ledger(tmp_path / "outbox.db", "one")
    again = ErasureTeller(lambda: NOTICES, peer, ledger)
    for now in range(600, 800, 10):
        again.step(now)
    assert peer.notices == NOTICES
    ledger.close()
