"""A real Prometheus on loopback, with the configuration and rules of deploy/prometheus, only quicker."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import urllib3

from tests.support.declared import DEPLOY
from tests.support.ports import free_port

_START_SECONDS = 60.0
_PAUSE = threading.Event()


def missing_prometheus() -> str:
    """Return why no Prometheus can be run here, as the reason of a skip; empty if one can."""
    return "" if shutil.which("prometheus") else "Prometheus is not installed: make debian installs the package"


class PrometheusServer:
    """Scrapes what `targets` names, every two seconds, and keeps it in `folder`. `config` is another configuration than
    that of one machine."""

    def __init__(self, folder: Path, targets: Path, config: Path | None = None) -> None:
        self._address = f"127.0.0.1:{free_port()}"
        self._folder = folder
        self._http = urllib3.PoolManager()
        for rules in (DEPLOY / "prometheus" / "rules").glob("*.yml"):
            # what is known a minute after it is first expected, four scrapes, is known after five of them here
            quicker = {"interval: 1m": "interval: 2s", " offset 1m)": " offset 10s)"}
            self._take(rules, folder / "rules" / rules.name, quicker)
        changes = {": 15s": ": 2s", "/var/lib/anpr/targets.json": str(targets)}
        self._take(config or DEPLOY / "prometheus" / "prometheus.yml", folder / "prometheus.yml", changes)

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the series that answer an instant query."""
        answer = self._get("query", query=query)
        return list(answer["data"]["result"])

    def rules(self) -> list[dict[str, Any]]:
        """Return every rule and how its last evaluation went."""
        return [rule for group in self._get("rules")["data"]["groups"] for rule in group["rules"]]

    def targets(self) -> list[dict[str, Any]]:
        return list(self._get("targets")["data"]["activeTargets"])

    def told(self) -> list[str]:
        """Return where alerts are sent."""
        return [one["url"] for one in self._get("alertmanagers")["data"]["activeAlertmanagers"]]

    def __enter__(self) -> Self:
        options = (
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'measured'}",
            f"--web.listen-address={self._address}",
        )
        with (self._folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(["prometheus", *options], stdout=log, stderr=log, cwd=self._folder)
        for _ in range(int(_START_SECONDS / 0.2)):
            try:
                if self._http.request("GET", f"http://{self._address}/-/ready", retries=False).status == 200:
                    return self
            except urllib3.exceptions.HTTPError:
                pass
            _PAUSE.wait(0.2)
        self._process.kill()
        raise AssertionError((self._folder / "prometheus.log").read_text())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._http.clear()

    def _get(self, what: str, **fields: str) -> dict[str, Any]:
        answer = self._http.request("GET", f"http://{self._address}/api/v1/{what}", fields=fields)
        told: dict[str, Any] = json.loads(answer.data)
        assert told["status"] == "success", f"{fields}: {told.get('error')}"
        return told

    @staticmethod
    def _take(source: Path, target: Path, changes: dict[str, str]) -> None:
        text = source.read_text(encoding="utf-8")
        for before, after in changes.items():
            text = text.replace(before, after)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
