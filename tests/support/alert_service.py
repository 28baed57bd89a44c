"""A real `AlertService` over a port, and a subscriber that reads and acknowledges only when it is told to."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from actors.services.alerts import AlertServicer
from actors.services.server import ServiceServer
from pipeline.access.callers.door import Door
from pipeline.settings import ServicesSettings
from protos.anpr.v1 import alert_pb2, alert_pb2_grpc
from tests.support.alerts import Office, an_alerted_hit
from tests.support.doors import a_door, known

DESK = ["control-room"]
PLAIN = ServicesSettings(port=0)
TOKEN = "token-of-dispatcher"
LIST = alert_pb2.ListAlertsRequest(recipients=DESK)
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
    server = ServiceServer(settings, [AlertServicer(office.desk)], a_door())
    try:
        yield server.start()
    finally:
        server.stop()


@contextmanager
def calling(port: int) -> Iterator[alert_pb2_grpc.AlertServiceStub]:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield alert_pb2_grpc.AlertServiceStub(known(channel))


def an_office(folder: Path, hits: int, **settings: Any) -> Office:
    office = Office(folder, [an_alerted_hit(number) for number in range(hits)], **settings)
    office.run()
    return office


def code_of(call: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as raised:
        call()
    code: grpc.StatusCode = raised.value.code()  # type: ignore[attr-defined]
    return code


@contextmanager
def standing(folder: Path, settings: ServicesSettings, door: Door, hits: int = 1) -> Iterator[int]:
    office = an_office(folder, hits)
    server = ServiceServer(settings, [AlertServicer(office.desk)], door)
    try:
        yield server.start()
    finally:
        server.stop()
        office.book.close()


def listed(channel: grpc.Channel) -> Callable[[], Any]:
    return lambda: alert_pb2_grpc.AlertServiceStub(channel).ListAlerts(LIST)
