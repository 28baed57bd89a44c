"""The one server of a node: health, its port, and certificates on both sides off the loopback."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from actors.services.alerts import AlertServicer
from actors.services.server import ServiceServer
from pipeline.errors import SettingsError, Unavailable
from pipeline.settings import ServicesSettings
from protos.anpr.v1 import alert_pb2, alert_pb2_grpc
from tests.support.alert_service import DESK, PLAIN, an_office, calling, code_of, served
from tests.support.certified import Certified
from tests.support.doors import a_door

ASKED = alert_pb2.ListAlertsRequest(recipients=DESK)


def test_health_is_told(tmp_path: Path) -> None:
    with served(an_office(tmp_path, 0)) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", "anpr.v1.AlertService"):
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    office = an_office(tmp_path, 0)
    with served(office) as port, pytest.raises(Unavailable, match=f"port {port} cannot be used"):
        ServiceServer(replace(PLAIN, port=port), [AlertServicer(office.desk)], a_door()).start()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "example.org"])
def test_without_certificates_nobody_but_this_machine_is_let_in(host: str) -> None:
    with pytest.raises(ValueError, match="this machine"):
        ServicesSettings(host=host)
    ServicesSettings(host=host, certificate_file="c", key_file="k", client_authorities_file="a")


def test_with_certificates_both_sides_must_show_theirs(tmp_path: Path) -> None:
    certified = Certified(tmp_path / "certificates")
    settings = certified.settings()
    with served(an_office(tmp_path, 1), settings) as port:
        with certified.channel(port, token="token-of-dispatcher") as channel:
            assert len(alert_pb2_grpc.AlertServiceStub(channel).ListAlerts(ASKED).alerts) == 1
        trusted = grpc.ssl_channel_credentials(certified.authority().file().read_bytes())
        with grpc.secure_channel(f"localhost:{port}", trusted) as channel:
            stub = alert_pb2_grpc.AlertServiceStub(channel)
            assert code_of(lambda: stub.ListAlerts(ASKED, timeout=30)) is grpc.StatusCode.UNAVAILABLE
        with calling(port) as stub:
            assert code_of(lambda: stub.ListAlerts(ASKED)) is grpc.StatusCode.UNAVAILABLE


def test_certificates_that_are_not_there_are_a_fault_of_the_settings(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.pem")
    settings = replace(PLAIN, certificate_file=missing, key_file=missing, client_authorities_file=missing)
    with pytest.raises(SettingsError, match=r"none\.pem"):
        ServiceServer(settings, [], a_door()).start()
