"""In which order a call is looked at: who calls, then what is written down of it, then whether it is sound, and last
whether this caller may make it. Seen from outside, over real TLS, by calls with several flaws at once: the answer is
that of the first look, and the audit log has what that look leaves there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from actors.services.alerts import AlertServicer
from actors.services.intake import IngestServicer
from actors.services.server import ServiceServer
from pipeline.access.callers.door import Door
from pipeline.access.callers.settings import CallerLimits
from pipeline.clock import SystemClock
from pipeline.domain.access import Person
from pipeline.domain.audit import AuditEntry, AuditEvent
from pipeline.errors import Unavailable, Unidentified
from pipeline.wire.offers import batch_of
from pipeline.wire.read_proto import encode_record
from protos.anpr.v1 import alert_pb2, alert_pb2_grpc, ingest_pb2, ingest_pb2_grpc
from tests.support.alert_service import DESK, LIST, TOKEN, Starting, an_office
from tests.support.builders import AT
from tests.support.certified import KENT, ORGANISATIONS, PRESS, Certified
from tests.support.clock import ManualClock
from tests.support.doors import PEOPLE, ListedAudit
from tests.support.sharing import Far, bare, reads

Code = grpc.StatusCode
STRANGER = "who.example"
"""No organisation of the settings has this name."""
NO_DEADLINE = "set a deadline"


class Log(ListedAudit):
    """An audit log whose disk may be full."""

    is_full = False

    def append(self, events: list[AuditEvent]) -> list[AuditEntry]:
        if self.is_full:
            raise Unavailable("the audit log's disk is full")
        return super().append(events)

    def told(self) -> list[str]:
        """Return each entry's outcome, whose call it was, and by which rule it was refused, and forget them."""
        events, self.events = self.events, []
        return [f"{one.outcome.value} {one.person_id} {one.rule}".strip() for one in events]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Two services behind one door: of the one's methods the door writes an entry, of the other's it does not."""

    certified: Certified
    port: int
    audit: Log
    far: Far

    @contextmanager
    def shown(self, name: str) -> Iterator[grpc.Channel]:
        """A channel that shows a certificate of that name, and sets no deadline by itself."""
        authority = self.certified.authority()
        issued = authority.issue([name])
        credentials = grpc.ssl_channel_credentials(authority.file().read_bytes(), issued.key, issued.certificate)
        with grpc.secure_channel(f"localhost:{self.port}", credentials) as channel:
            yield channel


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    certified, audit = Certified(tmp_path / "certificates"), Log()
    office, far = an_office(tmp_path / "office", 1), Far(tmp_path / "far", ManualClock(AT))
    door = Door(ORGANISATIONS, who=_who, audit=audit, clock=SystemClock(), with_certificates=True)
    limits = CallerLimits(calls_a_second=0.001, burst_calls=4)
    settings = certified.settings(drain_seconds=0.1, limits=limits)
    server = ServiceServer(settings, [AlertServicer(office.desk), IngestServicer(far.intake)], door)
    try:
        yield Node(certified=certified, port=server.start(), audit=audit, far=far)
    finally:
        server.stop()
        office.book.close()
        far.close()


def _who(token: str, certificate_digest: str | None) -> Person:
    if token not in PEOPLE:
        raise Unidentified("nobody has this token")
    return PEOPLE[token]


def alerts(channel: grpc.Channel, **given: Any) -> Any:
    return alert_pb2_grpc.AlertServiceStub(channel).ListAlerts(LIST, metadata=_bearing(TOKEN), **given)


def ingest(channel: grpc.Channel, **given: Any) -> Any:
    request = ingest_pb2.IngestReadsRequest(plain=batch_of([encode_record(bare(one)) for one in reads(range(3))]))
    return ingest_pb2_grpc.IngestServiceStub(channel).IngestReads(request, **given)


def _bearing(token: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token}")]


CALLS = pytest.mark.parametrize("call", [alerts, ingest])
PRESS_REFUSED = {alerts: "refused dispatcher AccessDenied", ingest: "refused system:press AccessDenied"}


def answer(call: Callable[[], Any]) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as raised:
        call()
    return raised.value.code(), raised.value.details()  # type: ignore[attr-defined]


@CALLS
def test_who_calls_is_looked_at_before_what_is_asked(node: Node, call: Callable[..., Any]) -> None:
    with node.shown(STRANGER) as channel:
        code, said = answer(lambda: call(channel))
    assert (code, "names no organisation" in said) == (Code.UNAUTHENTICATED, True)
    # once, whether or not the door writes entries of what it lets through to the method
    assert node.audit.told() == ["refused nobody Unidentified"]


@CALLS
def test_a_stranger_is_turned_away_only_when_that_is_written_down(node: Node, call: Callable[..., Any]) -> None:
    node.audit.is_full = True
    with node.shown(STRANGER) as channel:
        code, said = answer(lambda: call(channel))
    assert (code, "disk" in said) == (Code.UNAVAILABLE, False)


@CALLS
def test_what_can_never_be_right_is_told_before_who_may_not_is(node: Node, call: Callable[..., Any]) -> None:
    for name in (PRESS, KENT):
        with node.shown(name) as channel:
            code, said = answer(lambda shown=channel: call(shown))
        assert (code, NO_DEADLINE in said) == (Code.INVALID_ARGUMENT, True)
        assert node.audit.told() == ["failed dispatcher BadInput"] * (call is alerts)
    assert node.far.records() == []


def test_an_unsound_message_is_refused_before_it_is_asked_who_may(node: Node) -> None:
    unsound = alert_pb2.ListAlertsRequest(recipients=DESK, page_token="a\x00b")
    with node.shown(PRESS) as channel:
        stub = alert_pb2_grpc.AlertServiceStub(channel)
        code, _ = answer(lambda: stub.ListAlerts(unsound, metadata=_bearing(TOKEN), timeout=30))
    assert code is Code.INVALID_ARGUMENT
    assert node.audit.told() == ["failed dispatcher BadInput"]


@pytest.mark.parametrize("method", ["AlertService/ListAlerts", "IngestService/IngestReads"])
def test_what_is_no_message_is_told_to_those_who_are_known_and_as_no_fault_of_ours(
    node: Node, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    said = []
    for name in (STRANGER, PRESS, KENT):
        with node.shown(name) as channel:
            call = channel.unary_unary(f"/anpr.v1.{method}")
            said.append(answer(lambda call=call: call(b"\xff", metadata=_bearing(TOKEN), timeout=30))[0])
    assert said == [Code.UNAUTHENTICATED, Code.INVALID_ARGUMENT, Code.INVALID_ARGUMENT]
    assert node.audit.told() == [
        "refused nobody Unidentified",
        *["failed dispatcher BadInput"] * 2 * ("List" in method),
    ]
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


def test_that_a_call_failed_is_not_told_before_it_is_written_down(node: Node) -> None:
    node.audit.is_full = True
    with node.shown(KENT) as channel:
        assert answer(lambda: alerts(channel))[0] is Code.UNAVAILABLE
        # of this one nothing is to be written down
        assert answer(lambda: ingest(channel))[0] is Code.INVALID_ARGUMENT


@CALLS
def test_who_may_not_is_written_down_and_then_told(node: Node, call: Callable[..., Any]) -> None:
    with node.shown(PRESS) as channel:
        code, said = answer(lambda: call(channel, timeout=30))
        assert (code, "do not give this organisation the right" in said) == (Code.PERMISSION_DENIED, True)
        assert node.audit.told() == [PRESS_REFUSED[call]]
        node.audit.is_full = True
        assert answer(lambda: call(channel, timeout=30))[0] is Code.UNAVAILABLE
    assert node.far.records() == []


@CALLS
def test_who_asks_too_much_is_told_so_before_it_is_asked_who_may(node: Node, call: Callable[..., Any]) -> None:
    with node.shown(PRESS) as channel:
        codes = [answer(lambda: call(channel, timeout=30))[0] for _ in range(5)]
    assert codes == [Code.PERMISSION_DENIED] * 4 + [Code.RESOURCE_EXHAUSTED]


@CALLS
def test_what_passes_every_look_is_answered(node: Node, call: Callable[..., Any]) -> None:
    with node.shown(KENT) as channel:
        assert call(channel, timeout=30)
    assert node.audit.told() == ["allowed dispatcher"] * (call is alerts)
    assert len(node.far.records()) == (3 if call is ingest else 0)


def test_a_stream_is_asked_for_a_deadline_before_who_may_and_who_may_before_its_first_message(node: Node) -> None:
    unsound = alert_pb2.WatchAlertsRequest(start=Starting(subscriber="a\x00b", recipients=DESK))

    def watch(name: str, first: bytes, **given: Any) -> grpc.StatusCode:
        with node.shown(name) as channel:
            call = channel.stream_stream("/anpr.v1.AlertService/WatchAlerts")
            return answer(lambda: next(call(iter([first]), metadata=_bearing(TOKEN), **given)))[0]

    for first in (unsound.SerializeToString(), b"\xff"):
        assert watch(STRANGER, first) is Code.UNAUTHENTICATED
        assert watch(PRESS, first) is Code.INVALID_ARGUMENT
        assert watch(PRESS, first, timeout=30) is Code.PERMISSION_DENIED
        assert watch(KENT, first, timeout=30) is Code.INVALID_ARGUMENT
        assert node.audit.told() == [
            "refused nobody Unidentified",
            "failed dispatcher BadInput",
            "refused dispatcher AccessDenied",
            "failed dispatcher BadInput",
        ]
