"""Who gets through the door of the services, over real TLS, and what is written down of those who do not."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from actors.services.alerts import AlertServicer
from actors.services.server import ServiceServer
from pipeline import metrics
from pipeline.access.callers.door import Door
from pipeline.access.callers.methods import NEEDS
from pipeline.access.callers.settings import CallerLimits, OrganisationSettings
from pipeline.clock import SystemClock
from pipeline.domain.access import Person
from pipeline.domain.audit import AuditEntry, AuditEvent, Outcome
from pipeline.errors import Unavailable
from pipeline.settings import ServicesSettings
from protos.anpr.v1 import alert_pb2, alert_pb2_grpc
from tests.support.alert_service import DESK, PLAIN, Watching, an_office, code_of
from tests.support.certified import KENT, ORGANISATIONS, PRESS, Certified
from tests.support.doors import DISPATCHER, PEOPLE, ListedAudit, a_door, known

LIST = alert_pb2.ListAlertsRequest(recipients=DESK)
TOKEN = "token-of-dispatcher"


@pytest.fixture
def certified(tmp_path: Path) -> Certified:
    return Certified(tmp_path / "certificates")


@contextmanager
def standing(folder: Path, settings: ServicesSettings, door: Door, hits: int = 1) -> Iterator[int]:
    office = an_office(folder, hits)
    server = ServiceServer(settings, [AlertServicer(office.desk)], door)
    try:
        yield server.start()
    finally:
        server.stop()
        office.book.close()


def a_guarded_door(audit: ListedAudit, organisations: dict[str, OrganisationSettings] | None = None) -> Door:
    def who(token: str, certificate_digest: str | None) -> Person:
        return PEOPLE[token]

    chosen = ORGANISATIONS if organisations is None else organisations
    return Door(chosen, who=who, audit=audit, clock=SystemClock(), with_certificates=True)


def listed(channel: grpc.Channel) -> Callable[[], Any]:
    return lambda: alert_pb2_grpc.AlertServiceStub(channel).ListAlerts(LIST)


def test_a_certificate_and_a_token_together_let_a_person_in(tmp_path: Path, certified: Certified) -> None:
    audit = ListedAudit()
    with standing(tmp_path, certified.settings(), a_guarded_door(audit)) as port:
        with certified.channel(port, token=TOKEN) as channel:
            assert len(listed(channel)().alerts) == 1
        (event,) = audit.events
        assert (event.person_id, event.outcome) == ("dispatcher", Outcome.ALLOWED)
        assert event.details["organisation"] == "kent"
        assert event.details["method"] == "anpr.v1.AlertService/ListAlerts"
        assert event.query == '{"recipients": ["control-room"]}'


@pytest.mark.parametrize("flaw", ["no token", "another authority", "expired", "nobody's name", "two names", "press"])
def test_who_is_not_known_or_not_entitled_stays_outside(tmp_path: Path, certified: Certified, flaw: str) -> None:
    ours, token = certified.authority(), "" if flaw == "no token" else TOKEN
    long_ago = datetime.now(UTC) - timedelta(days=30)
    shown = {
        "no token": lambda: ours.issue([KENT]),
        "another authority": lambda: certified.authority("theirs").issue([KENT]),
        "expired": lambda: ours.issue([KENT], begins=long_ago, days=29),
        "nobody's name": lambda: ours.issue(["who.example"]),
        "two names": lambda: ours.issue([KENT, PRESS]),
        "press": lambda: ours.issue([PRESS]),
    }[flaw]()
    expected = {
        "another authority": grpc.StatusCode.UNAVAILABLE,
        "expired": grpc.StatusCode.UNAVAILABLE,
        "press": grpc.StatusCode.PERMISSION_DENIED,
    }.get(flaw, grpc.StatusCode.UNAUTHENTICATED)
    audit = ListedAudit()
    with standing(tmp_path, certified.settings(), a_guarded_door(audit)) as port:
        with certified.channel(port, shown, token) as channel:
            assert code_of(listed(channel)) is expected
        # whose name could be told is in the log
        assert [one.outcome for one in audit.events] == [Outcome.REFUSED] * (flaw in ("no token", "press"))


def test_an_organisations_system_follows_its_own_desks_without_a_person_but_takes_no_step(
    tmp_path: Path, certified: Certified
) -> None:
    system = {"kent": replace(ORGANISATIONS["kent"], desks=("control-room",))}
    door = a_guarded_door(ListedAudit(), system)
    with standing(tmp_path, certified.settings(), door) as port, certified.channel(port) as channel:
        stub = alert_pb2_grpc.AlertServiceStub(channel)
        (alert,) = stub.ListAlerts(LIST).alerts
        others = alert_pb2.ListAlertsRequest(recipients=["press-office"])
        assert code_of(lambda: stub.ListAlerts(others)) is grpc.StatusCode.PERMISSION_DENIED
        seen = alert_pb2.AdvanceAlertRequest(alert_id=alert.alert_id, recipients=DESK, state=alert_pb2.ALERT_STATE_SEEN)
        assert code_of(lambda: stub.AdvanceAlert(seen)) is grpc.StatusCode.UNAUTHENTICATED


def test_certificates_are_replaced_without_a_restart_and_broken_ones_change_nothing(
    tmp_path: Path, certified: Certified, caplog: pytest.LogCaptureFixture
) -> None:
    settings, door = certified.settings(), a_guarded_door(ListedAudit())
    files = Path(settings.certificate_file), Path(settings.key_file)

    def served_serial(port: int) -> int:
        shown = certified.authority().issue([KENT])
        with certified.channel(port, shown, TOKEN) as channel:
            listed(channel)()
        return _serial_shown_at(port, certified)

    with standing(tmp_path, settings, door) as port:
        first = served_serial(port)
        fresh = certified.authority().issue(["localhost", "127.0.0.1"])
        files[0].write_bytes(fresh.certificate)
        # its key is not there yet
        assert served_serial(port) == first
        assert "cannot be used" in caplog.text
        files[1].write_bytes(fresh.key)
        assert served_serial(port) == x509.load_pem_x509_certificate(fresh.certificate).serial_number != first


def _serial_shown_at(port: int, certified: Certified) -> int:
    shown = certified.authority().issue([KENT])
    files = [certified.folder / "shown.pem", certified.folder / "shown.key.pem"]
    files[0].write_bytes(shown.certificate)
    files[1].write_bytes(shown.key)
    context = ssl.create_default_context(cafile=str(certified.authority().file()))
    context.load_cert_chain(*files)
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("localhost", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        shown_by_server = wrapped.getpeercert(binary_form=True)
    assert shown_by_server is not None
    return x509.load_der_x509_certificate(shown_by_server).serial_number


def test_a_call_without_a_deadline_or_with_one_too_far_away_is_refused(tmp_path: Path) -> None:
    with standing(tmp_path, PLAIN, a_door()) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = alert_pb2_grpc.AlertServiceStub(channel)
        said = [("authorization", f"Bearer {TOKEN}")]
        assert code_of(lambda: stub.ListAlerts(LIST, metadata=said)) is grpc.StatusCode.INVALID_ARGUMENT
        assert code_of(lambda: stub.ListAlerts(LIST, metadata=said, timeout=900)) is grpc.StatusCode.INVALID_ARGUMENT
        assert stub.ListAlerts(LIST, metadata=said, timeout=30).alerts


@pytest.mark.parametrize("said", [["Bearer nonsense"], ["Basic eA=="], [f"Bearer {TOKEN}", f"Bearer {TOKEN}"], []])
def test_what_is_no_token_lets_nobody_in(tmp_path: Path, said: list[str]) -> None:
    with standing(tmp_path, PLAIN, a_door()) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = alert_pb2_grpc.AlertServiceStub(channel)
        metadata = [("authorization", one) for one in said]
        assert code_of(lambda: stub.ListAlerts(LIST, metadata=metadata, timeout=5)) is grpc.StatusCode.UNAUTHENTICATED


def test_a_caller_who_asks_too_much_is_told_so_and_others_are_not(tmp_path: Path) -> None:
    limits = CallerLimits(calls_a_second=0.001, burst_calls=4, most_streams=1)
    few = replace(PLAIN, limits=limits)
    with standing(tmp_path, few, a_door()) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as plain:
        stub = alert_pb2_grpc.AlertServiceStub(known(plain))
        watching = Watching(stub, "desk")
        assert watching.take(1) == [1]
        second = Watching(stub, "second")
        assert code_of(lambda: second.take(1)) is grpc.StatusCode.RESOURCE_EXHAUSTED
        for _ in range(3):
            stub.ListAlerts(LIST)
        assert code_of(lambda: stub.ListAlerts(LIST)) is grpc.StatusCode.RESOURCE_EXHAUSTED
        other = alert_pb2_grpc.AlertServiceStub(known(plain, "token-of-another"))
        assert len(other.ListAlerts(LIST).alerts) == 1
        watching.end()
        second.end()


def test_a_message_too_large_and_one_that_is_not_sound_are_refused(tmp_path: Path) -> None:
    settings = replace(PLAIN, most_message_kibibytes=16)
    with standing(tmp_path, settings, a_door()) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as plain:
        stub = alert_pb2_grpc.AlertServiceStub(known(plain))
        large = alert_pb2.ListAlertsRequest(recipients=["x" * 20_000])
        assert code_of(lambda: stub.ListAlerts(large)) is grpc.StatusCode.RESOURCE_EXHAUSTED
        for text in ("x" * 5000, "a\x00b", "a\u202eb", "a\x1b[2J"):
            unsound = alert_pb2.ListAlertsRequest(recipients=DESK, page_token=text)
            assert code_of(lambda asked=unsound: stub.ListAlerts(asked)) is grpc.StatusCode.INVALID_ARGUMENT


def test_a_stream_ends_when_its_person_is_suspended(tmp_path: Path) -> None:
    people = {TOKEN: DISPATCHER}
    settings = replace(PLAIN, limits=CallerLimits(review_every_seconds=0.05))
    with standing(tmp_path, settings, a_door(people)) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as plain:
        watching = Watching(alert_pb2_grpc.AlertServiceStub(known(plain)), "desk")
        assert watching.take(1) == [1]
        people[TOKEN] = replace(DISPATCHER, suspended=True)
        assert code_of(lambda: watching.take(1)) is grpc.StatusCode.PERMISSION_DENIED
        watching.end()


def test_a_method_without_a_line_in_the_table_is_refused_to_everybody(tmp_path: Path) -> None:
    needs = {method: need for method, need in NEEDS.items() if not method.endswith("/ListAlerts")}
    door = Door({}, who=lambda token, _: PEOPLE[token], audit=ListedAudit(), clock=SystemClock(), needs=needs)
    with standing(tmp_path, PLAIN, door) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as plain:
        assert code_of(listed(known(plain))) is grpc.StatusCode.PERMISSION_DENIED


class FailingAudit:
    def append(self, events: list[AuditEvent]) -> list[AuditEntry]:
        raise Unavailable("the audit log's disk is full")


def test_where_the_audit_log_cannot_be_written_nobody_is_let_in(tmp_path: Path) -> None:
    door = Door({}, who=lambda token, _: PEOPLE[token], audit=FailingAudit(), clock=SystemClock())
    with standing(tmp_path, PLAIN, door) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as plain:
        assert code_of(listed(known(plain))) is grpc.StatusCode.UNAVAILABLE


class _Broken(AlertServicer):
    async def ListAlerts(self, request: Any, context: Any) -> Any:  # noqa: N802
        raise KeyError("a mark that nobody may see")


def test_a_fault_nobody_thought_of_tells_callers_and_the_log_nothing_of_its_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    office = an_office(tmp_path, 0)
    server = ServiceServer(PLAIN, [_Broken(office.desk)], a_door())
    try:
        with grpc.insecure_channel(f"127.0.0.1:{server.start()}") as plain, pytest.raises(grpc.RpcError) as raised:
            alert_pb2_grpc.AlertServiceStub(known(plain)).ListAlerts(LIST)
    finally:
        server.stop()
    assert raised.value.code() is grpc.StatusCode.INTERNAL  # type: ignore[attr-defined]
    assert "a mark" not in raised.value.details()  # type: ignore[attr-defined]
    assert "KeyError" in caplog.text
    assert "a mark" not in caplog.text


def test_calls_are_counted_by_their_code(tmp_path: Path) -> None:
    def counted(code: str) -> float:
        return metrics.SERVICE_REQUESTS.labels("anpr.v1.AlertService", "ListAlerts", code)._value.get()

    before = counted("OK"), counted("UNAUTHENTICATED")
    with standing(tmp_path, PLAIN, a_door()) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as plain:
        listed(known(plain))()
        code_of(listed(known(plain, "")))
    assert (counted("OK"), counted("UNAUTHENTICATED")) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize("told", [True, False])
def test_contracts_are_told_only_when_the_settings_say_so(tmp_path: Path, told: bool) -> None:
    settings = replace(PLAIN, reflection=told)
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    with standing(tmp_path, settings, a_door()) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([asked]), timeout=5)
        if told:
            names = [one.name for one in next(call).list_services_response.service]
            assert "anpr.v1.AlertService" in names
        else:
            assert code_of(lambda: next(call)) is grpc.StatusCode.UNIMPLEMENTED


def test_while_the_services_stop_their_watchers_are_told_first(tmp_path: Path) -> None:
    office = an_office(tmp_path, 0)
    server = ServiceServer(PLAIN, [AlertServicer(office.desk)], a_door())
    with grpc.insecure_channel(f"127.0.0.1:{server.start()}") as channel:
        watching = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=AlertServicer.name))
        assert next(watching).status == health_pb2.HealthCheckResponse.SERVING
        server.stop()
        assert next(watching).status == health_pb2.HealthCheckResponse.NOT_SERVING
