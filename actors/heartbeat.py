"""The driver's sign of life, for whoever starts one anew that hangs: Kubernetes looks how old a file is, systemd hears.

It comes from the loop that looks at everything, so a loop that stands still gives none. A driver that is merely slow
does: it waits at most a minute for a head that died (Ray's own patience) and two seconds for a node that is busy.
On failure: Unavailable when the file cannot be made. A later sign that cannot be given is left out; whoever waits for
it starts the driver anew, which costs seconds without frames and no read.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from pipeline.errors import Unavailable

NOTIFY_VARIABLE = "NOTIFY_SOCKET"
"""Where systemd listens, which it tells every service of a unit with WatchdogSec (sd_notify(3))."""


class Heartbeat:
    """Touches `file`, if one is named, and tells systemd, where it listens."""

    def __init__(self, file: str = "") -> None:
        self._file = Path(file) if file else None
        self._systemd = os.environ.get(NOTIFY_VARIABLE, "")
        try:
            if self._file is not None:
                self._file.touch()
        except OSError as error:
            raise Unavailable(f"[cluster] heartbeat_file {file}: cannot be made ({error.strerror})") from error

    def beat(self) -> None:
        with suppress(OSError):
            if self._file is not None:
                self._file.touch()
        if self._systemd:
            # an @ stands for the zero byte of a name that is no file's
            name = self._systemd.replace("@", "\0", 1) if self._systemd.startswith("@") else self._systemd
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
                told.sendto(b"WATCHDOG=1", name)
