"""What the driver of a cluster tells and what its nodes have acknowledged, followed from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import ray
import urllib3
from prometheus_client.parser import text_string_to_metric_families
from ray.exceptions import RayError

from actors.cli.status import ask
from actors.status import CameraLine, Status
from actors.topology import page_name
from pipeline.errors import AnprError
from tests.support.runs import Acknowledged

PATIENCE_SECONDS = 600


class Watcher:
    """Follows the run of one driver; it waits for no run that has ended. `folder` has a folder for each of `nodes`."""

    def __init__(self, run: psutil.Process, log: Path, folder: Path, nodes: Sequence[str]) -> None:
        self._run = run
        self._log = log
        self.folder = folder
        self.acknowledged = {name: Acknowledged(folder / name) for name in nodes}

    def follow(self, run: psutil.Process, log: Path) -> None:
        """Look at the run that came after."""
        self._run, self._log = run, log

    def page_of(self, node: str) -> str:
        """Return where the node of that name answers."""
        (node_id,) = [one["NodeID"] for one in ray.nodes() if one["NodeName"] == node and one["Alive"]]
        port = ray.get(ray.get_actor(page_name(node_id)).port.remote())
        return f"http://127.0.0.1:{port}"

    def wait_until(self, what: str, holds: Callable[[], bool]) -> None:
        """Return once `holds`; fail when the run ends or the time is up before."""
        for _ in range(PATIENCE_SECONDS * 2):
            try:
                for one in self.acknowledged.values():
                    one.look()
                holding = holds()
            except (KeyError, ValueError, RayError, AnprError, urllib3.exceptions.HTTPError):
                # a node, its journal or a camera is in the making, or the head is away
                holding = False
            if holding:
                return
            try:
                status = self._run.wait(0.5)
            except psutil.TimeoutExpired:
                continue
            raise AssertionError(f"the run ended with {status} before {what}\n{self.told()}")
        raise AssertionError(f"in time it did not come to this: {what}\n{self.told()}")

    def told_by(self, node: str, what: str, holds: Callable[[Status], bool] = lambda _: True) -> Status:
        """Return what the node called so tells, once that `holds`."""
        told: list[Status] = []

        def asked() -> bool:
            told[:] = [ask(self.page_of(node))]
            return holds(told[0])

        self.wait_until(what, asked)
        return told[0]

    def cameras(self, node: str) -> dict[str, CameraLine]:
        """Return the cameras as the node called so tells them."""
        return {one.camera: one for one in ask(self.page_of(node)).cameras}

    def placed(self, node: str, camera: str) -> dict[str, float]:
        """Return where the node called so tells Prometheus that the camera is (1) and where no longer (0)."""
        page = urllib3.request("GET", f"{self.page_of(node)}/metrics", timeout=60.0).data.decode()
        samples = (one for family in text_string_to_metric_families(page) for one in family.samples)
        told = (one for one in samples if one.name == "anpr_camera_placed" and one.labels["camera"] == camera)
        return {one.labels["at"]: one.value for one in told}

    def told(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]
