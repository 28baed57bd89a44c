"""Who gets through the door of the services, over real TLS, and what is written down of those who do not."""

from __future__ import annotations

import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509

from pipeline.access.callers.door import Door
from pipeline.access.callers.methods import NEEDS
from pipeline.access.callers.settings import CallerLimits, OrganisationSettings
from pipeline.clock import SystemClock
from pipeline.domain.access import Person
from pipeline.domain.audit import AuditEntry, AuditEvent, Outcome
from pipeline.errors import Unavailable
from protos.anpr.v1 import alert_pb2, alert_pb2_grpc
from tests.support.alert_service import DESK, LIST, PLAIN, TOKEN, Watching, code_of, listed, standing
from tests.support.certified import KENT, ORGANISATIONS, PRESS, Certified
from tests.support.doors import DISPATCHER, PEOPLE, ListedAudit, a_door, known


@pytest.fixture
def certified(tmp_path: Path) -> Certified:
    return Certified(tmp_path / "certificates")


def a_guarded_door(audit: ListedAudit, organisations: dict[str, OrganisationSettings] | None = None) -> Door:
    def who(token: str, certificate_digest: str | None) -> Person:
        return PEOPLE[token]

    chosen = ORGANISATIONS if organisations is None else organisations
    return Door(chosen, who=who, audit=audit, clock=SystemClock(), with_certificates=True)


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
        # whoever got as far as a call is in the log, with what could be told of them
        met = flaw not in ("another authority", "expired")
        assert [one.outcome for one in audit.events] == [Outcome.REFUSED] * met
        assert [one.person_id for one in audit.events if flaw.endswith(("name", "names"))] == ["nobody"] * (
            flaw.endswith(("name", "names"))
        )


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


@pytest.mark.parametrize("said", [["Bearer nonsense"], ["Basic eA=="], [f"Bearer {TOKEN}", f"Bearer {TOKEN}"], []])
def test_what_is_no_token_lets_nobody_in(tmp_path: Path, said: list[str]) -> None:
    with standing(tmp_path, PLAIN, a_door()) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = alert_pb2_grpc.AlertServiceStub(channel)
        metadata = [("authorization", one) for one in said]
        assert code_of(lambda: stub.ListAlerts(LIST, metadata=metadata, timeout=30)) is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("becomes", "code"),
    [
        ({TOKEN: replace(DISPATCHER, suspended=True)}, grpc.StatusCode.PERMISSION_DENIED),
        ({TOKEN: replace(DISPATCHER, trained_until=None)}, grpc.StatusCode.PERMISSION_DENIED),
        ({}, grpc.StatusCode.UNAUTHENTICATED),
    ],
    ids=["suspended", "no longer trained", "token no longer good"],
)
def test_a_stream_ends_when_its_person_may_no_longer_have_it(
    tmp_path: Path, becomes: dict[str, Person], code: grpc.StatusCode
) -> None:
    people = {TOKEN: DISPATCHER}
    settings = replace(PLAIN, limits=CallerLimits(review_every_seconds=0.05))
    with standing(tmp_path, settings, a_door(people)) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as plain:
        watching = Watching(alert_pb2_grpc.AlertServiceStub(known(plain)), "desk")
        assert watching.take(1) == [1]
        # in one step: between two, a review may come and find nobody
        if becomes:
            people.update(becomes)
        else:
            people.clear()
        assert code_of(lambda: watching.take(1)) is code
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
