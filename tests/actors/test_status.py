"""What a node tells of itself over HTTP, and what `anpr status` makes of it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import urllib3
from prometheus_client import CollectorRegistry, make_wsgi_app
from rich.console import Console

from actors.camera import CameraStatus
from actors.cli.__main__ import main
from actors.cli.status import own_address
from actors.node_page import NodePage
from actors.picture import Picture
from actors.senders import SILENT, WAITED_FOR, SenderStatus, sender_lines
from actors.status import alone, camera_line, from_json, status_of, to_json
from actors.status_view import render
from actors.versions import version
from pipeline.node_settings import MetricsSettings
from pipeline.placement import Placement

AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
GATE = CameraStatus(
    name="gate",
    state="running",
    frames=250,
    dropped=3,
    buffered=2,
    in_flight=1,
    reads=7,
    reads_waiting=0,
    faults=0,
    latest="AB12CDE",
    late_seconds=0.14,
)


def a_picture(**changes: object) -> Picture:
    return Picture(
        cameras={"gate": replace(GATE, **changes)},  # type: ignore[arg-type]
        rates={"gate": 24.96},
        journal_offset=7,
        store=(5, 2, ""),
    )


@pytest.fixture
def page() -> tuple[NodePage, str]:
    """A page on a free port; its server's thread ends with the process."""
    served = NodePage(make_wsgi_app(CollectorRegistry()))
    return served, f"http://127.0.0.1:{served.start(MetricsSettings(port=0))}"


def asked(url: str) -> tuple[int, bytes]:
    answer = urllib3.request("GET", url, timeout=10.0, retries=False)
    return answer.status, answer.data


def shown(status: object, now: datetime = AT) -> str:
    console = Console(width=200, record=True, force_terminal=False)
    console.print(render(status, now))  # type: ignore[arg-type]
    return console.export_text()


def test_a_node_is_ready_once_a_driver_was_heard_of(page: tuple[NodePage, str]) -> None:
    served, url = page
    assert asked(f"{url}/ready")[0] == 503
    served.tell(to_json(alone(AT, a_picture(), {"gate": None})))
    assert asked(f"{url}/ready")[0] == 200
    assert asked(f"{url}/metrics")[0] == 200


def test_the_status_tells_where_each_camera_runs_and_no_mark(
    page: tuple[NodePage, str], capsys: pytest.CaptureFixture[str]
) -> None:
    served, url = page
    served.tell(to_json(alone(AT, a_picture(), {"gate": None})))
    assert main(["status", "--at", url]) == 0
    told = capsys.readouterr().out
    assert "gate" in told
    assert "running" in told
    assert main(["status", "--at", url, "--json"]) == 0
    told += capsys.readouterr().out
    assert '"late_seconds":0.14' in told
    assert '"store_behind":2' in told
    assert "AB12CDE" not in told


def test_in_a_terminal_the_table_lives_until_it_is_left(
    page: tuple[NodePage, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served, url = page
    served.tell(to_json(alone(AT, a_picture(reads=41), {"gate": None})))
    terminal = Console(width=200, file=io.StringIO(), force_terminal=True)
    turns = iter([42, 43])

    def a_second_later(seconds: float) -> None:
        reads = next(turns, None)
        if reads is None:
            raise KeyboardInterrupt
        served.tell(to_json(alone(AT, a_picture(reads=reads), {"gate": None})))

    monkeypatch.setattr("actors.cli.status.console_for_tables", lambda: terminal)
    monkeypatch.setattr("actors.cli.status.time", SimpleNamespace(sleep=a_second_later))
    assert main(["status", "--at", url]) == 0
    told = terminal.file.getvalue()  # type: ignore[attr-defined]
    assert told.index(" 41 ") < told.index(" 42 ") < told.index(" 43 ")


def test_a_driver_that_fell_silent_is_noticed() -> None:
    status = alone(AT, a_picture(), {"gate": None})
    assert "does not answer" not in shown(status, AT + timedelta(seconds=5))
    assert "told 60 s ago" in shown(status, AT + timedelta(seconds=60))


def test_a_camera_that_waits_for_room_says_so() -> None:
    waiting = camera_line("yard", Placement(node="", why="no node has room for it; it waits for one"), None)
    assert "no node has room" in shown(status_of(AT, [waiting], []))


def test_each_node_shows_its_version() -> None:
    status = alone(AT, a_picture(), {"gate": None})
    (node,) = status.nodes
    assert version() in shown(status)
    assert "99.1" in shown(replace(status, nodes=(replace(node, version="99.1"),)))


def test_the_status_of_a_driver_of_another_version_is_understood() -> None:
    status = alone(AT, a_picture(), {"gate": None})
    told = json.loads(to_json(status))
    del told["version"]
    told["cameras"][0]["zoom"] = 2.0
    assert from_json(json.dumps(told).encode()) == replace(status, version="")


def test_what_went_wrong_is_told_in_words() -> None:
    failed = a_picture()
    failed.ended["gate"] = "BadInput: no video in it"
    assert "gate: BadInput: no video in it" in shown(alone(AT, failed, {"gate": None}))


BRIDGE = SenderStatus(silent_after_seconds=3600.0, waited_since=AT.timestamp() - 7200)


def test_a_camera_that_reads_by_itself_has_a_line_and_is_silent_by_its_own_limit() -> None:
    picture = a_picture()
    picture.senders = {
        "bridge": replace(BRIDGE, heard_at=AT.timestamp() - 3599, taken=12, not_taken=1),
        "lane": replace(BRIDGE, heard_at=AT.timestamp() - 3601),
        "yard": BRIDGE,
    }
    status = alone(AT, picture, {})
    assert from_json(to_json(status)) == status
    told = shown(status)
    assert "2026-11-02 07:00:01 UTC" in told
    assert "none since 2026-11-02 06:00:00 UTC" in told
    bridge, lane, yard = status.senders
    assert (bridge.state, bridge.taken, bridge.not_taken) == ("sending", 12, 1)
    assert (lane.state, yard.state) == (SILENT, SILENT)


def test_a_sender_that_nobody_has_heard_is_waited_for_until_its_limit() -> None:
    (line,) = sender_lines(AT - timedelta(seconds=3601), {"north": {"bridge": BRIDGE}})
    assert (line.state, line.node) == (WAITED_FOR, "")


def test_a_sender_that_posts_to_another_node_than_before_is_told_of_there() -> None:
    before = replace(BRIDGE, heard_at=AT.timestamp() - 5000, taken=7)
    now = replace(BRIDGE, heard_at=AT.timestamp() - 1, taken=1)
    (line,) = sender_lines(AT, {"north": {"bridge": before}, "south": {"bridge": now}, "west": {"bridge": BRIDGE}})
    assert (line.node, line.state, line.taken) == ("south", "sending", 8)


def test_an_endpoint_that_started_again_has_not_forgotten_when_it_was_posted_to() -> None:
    before = replace(BRIDGE, heard_at=AT.timestamp() - 10, taken=3)
    again = replace(BRIDGE, waited_since=AT.timestamp()).kept_from(before)
    assert (again.heard_at, again.waited_since) == (before.heard_at, before.waited_since)


def test_who_asks_where_nobody_answers_is_told_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    # port 9 (discard) of this machine: nobody listens
    assert main(["status", "--at", "http://127.0.0.1:9"]) == 1
    assert "is `anpr run` running" in capsys.readouterr().err


def test_another_page_is_not_taken_for_a_node(page: tuple[NodePage, str], capsys: pytest.CaptureFixture[str]) -> None:
    served, url = page
    served.tell(b"<html>")
    assert main(["status", "--at", url]) == 1
    assert "is not the page of a node" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "address"),
    [("0.0.0.0", "http://127.0.0.1:9464"), ("::", "http://[::1]:9464"), ("10.1.2.3", "http://10.1.2.3:9464")],
)
def test_a_node_that_listens_everywhere_is_asked_on_its_own_machine(host: str, address: str) -> None:
    assert own_address(MetricsSettings(host=host)) == address
