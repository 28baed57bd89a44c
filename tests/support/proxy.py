"""A proxy on the loopback that does to connections what networks do: cuts, delays, holes that swallow, half-closes."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

_PIECE = 64 * 1024


@dataclass(eq=False)
class _Connection:
    """The two ends of a connection, and the threads that carry from one to the other.

    Whoever breaks it shuts the ends down, which wakes both threads; the last of them closes. Closing under a thread
    that is about to read would let it read from whatever has the same number next.
    """

    ends: tuple[socket.socket, socket.socket]
    threads: list[threading.Thread] = field(default_factory=list)
    carrying: int = 2

    def shut(self, how: int) -> None:
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(how)


class Proxy:
    """Passes connections on to `port` of this machine, from `start` until `stop`."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[_Connection] = set()
        self._lock = threading.Lock()
        self._passing = threading.Event()
        self._passing.set()
        self._refusing = False
        self._stopped = threading.Event()
        self._accepting = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self.delay_seconds = 0.0

    def start(self) -> None:
        self._accepting.start()

    def stop(self) -> None:
        """Break every connection and take no more; return when all are closed."""
        self._stopped.set()
        self._passing.set()
        # closing alone would leave it waiting, and the next to connect would be let in
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        with self._lock:
            carrying = [thread for one in self._open for thread in one.threads]
        self.cut()
        for thread in carrying:
            thread.join()

    def lead_to(self, port: int) -> None:
        """Pass on to another port from now on: a peer that came back elsewhere."""
        self._target = port

    def cut(self) -> None:
        """Break every connection at once; new ones are passed on."""
        self._shut(socket.SHUT_RDWR)

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
        self._shut(socket.SHUT_WR)

    def _shut(self, how: int) -> None:
        with self._lock:
            for one in self._open:
                one.shut(how)

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for end in (near, far):
                # both ends set it, and what lies between them must not undo that
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._begin(_Connection((near, far)))

    def _begin(self, connection: _Connection) -> None:
        near, far = connection.ends
        with self._lock:
            if self._refusing or self._stopped.is_set():
                near.close()
                far.close()
                return
            self._open.add(connection)
            for one, other in ((near, far), (far, near)):
                thread = threading.Thread(target=self._carry, args=(connection, one, other), daemon=True)
                connection.threads.append(thread)
                thread.start()

    def _carry(self, connection: _Connection, one: socket.socket, other: socket.socket) -> None:
        try:
            while piece := one.recv(_PIECE):
                self._passing.wait()
                if self.delay_seconds:
                    self._stopped.wait(self.delay_seconds)
                other.sendall(piece)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            connection.shut(socket.SHUT_RDWR)
        with self._lock:
            connection.carrying -= 1
            if not connection.carrying:
                self._open.remove(connection)
                for end in connection.ends:
                    end.close()
