"""The one endpoint: counts outlive processes however they die, gauges of the dead vanish, and no place is told."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from prometheus_client import CollectorRegistry, generate_latest

from actors import counter_folder
from actors.counter_folder import FOLDER_VARIABLE, counters_folder, named
from actors.counters import FAULT_POINTS, NodeCounters
from actors.metrics import NodeCollector
from actors.senders import SenderLine
from pipeline.access.callers.authority import REVOKED, Authority
from pipeline.join.settings import Format, JoinedCameraSettings, JoinSettings, SenderSettings
from pipeline.match.lists.loading import set_terms
from pipeline.node_settings import MetricsSettings
from pipeline.settings import ServicesSettings, Settings
from tests.support.lists import STOLEN, Lists

COUNTING = """
import sys
from pipeline import metrics
metrics.ACTOR_STARTS.labels("camera-gate").inc()
metrics.READS.labels("gate").inc(3)
metrics.READ_CONFIDENCE.labels("gate").observe(0.91)
metrics.BUFFERED_FRAMES.labels("gate").set(5)
print("counted", flush=True)
sys.stdin.read()
"""


def scraped(folder: Path, settings: Settings | None = None) -> str:
    registry = CollectorRegistry()
    registry.register(NodeCollector(folder, settings or Settings()))
    return generate_latest(registry).decode()


@contextmanager
def counting_process(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has counted and goes on living until it is killed or let go."""
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTING],
        env=os.environ | {FOLDER_VARIABLE: str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"counted\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of one process that was killed with -9, under the number 1."""
    folder = tmp_path_factory.mktemp("left")
    with counting_process(folder) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    for path in list(folder.glob("*.db")):
        path.rename(folder / path.name.replace(f"_{process.pid}.db", "_1.db"))
    return folder


def bury(left_behind: Path, folder: Path, number: int) -> None:
    """Put the files of `number` processes that were killed into `folder`, under numbers that no process has."""
    most = int(Path("/proc/sys/kernel/pid_max").read_text())
    for at in range(number):
        for path in left_behind.glob("*.db"):
            shutil.copy(path, folder / path.name.replace("_1.db", f"_{most + 1 + at}.db"))


def test_counts_of_killed_processes_stay_and_their_gauges_vanish(tmp_path: Path) -> None:
    with counting_process(tmp_path) as first, counting_process(tmp_path):
        assert 'anpr_reads_total{camera="gate"} 6.0' in scraped(tmp_path)
        first.send_signal(signal.SIGKILL)
        first.wait()
        text = scraped(tmp_path)
        assert 'anpr_reads_total{camera="gate"} 6.0' in text
        assert 'anpr_buffered_frames{camera="gate"} 5.0' in text
    text = scraped(tmp_path)
    assert 'anpr_reads_total{camera="gate"} 6.0' in text
    assert 'anpr_read_confidence_bucket{camera="gate",le="0.93"} 2.0' in text
    assert 'anpr_read_confidence_count{camera="gate"} 2.0' in text
    assert 'anpr_buffered_frames{camera="gate"}' not in text


def test_hundreds_of_dead_processes_cost_a_scrape_no_more_than_one(tmp_path: Path, left_behind: Path) -> None:
    bury(left_behind, tmp_path, 200)
    assert 'anpr_reads_total{camera="gate"} 600.0' in scraped(tmp_path)
    assert len(NodeCounters(tmp_path).files()) == 2
    bury(left_behind, tmp_path, 1)
    text = scraped(tmp_path)
    assert 'anpr_reads_total{camera="gate"} 603.0' in text
    assert 'anpr_read_confidence_count{camera="gate"} 201.0' in text
    assert len(NodeCounters(tmp_path).files()) == 2
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2


@pytest.mark.parametrize("point", FAULT_POINTS)
def test_folding_that_ends_anywhere_neither_loses_nor_doubles_a_count(
    tmp_path: Path, left_behind: Path, point: str
) -> None:
    class Killed(BaseException):
        """Stands for kill -9: no `except` of the product holds it."""

    def die(at: str) -> None:
        if at == point:
            raise Killed

    bury(left_behind, tmp_path, 2)
    NodeCounters(tmp_path).fold()
    bury(left_behind, tmp_path, 2)
    with pytest.raises(Killed):
        NodeCounters(tmp_path, at_point=die).fold()
    for _ in range(2):
        text = scraped(tmp_path)
        assert 'anpr_reads_total{camera="gate"} 12.0' in text
        assert 'anpr_read_confidence_count{camera="gate"} 4.0' in text


def test_a_process_tells_its_memory_and_files_by_the_name_of_its_actor_until_it_dies(tmp_path: Path) -> None:
    with counting_process(tmp_path) as process:
        text = scraped(tmp_path)
        assert 'anpr_process_cpu_seconds_total{actor="camera-gate"}' in text
        (line,) = (one for one in text.splitlines() if one.startswith("anpr_process_resident_bytes{"))
        assert float(line.split()[1]) > 1e6
        process.kill()
        process.wait()
        assert "anpr_process_resident_bytes{" not in scraped(tmp_path)


def test_the_node_tells_its_name_its_disks_and_when_its_certificates_end(tmp_path: Path) -> None:
    expires = datetime(2027, 3, 1, tzinfo=UTC)
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "node")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    signed = made.serial_number(1).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC)).not_valid_after(expires)
    file = tmp_path / "node.pem"
    file.write_bytes(signed.sign(key, None).public_bytes(Encoding.PEM))
    authority = Authority(tmp_path / "ca", now=datetime(2026, 11, 24, tzinfo=UTC))
    authority.revoke()
    services = ServicesSettings(
        certificate_file=str(file),
        key_file="k",
        client_authorities_file=str(tmp_path / "no"),
        revocations_file=str(authority.file(REVOKED)),
    )
    settings = Settings(folder=str(tmp_path), metrics=MetricsSettings(node="north-1"), services=services)
    text = scraped(tmp_path, settings)
    assert 'anpr_node_info{node="north-1",version="' in text
    assert 'anpr_certificate_expiry_seconds{certificate="services"} 1.8038592e+09' in text
    assert 'certificate="services-authorities"' not in text
    assert "anpr_revocations_due_seconds 1.8032544e+09" in text
    assert 'anpr_disk_free_bytes{part="folder"}' in text
    assert str(tmp_path) not in text


def test_a_sender_is_told_of_where_it_last_posted_and_by_everybody_before_it_did(tmp_path: Path) -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    senders = [
        SenderLine(sender="bridge", node="north-1", state="sending", since=at),
        SenderLine(sender="lane", node="south", state="sending", since=at),
        SenderLine(sender="yard", node="", state="waiting", since=at),
    ]
    one = SenderSettings(
        format=Format.HIKVISION, secret_file="s", cameras={"1": JoinedCameraSettings(camera_id="bridge")}
    )
    settings = Settings(
        folder=str(tmp_path),
        metrics=MetricsSettings(node="north-1"),
        join=JoinSettings(enabled=True, senders={"bridge": one}),
    )
    registry = CollectorRegistry()
    registry.register(NodeCollector(tmp_path, settings, lambda: senders))
    text = generate_latest(registry).decode()
    told = [line.split("{")[1].split("}")[0] for line in text.splitlines() if line.startswith("anpr_join_last_message")]
    assert told == ['sender="bridge"', 'sender="yard"']
    assert 'anpr_join_silent_after_seconds{sender="bridge"} 21600.0' in text


def test_a_list_that_is_not_for_everybody_is_named_to_nobody_from_the_moment_on(tmp_path: Path) -> None:
    settings = Settings(folder=str(tmp_path))
    lists = Lists(tmp_path)
    assert "anpr_hotlist_list_entries{" not in scraped(tmp_path, settings)
    lists.full("AB12CDE", "XY34ZZZ")
    text = scraped(tmp_path, settings)
    assert f'anpr_hotlist_list_entries{{hotlist="{STOLEN}"}} 2.0' in text
    assert f'anpr_hotlist_review_overdue{{hotlist="{STOLEN}"}} 0.0' in text
    for restricted in ({"covert": True}, {"covert": False, "visible_to": ("crime desk",)}):
        set_terms(lists.store, STOLEN, restricted | {"review_date": date(2020, 1, 1)}, by="somebody")
        text = scraped(tmp_path, settings)
        assert 'anpr_hotlist_list_entries{hotlist="(restricted)"} 2.0' in text
        assert 'anpr_hotlist_review_overdue{hotlist="(restricted)"} 1.0' in text
        assert f'"{STOLEN}"' not in text


def test_folders_of_dead_runs_are_forgotten_and_living_ones_kept() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = counters_folder(ended.pid)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as living:
        alive = counters_folder(living.pid)
        assert not dead.exists()
        assert alive.is_dir()
        living.communicate(b"\n")
    # by now any run that starts may forget it
    shutil.rmtree(alive, ignore_errors=True)


def test_two_runs_that_start_at_once_may_forget_the_same_dead_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counter_folder, "_MEMORY", tmp_path)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = counters_folder(ended.pid)
    for name in ("one", "two"):
        (dead / name).mkdir()
        (dead / name / f"counter_{ended.pid}.db").touch()

    def named_late(path: Path) -> list[tuple[str, str]]:
        if dead in path.parents:
            # the other was quicker, and there is more to look through
            shutil.rmtree(dead)
        return named(path)

    monkeypatch.setattr(counter_folder, "named", named_late)
    ours = counters_folder(os.getpid())
    assert list(tmp_path.iterdir()) == [ours]


def test_a_run_whose_driver_is_on_another_machine_is_kept_while_its_actors_live_here() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    elsewhere = counters_folder(ended.pid)
    with counting_process(elsewhere / "node") as actor, subprocess.Popen(["sleep", "60"]) as driver:
        another = counters_folder(driver.pid)
        assert elsewhere.is_dir()
        actor.kill()
        actor.wait()
        driver.kill()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as living:
        alive = counters_folder(living.pid)
        living.communicate(b"\n")
    shutil.rmtree(alive, ignore_errors=True)
    assert not elsewhere.exists()
    assert not another.exists()
