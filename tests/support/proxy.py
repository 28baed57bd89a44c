"""A proxy on the loopback that does to connections what networks do: cuts, delays, holes that swallow, half-closes."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

_PIECE = 64 * 1024


class Proxy:
    """Passes connections on to `port` of this machine, from `start` until `stop`."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._passing = threading.Event()
        self._passing.set()
        self._refusing = False
        self._stopped = threading.Event()
        self.delay_seconds = 0.0

    def start(self) -> None:
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self._listener.close()
        self.cut()

    def lead_to(self, port: int) -> None:
        """Pass on to another port from now on: a peer that came back elsewhere."""
        self._target = port

    def cut(self) -> None:
        """Break every connection at once; new ones are passed on."""
        with self._lock:
            ends, self._open = self._open, set()
        for end in ends:
            _close(end)

    def refuse(self, refusing: bool) -> None:
        """Break every connection, and new ones as they come."""
        self._refusing = refusing
        if refusing:
            self.cut()

    def swallow(self, swallowing: bool) -> None:
        """Let connections stand and nothing through."""
        if swallowing:
            self._passing.clear()
        else:
            self._passing.set()

    def half_close(self) -> None:
        """Tell every end that the other will say no more, and go on carrying what it says itself."""
        with self._lock:
            ends = list(self._open)
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_WR)

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                if self._refusing:
                    raise ConnectionRefusedError
                far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
                far.settimeout(None)
            except OSError:
                _close(near)
                continue
            for end in (near, far):
                # both ends set it, and what lies between them must not undo that
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while piece := one.recv(_PIECE):
                self._passing.wait()
                if self.delay_seconds:
                    self._stopped.wait(self.delay_seconds)
                other.sendall(piece)
            other.shutdown(socket.SHUT_WR)
            return
        self._forget(one, other)

    def _forget(self, *ends: socket.socket) -> None:
        with self._lock:
            self._open -= set(ends)
        for end in ends:
            _close(end)


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
