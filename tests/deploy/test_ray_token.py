"""Whoever reaches Ray runs code, so every Ray of a cluster asks for a token, and one without it stays outside."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from tests.deploy.test_manifests import pod_templates, ray_cluster
from tests.support.declared import DEPLOY
from tests.support.processes import kill_everything

MOST_TRIES = 30
_PAUSE = threading.Event()
TOKEN = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
JOINS = """
import logging, sys
import ray
ray.init(address=sys.argv[1], logging_level=logging.ERROR, log_to_driver=False)
print("inside with", len(ray.nodes()))
"""


def test_every_ray_of_a_cluster_asks_for_a_token() -> None:
    assert ray_cluster()["spec"]["authOptions"] == {"mode": "token"}
    (driver,) = pod_templates()["3-driver"]["spec"]["containers"]
    told = {one["name"]: one for one in driver["env"]}
    assert told["RAY_AUTH_MODE"]["value"] == "token"
    # the operator makes the secret, under the cluster's name
    assert told["RAY_AUTH_TOKEN"]["valueFrom"]["secretKeyRef"]["name"] == ray_cluster()["metadata"]["name"]
    environment = (DEPLOY / "systemd" / "ray.env").read_text(encoding="utf-8").splitlines()
    assert {"RAY_AUTH_MODE=token", "RAY_AUTH_TOKEN_PATH=/etc/anpr/ray.token"} <= set(environment)
    for unit in ("head", "node", "driver"):
        lines = (DEPLOY / "systemd" / f"anpr-{unit}.service").read_text(encoding="utf-8").splitlines()
        assert "EnvironmentFile=/etc/anpr/ray.env" in lines, unit
    starts = yaml.safe_load((DEPLOY / "ray" / "cluster.yaml").read_text(encoding="utf-8"))
    for command in (*starts["head_start_ray_commands"], *starts["worker_start_ray_commands"]):
        assert "ray start" not in command or re.match(r"set -a; \. /etc/anpr/ray\.env;", command)


@pytest.fixture
def head(tmp_path: Path) -> Iterator[str]:
    """The address of a head that asks for the token; its folder is short because sockets lie in it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    options = ["--head", "--block", "--num-cpus=0", "--include-dashboard=false", "--disable-usage-stats"]
    options += ["--node-ip-address=127.0.0.1", f"--port={address.split(':')[1]}"]
    with tempfile.TemporaryDirectory(prefix="head-", ignore_cleanup_errors=True) as folder:
        command = [Path(sys.executable).parent / "ray", "start", *options, f"--temp-dir={folder}"]
        with (tmp_path / "head.log").open("wb") as log:
            started = psutil.Popen(
                command, env=environment(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=TOKEN), stderr=log, stdout=log
            )
        try:
            yield address
        finally:
            kill_everything(started)


def environment(**told: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")} | told


def joining(address: str, home: Path, **token: str) -> str:
    """Return what a program says that tries to join; `inside` if it was let in."""
    # a token may also lie in the home of whoever asks
    own = environment(HOME=str(home), **token)
    command = [sys.executable, "-c", JOINS, address]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False, timeout=240)
    assert ("inside" in done.stdout) == (done.returncode == 0)
    return done.stdout + done.stderr


@pytest.mark.timeout(600)
def test_who_has_no_token_does_not_get_in(head: str, tmp_path: Path) -> None:
    told = ""
    for _ in range(MOST_TRIES):
        told = joining(head, tmp_path, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=TOKEN)
        if "inside" in told:
            break
        _PAUSE.wait(1.0)
    assert "inside with 1" in told
    assert "inside" not in joining(head, tmp_path)
    assert "inside" not in joining(head, tmp_path, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=TOKEN[::-1])
