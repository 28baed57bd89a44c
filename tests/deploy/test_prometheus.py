"""A real Prometheus over a real run under load: both endpoints answer, every rule can be evaluated, every panel shows.

The run reads two live cameras over RTSP and takes what a camera of another maker posts, matches a list, raises alerts,
shares with a national centre over mutual TLS and tells a webhook. Three things that a short run has no occasion for are
done by processes of ours that count in the node's folder: the centre itself (what others send in), searches in every
way and an erasure (`rare_work`). No series is made up.
"""

from __future__ import annotations

import io
import json
import math
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from actors.cli.__main__ import main
from actors.counters import NodeCounters
from actors.targets import TARGETS
from deploy.grafana.generate import texts
from pipeline.settings import load_settings
from tests.support.durable import script
from tests.support.join_endpoint import SECRET, calling, post
from tests.support.joined import HIKVISION
from tests.support.ports import free_port
from tests.support.processes import anpr, kill_everything
from tests.support.prometheus_server import PrometheusServer, missing_prometheus
from tests.support.rtsp_server import RtspServer, missing_rtsp_server
from tests.support.two_ends import TwoEnds
from training.scenes.render import render_clip
from training.scenes.scene import scene_of

WAIT_SECONDS = 240.0
_PAUSE = threading.Event()
CHOSEN = {"$node": ".*", "$camera": ".*", "$__rate_interval": "30s"}
"""What Grafana puts for the variables of a dashboard when all is chosen."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def until(done: Any, otherwise: str) -> None:
    for _ in range(int(WAIT_SECONDS / 0.5)):
        if done():
            return
        _PAUSE.wait(0.5)
    raise AssertionError(otherwise)


def said_by(*arguments: str) -> str:
    """Return what the command prints; it must succeed."""
    with redirect_stdout(io.StringIO()) as printed:
        assert main(list(arguments)) == 0
    return printed.getvalue()


@contextmanager
def posted_again_and_again(port: int) -> Iterator[None]:
    """Let the camera of another maker tell of a vehicle every half second."""
    over = threading.Event()

    def run() -> None:
        with calling(port) as pool:
            while not over.wait(0.5):
                now = datetime.now(UTC).isoformat(timespec="milliseconds").encode()
                answer = post(pool, "bridge", HIKVISION.replace(b"2026-01-05T08:30:15.123+00:00", now))
                # while the journal is away nothing is kept, and it is told to come again
                assert answer.status in (200, 503), answer.data

    posting = threading.Thread(target=run)
    posting.start()
    try:
        yield
    finally:
        over.set()
        posting.join()


def settings_of_run(folder: Path, ends: TwoEnds, camera: RtspServer, marks: list[str], ray_port: int) -> Path:
    hotlist, secret = folder / "wanted.csv", folder / "webhook.secret"
    hotlist.write_text("\n".join(["vrm", *marks]) + "\n", encoding="utf-8")
    secret.write_text("0123456789abcdef0123456789abcdef\n", encoding="utf-8")
    (folder / "bridge.secret").write_text(SECRET, encoding="utf-8")
    sections: dict[str, dict[str, Any]] = {
        "": {"folder": str(folder / "var")},
        "metrics": {"port": 0, "node": "watched", "ray_port": ray_port},
        "services": {"port": free_port()},
        "access": {"force": "kent"},
        "cameras": {"require_assessment": False},
        "store": {"commit_after_seconds": 0.2},
        "upkeep": {"merge_every_seconds": 1.0, "tidy_every_seconds": 10.0},
        "match": {"hotlist": str(hotlist)},
        "alert": {"collapse_seconds": 1.0},
        # nobody listens there
        "alert.webhooks.dispatch": {
            "url": "http://127.0.0.1:9/", "recipients": ["control-room"], "key_id": "1", "secret_file": str(secret),
        },
        "share": {
            "peer": f"127.0.0.1:{ends.proxy.port}", "retry_first_seconds": 0.2, "retry_longest_seconds": 1.0,
            "certificate_file": str(ends.authority.file("kent")),
            "key_file": str(ends.authority.file("kent", key=True)),
            "authorities_file": str(ends.authority.file()),
        },
        "share.agreements.essex": {
            "organisation": "essex", "feeds": ["kent"], "purpose": "a test", "reference": "none",
        },
        "feeds.gate": {"url": camera.url, "feed_id": "kent"},
        "feeds.yard": {"url": camera.url, "feed_id": "kent"},
        "join": {"enabled": True, "port": free_port()},
        "join.senders.bridge": {"format": "hikvision", "secret_file": str(folder / "bridge.secret")},
        "join.senders.bridge.cameras.1": {"camera_id": "bridge-north", "feed_id": "kent"},
    }  # fmt: skip
    lines = [
        line
        for name, content in sections.items()
        for line in ([f"[{name}]"] if name else []) + [f"{key} = {json.dumps(value)}" for key, value in content.items()]
    ]
    path = folder / "settings.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def ray_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, ray_port: int) -> Iterator[tuple[PrometheusServer, Path]]:
    """The Prometheus, and the folder in which the node's processes count."""
    if reason := missing_prometheus() or missing_rtsp_server():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("watched")
    scene = scene_of("two_at_once", seed=1, seconds=6, size=(960, 540))
    render_clip(scene, folder / "gate.mp4")
    marks = sorted({drive.vehicle.vrm for drive in scene.drives if drive.vehicle.vrm})
    with ExitStack() as opened:
        ends = opened.enter_context(TwoEnds(folder))
        camera = opened.enter_context(RtspServer(folder / "gate.mp4"))
        config = settings_of_run(folder, ends, camera, marks, ray_port)
        who = ("desk", "--reason", "a test", "--permission", "people", "--desk", "control-room")
        trained = ("--role", "investigation", "--trained-until", "2099-12-31")
        said_by("people", "add", *who, *trained, "--config", str(config))
        token = said_by("people", "token", "desk", "--config", str(config)).strip()
        run = anpr("run", "--config", config, log=folder / "run.log")
        opened.callback(kill_everything, run)
        targets = folder / "var" / TARGETS

        def begun() -> bool:
            assert run.is_running()
            assert run.status() != psutil.STATUS_ZOMBIE, (folder / "run.log").read_text()
            return targets.exists()

        until(begun, "the node never told where its endpoints are")
        prometheus = opened.enter_context(PrometheusServer(folder, targets))
        (counters,) = (one for one in Path(f"/dev/shm/anpr-metrics-{run.pid}").iterdir() if one.is_dir())
        until(lambda: prometheus.ask('anpr_reads_total{camera="gate"} > 0'), "no read was ever counted")
        opened.enter_context(posted_again_and_again(load_settings(config).join.port))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PROMETHEUS_MULTIPROC_DIR", str(counters))
            ends.load_list("wanted", ["ZZ99ZZZ"])
            ends.start_centre()
            until(lambda: prometheus.ask("anpr_stored_total > 0"), "no read ever reached the store")
            ends.start(script("rare_work", config, folder / "another-store")).says("done")
            patch.setenv("ANPR_TOKEN", token)
            patch.delenv("PROMETHEUS_MULTIPROC_DIR")
            # a node that is not told of by name has a second to answer; then the command goes to the folder itself
            at = ["--service", f"127.0.0.1:{load_settings(config).services.port}", "--config", str(config)]
            until(lambda: main(["alerts", "list", *at]) == 0, "the services never answered")
            ends.start([sys.executable, "-m", "actors.cli", "alerts", "watch", "--json", *at])
            patch.setenv("ANPR_TOKEN", "nobody's")
            assert main(["alerts", "list", *at]) != 0
            patch.setenv("ANPR_TOKEN", token)
            wanted = folder / "more.csv"
            wanted.write_text("vrm\nAB12CDE\n", encoding="utf-8")
            about = ("--list", "more", "--owner", "a desk", "--purpose", "a test", "--review-date", "2099-01-01")
            said_by("hotlist", "load", str(wanted), *about, "--config", str(config))
            yield prometheus, counters


@pytest.fixture(scope="module")
def watched(running: tuple[PrometheusServer, Path]) -> PrometheusServer:
    return running[0]


def test_both_endpoints_of_the_node_are_found_and_answer(watched: PrometheusServer) -> None:
    def jobs() -> dict[str, str]:
        return {one["labels"]["job"]: one["health"] for one in watched.targets()}

    until(lambda: jobs() == {"anpr": "up", "ray": "up"}, f"{watched.targets()}")
    assert {one["labels"]["node"] for one in watched.targets()} == {"watched"}


def test_ray_answers_at_the_port_of_the_settings(watched: PrometheusServer, ray_port: int) -> None:
    (ray,) = (one for one in watched.targets() if one["labels"]["job"] == "ray")
    assert ray["scrapeUrl"].endswith(f":{ray_port}/metrics")


def test_the_driver_is_heard_of_all_the_time(watched: PrometheusServer) -> None:
    until(lambda: watched.ask("time() - anpr_driver_heard_seconds < 30"), "the driver was never heard of")
    begun = float(watched.ask("anpr_driver_heard_seconds")[0]["value"][1])
    until(lambda: watched.ask(f"anpr_driver_heard_seconds > {begun}"), "it was heard of once")


def test_every_panel_of_every_dashboard_shows_something(watched: PrometheusServer) -> None:
    missing = {
        (name, panel["title"], target["expr"])
        for name, text in texts().items()
        for panel in json.loads(text)["panels"]
        for target in panel.get("targets", ())
    }

    def shown() -> bool:
        for one in sorted(missing):
            query = one[2]
            for variable, chosen in CHOSEN.items():
                query = query.replace(variable, chosen)
            if any(math.isfinite(float(series["value"][1])) for series in watched.ask(query)):
                missing.discard(one)
        return not missing

    try:
        until(shown, "")
    except AssertionError:
        raise AssertionError("no data for\n" + "\n".join(map(str, sorted(missing)))) from None


def test_a_camera_that_reads_by_itself_is_among_those_that_are_watched(watched: PrometheusServer) -> None:
    heard = 'time() - anpr_join_last_message_seconds{sender="bridge"} < 30'
    until(lambda: watched.ask(heard), "the sender's last message is not told")
    until(lambda: watched.ask('anpr_reads_total{camera="join:bridge"} > 0'), "its reads are not counted")


def test_every_rule_can_be_evaluated(watched: PrometheusServer) -> None:
    until(lambda: all(rule["health"] != "unknown" for rule in watched.rules()), "some rule was never evaluated")
    assert not [(rule["name"], rule["lastError"]) for rule in watched.rules() if rule["health"] != "ok"]


def test_nothing_that_is_told_names_a_vehicle_or_a_place(watched: PrometheusServer) -> None:
    scene = scene_of("two_at_once", seed=1, seconds=6, size=(960, 540))
    marks = {str(drive.vehicle.vrm) for drive in scene.drives if drive.vehicle.vrm}
    told = watched.ask('{job="anpr"}')
    assert told
    values = {value for series in told for value in series["metric"].values()}
    assert not values & marks
    assert not [value for value in values if "/" in value or "rtsp:" in value]


@pytest.mark.parametrize(
    ("actor", "counts"),
    [
        ("camera-gate", 'anpr_reads_total{camera="gate"}'),
        ("journal", 'anpr_stage_seconds_count{stage="journal"}'),
    ],
)
def test_counts_of_a_killed_process_do_not_fall_and_nothing_of_the_dead_is_told(
    running: tuple[PrometheusServer, Path], actor: str, counts: str
) -> None:
    prometheus, counters = running

    def value(query: str) -> float:
        return sum(float(series["value"][1]) for series in prometheus.ask(query))

    def processes() -> list[str]:
        return [pid for pid, one in NodeCounters(counters).actors().items() if one == actor]

    (before,), starts = processes(), f'anpr_actor_starts_total{{actor="{actor}"}}'
    counted, started = value(counts), value(starts)
    kinds = {path.name.partition("_")[0] for path in counters.glob(f"*_{before}.db")}
    assert kinds == {"counter", "gauge", "histogram"}, "it counted nothing of which something could be left"
    os.kill(int(before), signal.SIGKILL)
    until(lambda: processes() not in ([], [before]), f"{actor} never came back")
    until(lambda: value(counts) > counted, f"{actor} never counted on from where the dead one was")
    # its counts were added up, and its gauges dropped: there is no file of it from which either could be told
    until(lambda: not list(counters.glob(f"*_{before}.db")), "what the dead one left still lies there")
    until(lambda: value(starts) == started + 1, f"the starts of {actor} were not counted on")
    assert value(f'count(anpr_process_resident_bytes{{actor="{actor}"}})') == 1
    told = 'count by (__name__) ({__name__=~"anpr_.+_(total|count|bucket)", job="anpr"})'
    names = {series["metric"]["__name__"] for series in prometheus.ask(told)} - {"anpr_process_cpu_seconds_total"}
    assert {"anpr_reads_total", "anpr_stage_seconds_bucket"} < names
    fell = [name for name in sorted(names) if prometheus.ask(f'resets({name}{{job="anpr"}}[30m]) > 0')]
    assert not fell, f"at some scrape these were less than before: {fell}"
