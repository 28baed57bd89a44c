"""What the pages on sharing and on the services tell a newcomer to type does what they say, typed as it stands.

Changed are only ports, which other programs of the machine may have, and dates, which pass. The clip is one of ours.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from actors.services.alerts import AlertServicer
from actors.services.intake import IngestServicer, NationalServicer
from actors.services.people import services_for_people
from actors.services.server import Service, ServiceServer
from actors.services.sharing import SharingServicer
from pipeline import bootstrap, bootstrap_share
from pipeline.access.callers.door import Door
from pipeline.access.callers.settings import OrganisationSettings, Right
from pipeline.clock import SystemClock
from pipeline.domain.access import Permission, Person
from pipeline.settings import Settings, load_settings
from pipeline.share.settings import AgreementSettings, SenderSettings
from pipeline.share.stream import Acknowledgements, StreamDesk
from tests.support.access import KEEPER, House, house, lake
from tests.support.alert_service import an_office
from tests.support.builders import a_record
from tests.support.certified import Certified
from tests.support.clock import ManualClock
from tests.support.doors import DISPATCHER, ListedAudit
from tests.support.durable import ROOT
from tests.support.examples import commands_in, grpcurl_of
from tests.support.lake import store
from tests.support.processes import kill_everything, started
from tests.support.sharing import SHARE, Far, reads

__all__ = ["house", "lake", "started"]
LONGEST_SECONDS = 240
SHOWN_TIMES = 30
_PAUSE = threading.Event()
_DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
DOCS, CONTRACTS = ROOT / "docs", ROOT / "protos" / "anpr" / "v1"
CALLS = {page.stem: grpcurl_of(words) for page in sorted(CONTRACTS.glob("*.proto")) for words in commands_in(page)
         if words[0] == "grpcurl"}  # fmt: skip
ANSWERED = {
    "alert": "alerts",
    "camera": "cameras",
    "hotlist": "hotlists",
    "search": "page",
}


def typed(words: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run one of our commands in `folder`, with dates that lie ahead."""
    ahead = str((datetime.now(UTC) + timedelta(days=365)).date())
    return subprocess.run(
        [sys.executable, "-m", "actors.cli", *(_DATE.sub(ahead, word) for word in words[1:])],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )


# the calls that the contracts show


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.given.plaintext])
def test_the_call_that_a_contract_shows_is_answered_to_a_person(tmp_path: Path, house: House, name: str) -> None:
    office = an_office(tmp_path / "office", 2)
    person = replace(DISPATCHER, roles=frozenset({"investigation"}), permissions=frozenset({Permission.CAMERAS}))
    house.desk.people.put(person, by=KEEPER.person_id, reason="joined the team")
    settings = replace(house.settings, services=replace(house.settings.services, port=0))
    with services_for_people(
        settings, also=[AlertServicer(office.desk)], audit=house.desk.audit, clock=house.clock
    ) as server:
        port = server.start()
        try:
            (answer,) = CALLS[name].answers(f"127.0.0.1:{port}", tmp_path, ANPR_TOKEN=house.token(person))
        finally:
            server.stop()
            office.book.close()
    # what is empty is not spelled: this house has no cameras and no lists
    assert bool(answer.get(ANSWERED[name])) == (name in ("alert", "search"))


@pytest.fixture
def partners(tmp_path: Path) -> Iterator[int]:
    """The port of the services between organisations, and in `tmp_path` the files that the contracts name."""
    certified = Certified(tmp_path / "made")
    authority, may = certified.authority(), tuple(Right)
    organisations = {}
    for name in ("van-7", "kent", "essex"):
        issued = authority.issue([f"{name}.example"])
        organisations[name] = OrganisationSettings(names=(f"{name}.example",), may=may)
        for file, content in ((f"{name}.pem", issued.certificate), (f"{name}.key", issued.key)):
            (tmp_path / file).write_bytes(content)
    (tmp_path / "ca.pem").write_bytes(authority.file().read_bytes())
    share = replace(
        SHARE,
        senders={"van-7": SenderSettings(feeds=("vans",)), "kent": SenderSettings(feeds=("kent",))},
        agreements={
            "essex-2026": AgreementSettings(organisation="essex", feeds=("local",), purpose="crime", reference="ISA 7")
        },
    )
    with ExitStack() as opened:
        far = Far(tmp_path / "far", ManualClock(datetime(2026, 11, 28, 12, 1, tzinfo=UTC)), share)
        opened.callback(far.close)
        far.journal.append(reads(range(3)))
        acknowledged = Acknowledgements(tmp_path / "streams.db")
        opened.callback(acknowledged.close)
        audit = ListedAudit()
        desk = StreamDesk(far.journal, acknowledged, audit=audit, settings=share, force="here")
        lists = bootstrap_share.lists_to_give(Settings(folder=str(tmp_path / "lists")))
        services: list[Service] = [
            IngestServicer(far.intake),
            NationalServicer(far.intake, erased=far.counters.erased, lists=lists),
            SharingServicer(desk),
        ]
        door = Door(organisations, who=_nobody, audit=audit, clock=SystemClock(), with_certificates=True)
        server = ServiceServer(certified.settings(drain_seconds=0.1), services, door)
        opened.callback(server.stop)
        yield server.start()


def _nobody(token: str, digest: str | None) -> Person:
    raise AssertionError("no token was sent")


@pytest.mark.parametrize("name", ["ingest", "national"])
def test_the_read_that_a_contract_shows_is_taken(tmp_path: Path, partners: int, name: str) -> None:
    for outcome in ("OFFER_OUTCOME_ACCEPTED", "OFFER_OUTCOME_DUPLICATE"):
        assert list(CALLS[name].answers(f"localhost:{partners}", tmp_path)) == [{"outcomes": [outcome]}]


def test_the_stream_that_its_contract_shows_tells_reads(tmp_path: Path, partners: int) -> None:
    answers = CALLS["sharing"].answers(f"localhost:{partners}", tmp_path)
    assert len(next(answers)["batch"]["records"]) == 3
    answers.close()  # type: ignore[attr-defined]


# docs/services.md


@contextmanager
def served(config: Path, text: str) -> Iterator[int]:
    """The services of a node with the settings `text`, without Ray around them, at any port; `config` names it then."""
    config.write_text(text.replace("[services]\n", "[services]\nport = 0\n"))
    settings = load_settings(config)
    alerts = AlertServicer(bootstrap.alert_desk(settings))
    with services_for_people(settings, also=[alerts]) as server:
        port = server.start()
        try:
            # commands find a node by its settings
            config.write_text(text.replace("[services]\n", f"[services]\nport = {port}\n"))
            yield port
        finally:
            server.stop()


def test_the_first_calls_go_as_the_page_on_the_services_shows_them(tmp_path: Path) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(f'folder = "{tmp_path / "var"}"\n')
    told = ["--config", str(config)]
    add, token, alerts, search, make, _, tls = commands_in(DOCS / "services.md")
    now = datetime.now(UTC)
    seen = now - timedelta(hours=2)
    store(load_settings(config).store.url_in(str(tmp_path / "var")), [a_record(captured_at=seen, received_at=seen)])
    made = typed(make, tmp_path)
    assert made.returncode == 0, made.stderr
    for words in (add, token):
        done = typed([*words, *told], tmp_path)
        assert done.returncode == 0, done.stderr
    bearing = {"ANPR_TOKEN": done.stdout.strip()}
    plain = config.read_text()
    asked, listing = grpcurl_of(search), grpcurl_of(tls)
    asked.request.query.begin.FromDatetime(now - timedelta(days=1))  # type: ignore[attr-defined]
    asked.request.query.end.FromDatetime(now)  # type: ignore[attr-defined]
    for certificates, call in (("", asked), (made.stdout, listing)):
        with served(config, plain + (certificates or "[services]\n")) as port:
            listed = typed([*alerts, *told], tmp_path, **bearing)
            assert listed.returncode == 0, listed.stderr
            host = call.given.address.partition(":")[0]
            (answer,) = call.answers(f"{host}:{port}", tmp_path, **bearing)
            # no alert was ever raised here
            assert call is listing or len(answer["page"]["reads"]) == 1


# docs/sharing.md


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_force_and_its_centre_go_as_the_page_on_sharing_shows_them(
    tmp_path: Path, three_clips: dict[str, Path], started: list[psutil.Process]
) -> None:
    text = (DOCS / "sharing.md").read_text(encoding="utf-8")
    centre, force = re.findall(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    (tmp_path / "centre.toml").write_text(centre.replace("9466", "0").replace("9468", "0"))
    (tmp_path / "list.csv").write_text("vrm\nXY99ZZZ\n")
    make, load, national, run, show, held = commands_in(DOCS / "sharing.md")
    for words in (make, load):
        done = typed(words, tmp_path)
        assert done.returncode == 0, done.stderr
    with (tmp_path / "centre.log").open("w") as log:
        process = psutil.Popen(
            [sys.executable, "-m", "actors.cli", *national[1:]],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        started.append(process)
        said = re.match(r"The centre takes reads at \S+:(\d+)\.", process.stdout.readline())
    assert said, (tmp_path / "centre.log").read_text()
    # nothing else of the force's is called here
    (tmp_path / "force.toml").write_text(force.replace("9466", said[1]) + "[services]\nport = 0\n[metrics]\nport = 0\n")
    (tmp_path / "clip.mp4").symlink_to(three_clips["single"])
    sent = typed(run, tmp_path)
    assert sent.returncode == 0, sent.stderr
    for _ in range(SHOWN_TIMES):
        shown = typed([*show, "--json"], tmp_path)
        (of_kent,) = [json.loads(line) for line in shown.stdout.splitlines()]
        if of_kent["reads"]:
            break
        # they are at the centre, and on their way into its store
        _PAUSE.wait(2.0)
    assert of_kent["force"] == "kent"
    assert of_kent["reads"] > 0
    assert of_kent["put_aside"] == 0
    assert "national-stolen" in typed(held, tmp_path, COLUMNS="200").stdout
    kill_everything(process)
    process.stdout.close()
