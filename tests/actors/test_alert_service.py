"""`AlertService` over a real port: told at least once, resumed from cursors, and nobody slow holds anybody else."""

from __future__ import annotations

import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from actors.services.alerts import AlertServicer
from actors.services.server import ServiceServer
from pipeline.domain.read import ReadId
from pipeline.errors import SettingsError, Unavailable
from pipeline.settings import ServicesSettings
from protos.anpr.v1 import alert_pb2, alert_pb2_grpc
from tests.support.alerts import KeptRecords, Office, an_alerted_hit
from tests.support.builders import PATCH, a_record

DESK = ["control-room"]
PLAIN = ServicesSettings(port=0)
Request = alert_pb2.WatchAlertsRequest
Starting = alert_pb2.WatchAlertsStart


class Watching:
    """A subscriber. It acknowledges what it is told to, and reads only when it is asked to."""

    def __init__(self, stub: alert_pb2_grpc.AlertServiceStub, name: str, after: int | None = None) -> None:
        self._says: queue.Queue[Any] = queue.Queue()
        self._says.put(Request(start=Starting(subscriber=name, recipients=DESK, after_cursor=after)))
        self.call = stub.WatchAlerts(iter(self._says.get, None))

    def take(self, count: int) -> list[int]:
        return [next(self.call).event.cursor for _ in range(count)]

    def acknowledge(self, cursor: int) -> None:
        self._says.put(Request(acknowledged_cursor=cursor))

    def end(self) -> None:
        self._says.put(None)
        self.call.cancel()


@contextmanager
def served(office: Office, settings: ServicesSettings = PLAIN) -> Iterator[int]:
    server = ServiceServer(settings, [AlertServicer(office.desk)])
    try:
        yield server.start()
    finally:
        server.stop()


@contextmanager
def calling(port: int) -> Iterator[alert_pb2_grpc.AlertServiceStub]:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield alert_pb2_grpc.AlertServiceStub(channel)


def an_office(folder: Path, hits: int, **settings: Any) -> Office:
    office = Office(folder, [an_alerted_hit(number) for number in range(hits)], **settings)
    office.run()
    return office


def grow(office: Office, hits: int, **of_voi: Any) -> None:
    start = len(office.log.hits)
    office.log.hits += [an_alerted_hit(start + number, **of_voi) for number in range(hits)]
    office.run()


def code_of(call: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as raised:
        call()
    code: grpc.StatusCode = raised.value.code()  # type: ignore[attr-defined]
    return code


def test_a_watch_is_told_what_was_what_comes_and_after_a_break_what_was_not_acknowledged(tmp_path: Path) -> None:
    office = an_office(tmp_path, 2)
    with served(office) as port, calling(port) as stub:
        watching = Watching(stub, "desk-1")
        assert watching.take(2) == [1, 2]
        grow(office, 1)
        assert watching.take(1) == [3]
        watching.acknowledge(2)
        grow(office, 1)
        assert watching.take(1) == [4]
        watching.end()
        again = Watching(stub, "desk-1")
        assert again.take(2) == [3, 4]
        again.end()
        elsewhere = Watching(stub, "desk-2", after=3)
        assert elsewhere.take(1) == [4]
        elsewhere.end()


def test_a_server_that_comes_back_goes_on_where_its_subscribers_were(tmp_path: Path) -> None:
    office = an_office(tmp_path, 3)
    with served(office) as port, calling(port) as stub:
        watching = Watching(stub, "desk")
        watching.take(3)
        watching.acknowledge(2)
        # an answer to a later call says that the acknowledgement has arrived
        for _ in range(200):
            if office.book.acknowledged("desk") == 2:
                break
            stub.ListAlerts(alert_pb2.ListAlertsRequest(recipients=DESK))
    office.book.close()
    again = Office(tmp_path)
    with served(again) as port, calling(port) as stub:
        watching = Watching(stub, "desk")
        assert watching.take(1) == [3]
        watching.end()


def test_subscribers_that_stop_reading_keep_nobody_waiting_and_nothing_in_memory(tmp_path: Path) -> None:
    office = an_office(tmp_path, 0, watch_unacknowledged=10_000, batch_hits=1000)
    with served(office) as port, calling(port) as stub, calling(port) as other:
        stuck = [Watching(stub, f"stuck-{number}") for number in range(20)]
        reading = Watching(other, "reading", after=0)
        # 3 MB for each: far more than the windows of a connection hold
        grow(office, 150, reason="x" * 20_000)
        assert reading.take(150) == list(range(1, 151))
        before = psutil.Process().memory_info().rss
        grow(office, 150, reason="x" * 20_000)
        assert reading.take(150) == list(range(151, 301))
        assert len(other.ListAlerts(alert_pb2.ListAlertsRequest(recipients=DESK, page_size=10)).alerts) == 10
        # another 60 MB would be held for the others if they were not left in the book
        assert psutil.Process().memory_info().rss - before < 30e6
        assert stuck[7].take(300) == list(range(1, 301))
        for one in (reading, *stuck):
            one.end()


def test_a_subscriber_that_stopped_reading_is_cut_off_and_told_the_rest_when_it_comes_back(tmp_path: Path) -> None:
    office = an_office(tmp_path, 0, watch_unacknowledged=8, watch_stalled_after_seconds=0.2)
    with served(office) as port, calling(port) as stub:
        stuck = Watching(stub, "desk")
        grow(office, 20)
        assert stuck.take(3) == [1, 2, 3]
        stuck.acknowledge(3)
        assert stuck.take(8) == list(range(4, 12))
        assert code_of(lambda: stuck.take(1)) is grpc.StatusCode.RESOURCE_EXHAUSTED
        resumed = Watching(stub, "desk")
        assert resumed.take(8) == list(range(4, 12))
        stuck.end()
        resumed.end()


def test_a_subscriber_that_acknowledges_nothing_is_told_no_more_and_then_cut_off(tmp_path: Path) -> None:
    office = an_office(tmp_path, 10, watch_unacknowledged=4, watch_stalled_after_seconds=0.2)
    with served(office) as port, calling(port) as stub:
        watching = Watching(stub, "desk")
        assert watching.take(4) == [1, 2, 3, 4]
        assert code_of(lambda: watching.take(1)) is grpc.StatusCode.RESOURCE_EXHAUSTED
        watching.end()


def test_many_watch_at_once_and_each_is_told_everything(tmp_path: Path) -> None:
    office = an_office(tmp_path, 0)
    with served(office) as port, calling(port) as stub:
        watching = [Watching(stub, f"desk-{number}") for number in range(30)]
        told: dict[int, list[int]] = {}

        def read(at: int) -> None:
            told[at] = watching[at].take(20)

        threads = [threading.Thread(target=read, args=(at,)) for at in range(30)]
        for thread in threads:
            thread.start()
        grow(office, 20)
        for thread in threads:
            thread.join()
        assert all(told[at] == list(range(1, 21)) for at in range(30))
        for one in watching:
            one.end()


def test_no_alert_is_actioned_over_the_wire_before_its_image_was_confirmed(tmp_path: Path) -> None:
    office = an_office(tmp_path, 1)
    with served(office) as port, calling(port) as stub:
        (alert,) = stub.ListAlerts(alert_pb2.ListAlertsRequest(recipients=DESK)).alerts

        def advance(state: int, person: str = "PC 1") -> alert_pb2.Alert:
            request = alert_pb2.AdvanceAlertRequest(
                alert_id=alert.alert_id, recipients=DESK, state=state, person=person, note="as wanted"
            )
            return stub.AdvanceAlert(request).alert

        actioned = alert_pb2.ALERT_STATE_ACTIONED
        assert code_of(lambda: advance(actioned)) is grpc.StatusCode.FAILED_PRECONDITION
        advance(alert_pb2.ALERT_STATE_SEEN)
        assert code_of(lambda: advance(actioned)) is grpc.StatusCode.FAILED_PRECONDITION
        assert code_of(lambda: advance(alert_pb2.ALERT_STATE_CONFIRMED, "")) is grpc.StatusCode.INVALID_ARGUMENT
        assert code_of(lambda: advance(99)) is grpc.StatusCode.INVALID_ARGUMENT
        advance(alert_pb2.ALERT_STATE_CONFIRMED)
        assert [step.person for step in advance(actioned).history] == ["PC 1"] * 3


def test_one_who_was_not_told_cannot_see_or_touch_an_alert(tmp_path: Path) -> None:
    office = an_office(tmp_path, 1)
    (alert,) = office.desk.listed(DESK).alerts
    with served(office) as port, calling(port) as stub:
        others = ["press-office"]
        get = alert_pb2.GetAlertRequest(alert_id=alert.alert_id, recipients=others)
        step = alert_pb2.AdvanceAlertRequest(
            alert_id=alert.alert_id, recipients=others, state=alert_pb2.ALERT_STATE_SEEN, person="PC 1"
        )
        assert code_of(lambda: stub.GetAlert(get)) is grpc.StatusCode.NOT_FOUND
        assert code_of(lambda: stub.AdvanceAlert(step)) is grpc.StatusCode.NOT_FOUND
        nobody = alert_pb2.ListAlertsRequest()
        assert code_of(lambda: stub.ListAlerts(nobody)) is grpc.StatusCode.INVALID_ARGUMENT


def test_the_pictures_come_with_an_alert_when_they_are_asked_for(tmp_path: Path) -> None:
    record = a_record(read_id=ReadId(f"{0:032x}"))
    office = Office(tmp_path, [an_alerted_hit(0)], records=[KeptRecords([record])])
    office.run()
    (alert,) = office.desk.listed(DESK).alerts
    with served(office) as port, calling(port) as stub:
        request = alert_pb2.GetAlertRequest(alert_id=alert.alert_id[:6], recipients=DESK, with_pictures=True)
        assert stub.GetAlert(request).patch == PATCH
        assert stub.GetAlert(alert_pb2.GetAlertRequest(alert_id=alert.alert_id, recipients=DESK)).patch == b""


@pytest.mark.parametrize(
    "first",
    [
        Request(acknowledged_cursor=1),
        Request(start=Starting(subscriber="desk")),
        Request(start=Starting(subscriber="desk", recipients=DESK, after_cursor=99)),
        Request(),
    ],
)
def test_a_watch_that_begins_wrongly_is_told_so(tmp_path: Path, first: alert_pb2.WatchAlertsRequest) -> None:
    with served(an_office(tmp_path, 1)) as port, calling(port) as stub:
        assert code_of(lambda: next(stub.WatchAlerts(iter([first])))) is grpc.StatusCode.INVALID_ARGUMENT


def test_a_service_with_a_fault_of_its_own_does_not_tell_callers_which(tmp_path: Path) -> None:
    office = an_office(tmp_path, 1)
    office.book._writer.execute("UPDATE alerts SET content = x'ff'")
    with served(office) as port, calling(port) as stub, pytest.raises(grpc.RpcError) as raised:
        stub.ListAlerts(alert_pb2.ListAlertsRequest(recipients=DESK))
    assert "restore" not in raised.value.details()  # type: ignore[attr-defined]


def test_health_is_told(tmp_path: Path) -> None:
    with served(an_office(tmp_path, 0)) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", "anpr.v1.AlertService"):
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    office = an_office(tmp_path, 0)
    with served(office) as port, pytest.raises(Unavailable, match=f"port {port} cannot be used"):
        ServiceServer(replace(PLAIN, port=port), [AlertServicer(office.desk)]).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "example.org"])
def test_without_certificates_nobody_but_this_machine_is_let_in(host: str) -> None:
    with pytest.raises(ValueError, match="this machine"):
        ServicesSettings(host=host)
    ServicesSettings(host=host, certificate_file="c", key_file="k", client_authorities_file="a")


def certificates(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate that signs itself, for 127.0.0.1."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=tests",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        capture_output=True,
        check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("openssl, which makes the certificates of this test, is not installed")
    return key, certificate


def test_with_certificates_both_sides_must_show_theirs(tmp_path: Path) -> None:
    key, certificate = certificates(tmp_path)
    settings = replace(
        PLAIN, certificate_file=str(certificate), key_file=str(key), client_authorities_file=str(certificate)
    )
    asked = alert_pb2.ListAlertsRequest(recipients=DESK)
    with served(an_office(tmp_path, 1), settings) as port:
        trusted = certificate.read_bytes()
        known = grpc.ssl_channel_credentials(trusted, key.read_bytes(), trusted)
        with grpc.secure_channel(f"127.0.0.1:{port}", known) as channel:
            assert len(alert_pb2_grpc.AlertServiceStub(channel).ListAlerts(asked).alerts) == 1
        with grpc.secure_channel(f"127.0.0.1:{port}", grpc.ssl_channel_credentials(trusted)) as channel:
            stub = alert_pb2_grpc.AlertServiceStub(channel)
            assert code_of(lambda: stub.ListAlerts(asked)) is grpc.StatusCode.UNAVAILABLE
        with calling(port) as stub:
            assert code_of(lambda: stub.ListAlerts(asked)) is grpc.StatusCode.UNAVAILABLE


def test_certificates_that_are_not_there_are_a_fault_of_the_settings(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.pem")
    settings = replace(PLAIN, certificate_file=missing, key_file=missing, client_authorities_file=missing)
    with pytest.raises(SettingsError, match=r"none\.pem"):
        ServiceServer(settings, []).start()
