"""`anpr alerts`: alerts in the terminal."""

from __future__ import annotations

import argparse
import getpass
import queue
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from rich.console import Console

from actors.cli.alerts_arguments import STEPS
from actors.cli.alerts_shown import card_of, event_line_of, row_of, table_of
from actors.cli.asked import token_given
from actors.cli.given import settings_given
from actors.services.alerts import AlertServicer
from actors.services.client import alerts_at, answered, answers, channel_to
from actors.services.server import ServiceServer
from pipeline import bootstrap, bootstrap_access, bootstrap_services
from pipeline.domain.alert import AlertState
from pipeline.errors import AnprError, BadInput, Unavailable
from pipeline.settings import ServicesSettings, Settings
from pipeline.wire.alert_proto import alert_of, event_of
from pipeline.wire.read_proto import enum_name
from protos.anpr.v1 import alert_pb2

_LOOK_AGAIN_SECONDS = 2.0


def execute(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    if bool(chosen.alerts) != (chosen.action not in ("watch", "list")):
        raise BadInput(f"{chosen.action} takes no alerts" if chosen.alerts else f"say which alerts to {chosen.action}")
    with _reached(chosen, settings) as (address, channel):
        desk = _Desk(chosen, settings, address, alerts_at(channel))
        if chosen.action == "watch":
            return desk.watch()
        if chosen.action == "list":
            return desk.show_list()
        return desk.each(desk.show if chosen.action == "show" else desk.step)


@contextmanager
def _reached(chosen: argparse.Namespace, settings: Settings) -> Iterator[tuple[str, grpc.Channel]]:
    """Give the services' address and a channel; where no node runs, to a service of our own over the same folder."""
    address = chosen.service or f"{settings.services.host}:{settings.services.port}"
    token = token_given(chosen)
    with channel_to(settings.services, address, token) as channel:
        folder = settings.alert.folder_in(settings.folder)
        if chosen.service or answers(channel) or not (folder / "alerts.db").is_file():
            yield address, channel
            return
    print(f"anpr alerts: no node runs at {address}; this is what {folder} holds", file=sys.stderr)
    own = ServicesSettings(port=0)
    with bootstrap_access.desk(settings, audit=bootstrap_access.BriefAudit(settings)) as desk:
        door = bootstrap_services.door(replace(settings, services=own), desk)
        server = ServiceServer(own, [AlertServicer(bootstrap.alert_desk(settings))], door)
        address = f"{own.host}:{server.start()}"
        try:
            with channel_to(own, address, token) as channel:
                yield address, channel
        finally:
            server.stop()


class _Desk:
    """One person at one desk."""

    def __init__(self, chosen: argparse.Namespace, settings: Settings, address: str, stub: Any) -> None:
        self._chosen = chosen
        self._address = address
        self._stub = stub
        self._desks = chosen.desk or list(settings.alert.otherwise)
        self._stale = settings.alert.stale_after_seconds
        self._console = Console(highlight=False)
        self._cursor = 0

    def watch(self) -> int:
        """Show what is open, then every event, for ever; a service that is away is waited for."""
        messages, self._cursor = self._listed([])
        for message in reversed(messages):
            self._print(message, row_of(alert_of(message), self._stale))
        try:
            while True:
                try:
                    self._follow()
                except Unavailable as error:
                    print(f"anpr alerts: {error}; trying again", file=sys.stderr)
                    time.sleep(_LOOK_AGAIN_SECONDS)
        except KeyboardInterrupt:
            return 0

    def show_list(self) -> int:
        """Show what is open, or everything, the newest first."""
        messages, _ = self._listed(list(AlertState) if self._chosen.closed else [])
        if self._chosen.json:
            for message in messages:
                self._print(message, None)
        else:
            self._console.print(table_of([alert_of(message) for message in messages], self._stale))
        return 0

    def each(self, do: Any) -> int:
        """Do it for every alert named; one that is refused is told of, and the others go on."""
        status = 0
        for alert_id in self._chosen.alerts:
            try:
                do(alert_id)
            except AnprError as error:
                print(f"anpr alerts: {alert_id}: {error}", file=sys.stderr)
                status = 1
        return status

    def show(self, alert_id: str) -> None:
        with answered(self._address):
            answer = self._stub.GetAlert(
                alert_pb2.GetAlertRequest(alert_id=alert_id, recipients=self._desks, with_pictures=True)
            )
        pictures = {
            kind: self._written(answer.alert.alert_id, kind, jpeg)
            for kind, jpeg in (("patch", answer.patch), ("overview", answer.overview))
        }
        self._print(answer.alert, card_of(alert_of(answer.alert), self._stale, pictures))

    def step(self, alert_id: str) -> None:
        request = alert_pb2.AdvanceAlertRequest(
            alert_id=alert_id,
            recipients=self._desks,
            state=enum_name("ALERT_STATE", STEPS[self._chosen.action].value),
            note=self._chosen.note,
        )
        with answered(self._address):
            answer = self._stub.AdvanceAlert(request)
        self._print(answer.alert, row_of(alert_of(answer.alert), self._stale))

    def _listed(self, states: Sequence[AlertState]) -> tuple[list[Any], int]:
        """Return all alerts in these states, and the cursor from which a watch misses nothing."""
        request = alert_pb2.ListAlertsRequest(
            recipients=self._desks, states=[enum_name("ALERT_STATE", one.value) for one in states], page_size=200
        )
        with answered(self._address):
            page = self._stub.ListAlerts(request)
            messages, cursor = list(page.alerts), page.cursor
            while page.next_page_token:
                request.page_token = page.next_page_token
                page = self._stub.ListAlerts(request)
                messages += page.alerts
        return messages, cursor

    def _follow(self) -> None:
        """Print and acknowledge events until the watch breaks."""
        says: queue.Queue[Any] = queue.Queue()
        # its cursor is never asked for again: this terminal says itself where to go on
        name = f"terminal {getpass.getuser()}@{socket.gethostname()}"
        start = alert_pb2.WatchAlertsStart(subscriber=name, recipients=self._desks, after_cursor=self._cursor)
        says.put(alert_pb2.WatchAlertsRequest(start=start))
        try:
            with answered(self._address):
                for answer in self._stub.WatchAlerts(iter(says.get, None)):
                    self._print(answer.event, event_line_of(event_of(answer.event), self._stale))
                    says.put(alert_pb2.WatchAlertsRequest(acknowledged_cursor=answer.event.cursor))
                    self._cursor = answer.event.cursor
        finally:
            says.put(None)

    def _written(self, alert_id: str, kind: str, jpeg: bytes) -> Path | None:
        if not jpeg:
            return None
        path = Path(self._chosen.pictures) / f"{alert_id[:12]}-{kind}.jpg"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_bytes(jpeg)
        except OSError as error:
            raise BadInput(f"{path}: cannot be written: {error.strerror}") from error
        return path

    def _print(self, message: Message, shown: Any) -> None:
        if self._chosen.json:
            print(MessageToJson(message, preserving_proto_field_name=True, indent=None), flush=True)
        else:
            self._console.print(shown, soft_wrap=True)
