"""The driver's sign of life comes with each look at everything; whoever waits for it knows an old one from a new."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

import actors.cluster
import actors.running
from actors.cluster import ClusterRun
from actors.heartbeat import NOTIFY_VARIABLE, Heartbeat
from actors.picture import Picture
from actors.running import Run
from actors.topology import Node
from pipeline.errors import Unavailable
from pipeline.node_settings import ClusterSettings
from pipeline.settings import FeedSettings, Settings, load_settings
from tests.support.declared import DEPLOY

LONG_AGO = 1_000_000_000


def probe_of(kind: str) -> list[str]:
    """Return the command of a probe of the driver's pod."""
    deployment: Any = yaml.safe_load((DEPLOY / "kubernetes" / "driver.yaml").read_text(encoding="utf-8"))
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return list(container[kind]["exec"]["command"])


def finds_life(kind: str, file: Path) -> bool:
    """Return what a probe says where the driver's file is `file`."""
    named = load_settings(DEPLOY / "kubernetes" / "settings.toml").cluster.heartbeat_file
    command = [word.replace(named, str(file)) for word in probe_of(kind)]
    assert command != probe_of(kind)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0


@pytest.mark.parametrize("kind", ["startupProbe", "livenessProbe"])
def test_a_probe_sees_a_driver_that_looks_and_no_other(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "driver"
    assert not finds_life(kind, file)
    Heartbeat(str(file)).beat()
    assert finds_life(kind, file)
    os.utime(file, (LONG_AGO, LONG_AGO))
    assert not finds_life(kind, file)


def test_a_driver_of_a_cluster_gives_it_with_every_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors.cluster, "ray_nodes", lambda settings: [])
    file = tmp_path / "driver"
    feeds = {"gate": FeedSettings(url="gate.mp4")}
    run = ClusterRun(Settings(feeds=feeds, cluster=ClusterSettings(heartbeat_file=str(file))))
    signs = []

    def looked(status: object) -> None:
        signs.append(file.stat().st_mtime > LONG_AGO)
        os.utime(file, (LONG_AGO, LONG_AGO))

    run.until_the_end(looked, lambda: len(signs) == 3)
    assert signs == [True, True, True]


class Idle:
    """A node's work that is over after three looks."""

    def __init__(self, node: Any, *, shows_hits: bool) -> None:
        self.node, self.picture, self.over = node, Picture(), True
        self._looks = 0

    @property
    def working(self) -> bool:
        return self._looks < 3

    def look(self) -> None:
        self._looks += 1

    def collect(self, wait_seconds: float) -> None: ...

    def stop_consumers(self) -> None: ...


def test_a_driver_of_one_machine_gives_it_with_every_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors.running, "NodeRun", Idle)
    file = tmp_path / "driver"
    told = SimpleNamespace(tell=SimpleNamespace(remote=lambda status: None))
    run = Run(cast("Node", SimpleNamespace(cameras={}, metrics=told)), Heartbeat(str(file)))
    signs = []

    def looked(picture: Picture) -> None:
        signs.append(file.stat().st_mtime > LONG_AGO)
        os.utime(file, (LONG_AGO, LONG_AGO))

    run.until_the_end(looked, lambda: False)
    assert signs == [True, True, True]


@pytest.mark.parametrize("name", ["{folder}/notify", "@anpr-test-{pid}"])
def test_systemd_hears_it_where_it_listens(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = name.format(folder=tmp_path, pid=os.getpid())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name.replace("@", "\0"))
        systemd.settimeout(10)
        monkeypatch.setenv(NOTIFY_VARIABLE, name)
        Heartbeat().beat()
        assert systemd.recv(64) == b"WATCHDOG=1"


def test_a_systemd_that_listens_no_longer_ends_no_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NOTIFY_VARIABLE, str(tmp_path / "gone"))
    Heartbeat().beat()


def test_a_file_that_cannot_be_made_is_told_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="heartbeat_file"):
        Heartbeat(str(tmp_path / "nowhere" / "driver"))
