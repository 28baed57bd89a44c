"""A real RTSP camera for tests: GStreamer's RTSP server in a process of its own, on loopback."""

from __future__ import annotations

import selectors
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

_PYTHON = "/usr/bin/python3"
_SERVICE = Path(__file__).with_name("rtsp_service.py")
_IMPORTS = """
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
"""
_START_SECONDS = 30.0


def missing_rtsp_server() -> str:
    """Return why no RTSP server can be run here, as the reason of a skip; empty if one can."""
    if not Path(_PYTHON).exists():
        return f"no {_PYTHON} to run GStreamer's RTSP server with"
    tried = subprocess.run([_PYTHON, "-c", _IMPORTS], capture_output=True, text=True, check=False)
    if tried.returncode:
        return "GStreamer's RTSP server is not installed: apt-get install the packages of deploy/debian-packages.txt"
    return ""


class RtspServer:
    """Serves `clip`. `stop` and `start` again keep the port, as a camera that was switched off keeps its address."""

    def __init__(self, clip: Path) -> None:
        self._clip = self._own_clip = clip
        self._port = 0
        self._service: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._port}/camera"

    def url_with(self, user: str, password: str) -> str:
        """Return the URL with credentials, which this server ignores."""
        return f"rtsp://{user}:{password}@127.0.0.1:{self._port}/camera"

    def start(self) -> None:
        self._service = subprocess.Popen(
            [_PYTHON, str(_SERVICE), str(self._port), str(self._clip)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._port = int(self._first_line().split()[1])

    def freeze(self) -> None:
        """Keep the connections open but send nothing: a camera that hangs."""
        self._running().send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._running().send_signal(signal.SIGCONT)

    def change(self, clip: Path | None = None) -> None:
        """Go on with another clip (its own, if none is given) at the same address, as after a restart."""
        self.stop()
        self._clip = clip or self._own_clip
        self.start()

    def stop(self) -> None:
        if self._service is None:
            return
        self._service.kill()
        self._service.wait()
        if self._service.stdout is not None:
            self._service.stdout.close()
        self._service = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _running(self) -> subprocess.Popen[str]:
        if self._service is None:
            raise RuntimeError("the RTSP server is not running")
        return self._service

    def _first_line(self) -> str:
        output = self._running().stdout
        if output is None:
            raise RuntimeError("the RTSP server has no output to read")
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            line = output.readline() if selector.select(_START_SECONDS) else ""
        if not line.startswith("ready"):
            self.stop()
            raise RuntimeError("the RTSP server did not start")
        return line
