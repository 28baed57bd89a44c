"""What is soaked: a whole run in processes of its own, cameras that send without end, one that reads by itself, a disk
of its own, a webhook.

Cameras are real RTSP servers where GStreamer is installed, and recordings at the pace of cameras elsewhere. The disk is
a tmpfs where it may be mounted (root), so that it can be filled up; elsewhere a folder.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from actors.cli.status import ask
from actors.status import Status
from benchmarks.soak_around import Centre, Subscriber, TurnedClock
from benchmarks.soak_calm import SeenRead
from benchmarks.soak_sender import Sender
from pipeline import bootstrap
from pipeline.alert.book import AlertBook
from pipeline.domain.alert import Alert, AlertState
from pipeline.domain.read import Read
from pipeline.errors import AnprError
from pipeline.settings import Settings, load_settings
from tests.support.clips import yesterday
from tests.support.cluster import repeated
from tests.support.hook_server import hook_server
from tests.support.ports import free_port
from tests.support.processes import anpr, kill_everything, workers_of
from tests.support.proxy import Proxy
from tests.support.rtsp_server import RtspServer, missing_rtsp_server
from training.scenes.render import render_clip
from training.scenes.scene import scene_of

_RESTART_SECONDS = 5.0
"""A run that ended by itself is started again after so long, as deploy/systemd/anpr.service has it."""
_MISSED_HEAD = {"RAY_gcs_rpc_server_reconnect_timeout_s": "10"}
"""Ray's processes end when they have missed their head for so many seconds; 60, if nothing is said."""


class System:
    """Begins with `with`; `run` is the process of `anpr run`."""

    def __init__(
        self,
        folder: Path,
        *,
        cameras: int,
        scene: str,
        clip_seconds: int,
        size: tuple[int, int],
        hours: float,
        disk: int,
        webhook_timeout_seconds: float = 5.0,
    ) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._cameras, self._scene, self._clip_seconds = cameras, scene, clip_seconds
        self._size = size
        self._turns = max(1, int(hours * 3600 / clip_seconds) + 1)
        self._disk_mebibytes = disk
        self._webhook_timeout_seconds = webhook_timeout_seconds
        self._acknowledged_to = 0
        self.config = folder / "soak.toml"
        self.hotlist = folder / "hotlist.csv"
        self.log = folder / "run.log"
        self.disk = folder / "disk"
        self.has_disk = False
        self.servers: list[RtspServer] = []
        self.marks: list[str] = []
        self.acknowledged: set[str] = set()
        """Ids of the reads seen in the journal: from then on they may not be lost."""
        self.reads: list[SeenRead] = []
        """The same reads, in order."""
        self.told: set[str] = set()
        """Ids of the alerts that the webhook was told of, and took."""
        self.due_at_centre: set[str] = set()
        """Ids of the reads that the outbox was given time for."""
        self.run: psutil.Popen
        self.subscriber = Subscriber(self.config, folder / "watch.log")
        self.ended_by_itself = 0
        self._due_to_end = False
        self._ended_at: float | None = None
        self.clock = TurnedClock(folder / "clock")
        self.sender = Sender(free_port(), folder, lambda: self.clock.seconds)
        """A camera that reads by itself."""
        self.centre = Centre(folder / "centre", free_port())
        self.line = Proxy(self.centre.port)
        """The line to the centre."""
        self.broken = folder / "broken.mp4"

    def __enter__(self) -> Self:
        with self._stack as stack:
            self.disk.mkdir()
            self._mount()
            self.hook = stack.enter_context(hook_server())
            urls = self._feeds()
            self.write_hotlist(self.marks)
            secret = self._folder / "hook.secret"
            secret.write_bytes(os.urandom(32))
            self.port = free_port()
            self.config.write_text(self._settings(urls, secret), encoding="utf-8")
            self.settings: Settings = load_settings(self.config)
            self.line.start()
            stack.callback(self.line.stop)
            self.centre.start()
            stack.callback(self.centre.kill)
            self.start()
            self.sender.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.sender.end()
        self.kill_everything()
        self.subscriber.end()
        self._stack.close()

    def start(self) -> None:
        variables = {**os.environ, **self.clock.variables, **_MISSED_HEAD}
        self.run = anpr("run", "--config", self.config, log=self.log, variables=variables)

    def ends_now(self) -> int:
        """Know that the run is about to end, because that is the fault; return its process id."""
        self._due_to_end = True
        return int(self.run.pid)

    def attend(self, now: float) -> None:
        """Start the run again if it ended."""
        if self.run.poll() is None:
            self._ended_at = None
        elif self._ended_at is None:
            self.ended_by_itself += not self._due_to_end
            self._due_to_end = False
            self._ended_at = now
        elif now - self._ended_at >= _RESTART_SECONDS:
            self._ended_at = None
            self.start()

    def reads_again(self) -> bool:
        """Tell whether the run that is under way has made a read."""
        status = self.status()
        return status is not None and any(one.reads for one in status.cameras)

    def kill_everything(self) -> None:
        """kill -9 the run and all that it started, as a power cut would."""
        kill_everything(self.run)

    def drain(self, seconds: float) -> int | None:
        """Ask for a drain as systemd does; return the exit status, None where there is none in time."""
        try:
            self.run.terminate()
            return int(self.run.wait(seconds))
        except (psutil.NoSuchProcess, psutil.TimeoutExpired):
            return self.run.poll()

    def workers(self) -> dict[str, list[psutil.Process]]:
        """Return the actors' processes by class; Ray's own, and the driver, by name."""
        found: dict[str, list[psutil.Process]] = {"driver": [self.run]} if self.run.is_running() else {}
        # it may end at any moment
        with suppress(psutil.NoSuchProcess):
            for name, one in workers_of(self.run) if found else []:
                found.setdefault(name, []).append(one)
        return found

    def status(self) -> Status | None:
        """Return what the node tells now, None while it does not answer."""
        try:
            return ask(f"http://127.0.0.1:{self.port}")
        except AnprError:
            return None

    def within(self, limits: Mapping[str, float]) -> dict[str, tuple[float, float]]:
        """Return, of each histogram of the node, how many are within its limit, and how many there are."""
        try:
            page = urllib3.request("GET", f"http://127.0.0.1:{self.port}/metrics", timeout=5.0, retries=False)
        except urllib3.exceptions.HTTPError:
            return {}
        samples = [one for family in text_string_to_metric_families(page.data.decode()) for one in family.samples]
        return {
            name: (
                sum(one.value for one in samples if one.name == f"{name}_bucket" and float(one.labels["le"]) == limit),
                sum(one.value for one in samples if one.name == f"{name}_count"),
            )
            for name, limit in limits.items()
        }

    def look(self) -> None:
        """Take note of what the journal has acknowledged and the webhook was told since the last look."""
        for call in self.hook.calls():
            # What hangs or fails is called again. Counted as told it let the drain begin while such a call hung, and a
            # drain does not wait for a webhook that fails: the next alert came with the next start only.
            if call.answer == HTTPStatus.OK:
                # an event's id is its alert's and its number
                self.told.add(call.headers["webhook-id"].rpartition("-")[0])
        try:
            with bootstrap.journal_reader(self.settings) as reader:
                for entry in reader.after(self._acknowledged_to, 10_000):
                    self._acknowledged_to = entry.offset
                    self._note(entry.offset, entry.record.read)
        except AnprError:
            # a journal in the making, or a disk that is full; the next look sees it
            return

    def alerts(self) -> list[Alert]:
        """Return all alerts there are."""
        book = AlertBook(self.settings.alert.folder_in(self.settings.folder) / "alerts.db", self.settings.alert)
        try:
            asked = book.alerts(self.settings.alert.otherwise, states=list(AlertState), limit=1_000_000)
            return [alert for _, alert in asked]
        finally:
            book.close()

    def write_hotlist(self, marks: Sequence[str]) -> None:
        """Put a whole new list file in place of the one before."""
        fresh = self.hotlist.with_suffix(".new")
        fresh.write_text("\n".join(["vrm", *marks]) + "\n", encoding="utf-8")
        fresh.replace(self.hotlist)

    def _note(self, offset: int, read: Read) -> None:
        self.acknowledged.add(read.read_id)
        pictured_at, made_at = read.captured_at.timestamp(), read.received_at.timestamp()
        self.reads.append(SeenRead(offset=offset, camera=read.camera_id, pictured_at=pictured_at, made_at=made_at))

    def _mount(self) -> None:
        size = f"size={self._disk_mebibytes}m"
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(self.disk)], capture_output=True, check=False
        )
        self.has_disk = mounted.returncode == 0
        if self.has_disk:
            self._stack.callback(subprocess.run, ["umount", "--lazy", str(self.disk)], check=False)

    def _feeds(self) -> list[str]:
        """Render the cameras' roads; return where each camera is."""
        live = not missing_rtsp_server()
        urls = []
        for at in range(self._cameras):
            clip, endless = self._folder / f"clip-{at}.mp4", self._folder / f"camera-{at}.mp4"
            scene = scene_of(self._scene, seed=at, seconds=self._clip_seconds, size=self._size)
            rows = render_clip(scene, clip, yesterday())
            self.marks += sorted({row.vrm for row in rows if row.vrm} - set(self.marks))
            repeated(clip, self._turns, endless)
            if live:
                server = self._stack.enter_context(RtspServer(endless))
                self.servers.append(server)
            urls.append(self.servers[-1].url if live else str(endless))
        content = bytearray(clip.read_bytes())
        # its index stays whole, so that it is served; the pictures in it are wrong here and there
        for at in range(len(content) // 4, len(content) // 2, 997):
            content[at] ^= 0xFF
        self.broken.write_bytes(content)
        return urls

    def _settings(self, urls: list[str], secret: Path) -> str:
        lines = [
            f'folder = "{self.disk / "var"}"',
            "[metrics]",
            f"port = {self.port}",
            "[services]",
            f"port = {free_port()}",
            "[match]",
            f'hotlist = "{self.hotlist}"',
            "shards = 2",
            "[cameras]",
            "require_assessment = false",
            "[share]",
            f'peer = "127.0.0.1:{self.line.port}"',
            "retry_first_seconds = 1.0",
            "retry_longest_seconds = 3.0",
            "[alert]",
            # a vehicle of the clip comes again every time round: each time it is another alert
            f"collapse_seconds = {self._clip_seconds / 2}",
            f"webhook_timeout_seconds = {self._webhook_timeout_seconds}",
            "[alert.webhooks.soak]",
            f'url = "{self.hook.url}"',
            'recipients = ["control-room"]',
            'key_id = "soak"',
            f'secret_file = "{secret}"',
            *self.sender.settings(),
        ]
        for at, url in enumerate(urls):
            lines += [f"[feeds.camera-{at}]", f'url = "{url}"', "realtime = true"]
        return "\n".join(lines) + "\n"
