"""Raw bytes on the ports: nothing hangs, nothing is kept open, callers with good manners are served on, and nobody who
did not say who they are, or whose call was not written down, is told anything.

`ANPR_FUZZ_INPUTS` as in `test_parsers.py`; a port gets a fortieth of them, and so does each method.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from actors.services.alerts import AlertServicer
from actors.services.intake import IngestServicer
from actors.services.server import ServiceServer
from pipeline.access.callers.door import THIS_MACHINE
from pipeline.access.callers.settings import CallerLimits
from pipeline.clock import SystemClock
from pipeline.domain.audit import Outcome
from pipeline.join.desk import JoinDesk
from pipeline.join.settings import Format, JoinSettings
from pipeline.settings import ServicesSettings
from pipeline.share.settings import SenderSettings
from pipeline.wire.offers import batch_of
from pipeline.wire.read_proto import encode_record
from protos.anpr.v1 import alert_pb2, alert_pb2_grpc, ingest_pb2
from tests.fuzz.mutations import mutated
from tests.fuzz.told import faults_told
from tests.support.alert_service import an_office
from tests.support.builders import AT
from tests.support.clock import ManualClock
from tests.support.doors import ListedAudit, a_door, known
from tests.support.join_endpoint import KeptIntake, calling, every_format, everybody, post, serving
from tests.support.join_tls import LOOPBACK, Authority
from tests.support.joined import MARK, MESSAGES
from tests.support.left_open import nothing_kept_open
from tests.support.sharing import SHARE, Far, bare, reads

INPUTS = int(os.environ.get("ANPR_FUZZ_INPUTS", "2000"))
_PATIENCE_SECONDS = 20.0
HTTP = [
    b"POST /join/onvif HTTP/1.1\r\nHost: a\r\nAuthorization: Basic b25vaWY6eA==\r\nContent-Length: 5\r\n\r\n<a/>\n",
    b"POST /join/onvif HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<a/>\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
]
HTTP2 = [
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\xff\xff",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x03\x01\x05\x00\x00\x00\x01\x82\x86\x84",
]


def throw_at(
    port: int, seeds: list[bytes], wrap: Callable[[socket.socket], socket.socket] = lambda plain: plain
) -> None:
    """Connect, send what is nearly a request, say that that is all, and read until the other side hangs up."""
    chance = Random(f"port {len(seeds)}")
    for _ in range(max(INPUTS // 40, 1)):
        with closing(socket.create_connection((LOOPBACK, port), timeout=_PATIENCE_SECONDS)) as plain:
            try:
                with closing(wrap(plain)) as line:
                    line.sendall(mutated(chance, seeds))
                    # of half a request in TLS no end can be told: the server would wait for the rest as long as it may
                    if not isinstance(line, ssl.SSLSocket):
                        line.shutdown(socket.SHUT_WR)
                        while answer := line.recv(65536):
                            assert MARK.encode() not in answer
            except TimeoutError:
                raise
            except OSError:
                # it hung up at once, as it may
                continue


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("secured", [False, True], ids=["plain", "tls"])
def test_the_endpoint_for_cameras_bears_raw_bytes(tmp_path: Path, secured: bool) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.certificate(LOOPBACK) if secured else ("", "")
    settings = JoinSettings(
        enabled=True,
        port=0,
        request_seconds=10.0,
        certificate_file=certificate,
        key_file=key,
        senders=every_format(tmp_path),
    )
    trusting = ssl.create_default_context(cafile=str(authority.file))
    intake = KeptIntake()
    with serving(settings, JoinDesk(intake, everybody, SystemClock())) as port:
        with nothing_kept_open(port):
            throw_at(port, HTTP)
            if secured:
                throw_at(port, HTTP, lambda plain: trusting.wrap_socket(plain, server_hostname=LOOPBACK))
        assert intake.records == {}
        with calling(port, **({"ca_certs": str(authority.file)} if secured else {})) as pool:
            assert post(pool, "onvif", *MESSAGES[Format.ONVIF]).status == 200


@pytest.fixture
def audit() -> ListedAudit:
    return ListedAudit()


@pytest.fixture
def services(tmp_path: Path, audit: ListedAudit) -> Iterator[int]:
    office = an_office(tmp_path, 3)
    share = replace(SHARE, senders={THIS_MACHINE: SenderSettings(feeds=("local",))})
    far = Far(tmp_path / "far", ManualClock(AT), share)
    limits = CallerLimits(calls_a_second=1e6, burst_calls=1_000_000)
    settings = ServicesSettings(port=0, limits=limits)
    server = ServiceServer(settings, [AlertServicer(office.desk), IngestServicer(far.intake)], a_door(audit=audit))
    yield server.start()
    server.stop()
    far.close()


@pytest.mark.timeout(3600)
def test_the_services_bear_raw_bytes(services: int) -> None:
    with nothing_kept_open(services):
        throw_at(services, HTTP2)
    with grpc.insecure_channel(f"{LOOPBACK}:{services}") as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=_PATIENCE_SECONDS)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


LISTED = alert_pb2.ListAlertsRequest(recipients=["control-room"], page_size=2)
METHODS = {
    "/anpr.v1.AlertService/ListAlerts": LISTED,
    # an id that is there is put in
    "/anpr.v1.AlertService/GetAlert": alert_pb2.GetAlertRequest(recipients=["control-room"]),
    "/anpr.v1.IngestService/IngestReads": ingest_pb2.IngestReadsRequest(
        plain=batch_of([encode_record(bare(one)) for one in reads(range(2))])
    ),
}


@pytest.mark.timeout(3600)
def test_no_message_is_answered_that_was_not_written_down(
    services: int, audit: ListedAudit, caplog: pytest.LogCaptureFixture
) -> None:
    chance = Random("messages")
    answered = dict.fromkeys(METHODS, 0)
    with grpc.insecure_channel(f"{LOOPBACK}:{services}") as channel:
        alert_id = alert_pb2_grpc.AlertServiceStub(known(channel)).ListAlerts(LISTED).alerts[0].alert_id
        for name, seed in METHODS.items():
            introduced, stranger = (one.unary_unary(name) for one in (known(channel), channel))
            if isinstance(seed, alert_pb2.GetAlertRequest):
                seed = alert_pb2.GetAlertRequest(alert_id=alert_id, recipients=seed.recipients)
            whole = seed.SerializeToString()
            for _ in range(max(INPUTS // 40, 1)):
                message = whole if chance.random() < 0.2 else mutated(chance, [whole])
                answered[name] += _is_answered(introduced, message)
                if "Ingest" not in name:
                    assert not _is_answered(stranger, message)
    assert all(answered.values())
    assert not faults_told(caplog)
    alerts = sum(count for name, count in answered.items() if "AlertService" in name)
    assert alerts <= sum(one.outcome is Outcome.ALLOWED for one in audit.events)


def _is_answered(method: Callable[..., object], message: bytes) -> bool:
    try:
        method(message, timeout=_PATIENCE_SECONDS)
    except grpc.RpcError:
        return False
    return True
