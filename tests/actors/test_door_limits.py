"""What every call must bring, how much one caller may ask, and what callers are told when something is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from actors.services.alerts import AlertServicer
from actors.services.server import ServiceServer
from pipeline import metrics
from pipeline.access.callers.settings import CallerLimits
from protos.anpr.v1 import alert_pb2, alert_pb2_grpc
from tests.support.alert_service import DESK, LIST, PLAIN, TOKEN, Watching, an_office, code_of, listed, standing
from tests.support.doors import a_door, known


def test_a_call_without_a_deadline_or_with_one_too_far_away_is_refused(tmp_path: Path) -> None:
    with standing(tmp_path, PLAIN, a_door()) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = alert_pb2_grpc.AlertServiceStub(channel)
        said = [("authorization", f"Bearer {TOKEN}")]
        assert code_of(lambda: stub.ListAlerts(LIST, metadata=said)) is grpc.StatusCode.INVALID_ARGUMENT
        assert code_of(lambda: stub.ListAlerts(LIST, metadata=said, timeout=900)) is grpc.StatusCode.INVALID_ARGUMENT
        assert stub.ListAlerts(LIST, metadata=said, timeout=30).alerts


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


def test_a_connection_that_has_grown_old_is_ended_and_the_caller_comes_back_on_a_new_one(tmp_path: Path) -> None:
    settings = replace(PLAIN, limits=CallerLimits(connection_seconds=0.2, connection_grace_seconds=0.1))
    with standing(tmp_path, settings, a_door()) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as plain:
        stub = alert_pb2_grpc.AlertServiceStub(known(plain))
        watching = a_watch_that_began(stub)
        assert code_of(lambda: watching.take(1)) is grpc.StatusCode.UNAVAILABLE
        again = a_watch_that_began(stub)
        watching.end()
        again.end()


def a_watch_that_began(stub: alert_pb2_grpc.AlertServiceStub) -> Watching:
    """Return a watch whose first alert has come. On a busy machine a connection may have grown old before that."""
    for _ in range(100):
        watching = Watching(stub, "desk")
        try:
            told = watching.take(1)
        except grpc.RpcError:
            watching.end()
            continue
        assert told == [1]
        return watching
    raise AssertionError("no watch began before its connection was old")


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
        call = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([asked]), timeout=30)
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
