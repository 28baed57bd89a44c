"""How other processes of this machine reach the one writer: a socket of the file system in the log's folder.

Promise: only processes of the user whose process holds the log are answered (the folder lets no other in, and the
kernel says who calls); what comes back has been durable since before it was sent. Whoever may use the socket could as
well write the file: it gives nobody more than the folder's permissions do.
On failure: Unavailable when nobody holds the log or the log cannot be kept: then the caller must not go on.
"""

from __future__ import annotations

import json
import os
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.access.audit.chain import event_of, line_of, read_entry, told
from pipeline.access.audit.log import AuditLog
from pipeline.domain.audit import AuditEntry, AuditEvent
from pipeline.errors import AnprError, IntegrityError, Unavailable

NAME = "audit.socket"
_MOST_BYTES = 4 * 2**20
_SECONDS = 30.0
_CREDENTIALS = struct.Struct("3i")


class AuditSocket:
    """Lets others write to `log`, from `start` until `stop`. Whoever holds the log may replace what a crash left."""

    def __init__(self, log: AuditLog, folder: Path) -> None:
        self._path = folder / NAME
        self._path.unlink(missing_ok=True)
        with _short(folder) as short:
            self._server = _Server(str(short / NAME), _Asked)
        self._server.log = log
        self._path.chmod(0o600)
        self._thread = threading.Thread(target=self._server.serve_forever, name="audit", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)
        self._thread.join()


class DistantAudit:
    """The log that another process of this machine holds, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def append(self, events: list[AuditEvent]) -> list[AuditEntry]:
        try:
            with _short(self._folder) as short, socket.socket(socket.AF_UNIX) as there:
                there.settimeout(_SECONDS)
                there.connect(str(short / NAME))
                there.sendall(json.dumps([told(event) for event in events]).encode() + b"\n")
                answer = json.loads(there.makefile("rb").readline(_MOST_BYTES))
            if "refused" in answer:
                raise Unavailable(str(answer["refused"]))
            return [read_entry(line.encode()) for line in answer["entries"]]
        except (OSError, ValueError, KeyError, TypeError, IntegrityError) as error:
            raise Unavailable("the audit log's writer does not answer; nothing may be answered without it") from error

    def is_there(self) -> bool:
        """Tell whether somebody answers."""
        try:
            return self.append([]) == []
        except Unavailable:
            return False


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    # with the usual five, a caller among many would be turned away instead of waiting its turn
    request_queue_size = 128
    log: AuditLog


class _Asked(socketserver.StreamRequestHandler):
    timeout = _SECONDS

    def handle(self) -> None:
        server = self.server
        if not isinstance(server, _Server) or _user_of(self.connection) != os.getuid():
            return
        try:
            events = [event_of(one) for one in json.loads(self.rfile.readline(_MOST_BYTES))]
            answer: dict[str, object] = {"entries": [line_of(one).decode() for one in server.log.append(events)]}
        except (ValueError, KeyError, TypeError):
            answer = {"refused": "this is no list of events"}
        except AnprError as error:
            answer = {"refused": str(error)}
        self.wfile.write(json.dumps(answer).encode() + b"\n")


def _user_of(caller: socket.socket) -> int:
    given = caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(given)[1])


@contextmanager
def _short(folder: Path) -> Iterator[Path]:
    """Yield a short path to `folder`: the address of a socket has at most 107 bytes."""
    descriptor = os.open(folder, os.O_PATH)
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
