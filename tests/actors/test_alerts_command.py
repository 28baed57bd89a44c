"""`anpr alerts` as a person at a desk uses it, against a real service."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from actors.cli.__main__ import main
from actors.cli.alerts_shown import card_of, row_of, table_of
from actors.services.alerts import AlertServicer
from actors.services.server import ServiceServer
from pipeline import bootstrap_access
from pipeline.access.books.people import FOUNDER
from pipeline.domain.access import Permission, PersonId
from pipeline.domain.hotlist import HitKind
from pipeline.domain.read import ReadId
from pipeline.settings import ServicesSettings, load_settings
from tests.support.alerts import CONTROL_ROOM, KeptRecords, Office, an_alerted_hit
from tests.support.builders import AT, OVERVIEW, PATCH, a_record
from tests.support.clock import ManualClock
from tests.support.doors import DISPATCHER, a_door

HITS = [
    an_alerted_hit(0, weed_date=AT + timedelta(days=9), warning_markers="FIREARMS", reason="[bold]stolen"),
    an_alerted_hit(1, kind=HitKind.NEAR, of_read={"vrm": "A812CDE"}),
    an_alerted_hit(2, kind=HitKind.PARTIAL, vrm="AB12???"),
]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    record = a_record(read_id=ReadId(f"{0:032x}"))
    office = Office(tmp_path, HITS, records=[KeptRecords([record])], clock=ManualClock(AT + timedelta(seconds=4)))
    office.run()
    yield office
    office.book.close()


@pytest.fixture(autouse=True)
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANPR_TOKEN", "token-of-dispatcher")


@pytest.fixture
def service(office: Office) -> Iterator[str]:
    server = ServiceServer(ServicesSettings(port=0), [AlertServicer(office.desk)], a_door())
    yield f"127.0.0.1:{server.start()}"
    server.stop()


def id_of(office: Office) -> str:
    """The exact alert's."""
    return next(one.alert_id for _, one in office.book.alerts((CONTROL_ROOM,)) if one.hit.kind is HitKind.EXACT)


def drawn(shown: object) -> str:
    page = Console(file=io.StringIO(), width=200)
    page.print(shown)
    return page.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_exact_near_and_partial_hits_never_look_alike(office: Office) -> None:
    alerts = {alert.hit.kind: alert for _, alert in office.book.alerts((CONTROL_ROOM,))}
    rows = {kind: drawn(row_of(alert, 300)) for kind, alert in alerts.items()}
    assert "EXACT" in rows[HitKind.EXACT]
    assert "≈ NEAR 40%" in rows[HitKind.NEAR]
    assert "AB12CDE read as A812CDE" in rows[HitKind.NEAR]
    assert "? PARTIAL" in rows[HitKind.PARTIAL]
    for kind in HitKind:
        assert [word for word in ("EXACT", "NEAR", "PARTIAL") if word in rows[kind]] == [kind.name]
    assert len({row_of(alert, 300).spans[3].style for alert in alerts.values()}) == 3


def test_a_card_says_what_a_person_must_know_before_acting(office: Office) -> None:
    alert = office.book.alert(id_of(office))
    told = drawn(card_of(alert, 2, {"patch": Path("patch.jpg"), "overview": None}))
    for what in ("FIREARMS", "2026-01-14", "4 s old", "STALE", "patch.jpg", "nowhere to be found", "[bold]stolen"):
        assert what in told


def test_a_weed_date_is_the_last_day_on_which_the_entry_matches(tmp_path: Path) -> None:
    end_of_day = datetime(2099, 1, 2, tzinfo=UTC)
    hits = [an_alerted_hit(0, weed_date=end_of_day), an_alerted_hit(9, weed_date=AT)]
    office = Office(tmp_path, hits)
    office.run()
    table = drawn(table_of([alert for _, alert in office.book.alerts((CONTROL_ROOM,))], 300))
    assert "2099-01-01" in table
    assert "2026-01-05 08:30 OVER" in table


def test_the_way_of_an_alert_from_raised_to_closed(
    office: Office, service: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alert = id_of(office)[:8]
    reach = ["--service", service]
    assert main(["alerts", "action", alert, *reach]) == 1
    assert "next may be: seen" in capsys.readouterr().err
    assert main(["alerts", "seen", alert, *reach]) == 0
    assert main(["alerts", "show", alert, "--pictures", str(tmp_path / "shown"), *reach]) == 0
    shown = sorted(path.read_bytes() for path in (tmp_path / "shown").iterdir())
    assert shown == sorted([PATCH, OVERVIEW])
    for step in ("confirm", "action", "close"):
        assert main(["alerts", step, alert, "--note", "as wanted", *reach]) == 0
    assert [step.person for step in office.book.alert(alert).history] == ["dispatcher"] * 4
    capsys.readouterr()
    main(["alerts", "list", "--json", *reach])
    assert len(capsys.readouterr().out.splitlines()) == 2
    main(["alerts", "list", "--json", "--closed", *reach])
    states = [json.loads(line)["state"] for line in capsys.readouterr().out.splitlines()]
    assert states.count("ALERT_STATE_CLOSED") == 1


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of a node that does not run, and somebody's token in the environment."""
    config = tmp_path / "settings.toml"
    config.write_text(f'folder = "{tmp_path}"\n[services]\nport = 1\n', encoding="utf-8")
    with bootstrap_access.desk(load_settings(config)) as desk:
        keeper = replace(DISPATCHER, person_id=PersonId("keeper"), permissions=frozenset({Permission.PEOPLE}))
        desk.people.put(keeper, by=FOUNDER, reason="the first")
        desk.people.put(DISPATCHER, by=keeper.person_id, reason="joined the control room")
        assert desk.issuer is not None
        monkeypatch.setenv("ANPR_TOKEN", desk.issuer.token(DISPATCHER.person_id, timedelta(hours=1)))
    return config


def test_a_command_that_stays_over_the_folder_does_not_keep_a_node_from_starting(
    office: Office, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def node_starts(_: object) -> int:
        # which it cannot while another process, or another opening, holds the audit log
        bootstrap_access.audit_log(load_settings(config)).close()
        return 0

    monkeypatch.setattr("actors.cli.alerts._Desk.watch", node_starts)
    assert main(["alerts", "watch", "--config", str(config)]) == 0


def test_where_no_node_runs_the_folder_itself_is_looked_into(
    office: Office, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["alerts", "seen", id_of(office)[:8], "--config", str(config)]) == 0
    assert "no node runs" in capsys.readouterr().err
    assert [step.person for step in office.book.alert(id_of(office)).history] == ["dispatcher"]


def test_what_is_asked_wrongly_is_said_in_a_line(service: str, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["seen"], ["list", "abcd"], ["show", "zzzz", "--service", service]):
        assert main(["alerts", *arguments]) == 1
        told = capsys.readouterr().err
        assert len(told.splitlines()) == 1
        assert "Traceback" not in told


def test_a_service_that_is_away_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts", "list", "--service", "127.0.0.1:1"]) == 1
    assert "do not answer" in capsys.readouterr().err


@pytest.mark.parametrize("service", ["192.0.2.7:9465", "node.example:9465", "[2001:db8::7]:9465"])
def test_no_token_goes_to_another_machine_without_certificates(
    service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["alerts", "list", "--service", service]) == 1
    assert f"{service} is another machine, which needs certificates" in capsys.readouterr().err
