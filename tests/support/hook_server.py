"""A real HTTP server on the loopback that answers as a script says: a status, or trouble."""

from __future__ import annotations

import queue
import socket
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG, DIE, REDIRECT, HALF = "hang", "die", "redirect", "half"


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One request as it came, and how it is answered."""

    headers: dict[str, str]
    body: bytes
    answer: int | str = 200


@dataclass
class HookServer:
    """Its script is used up call by call; then every answer is 200."""

    script: deque[int | str]
    url: str = ""
    called: queue.Queue[Called] = field(default_factory=queue.Queue)
    let_go: threading.Event = field(default_factory=threading.Event)

    def calls(self) -> list[Called]:
        found = []
        while not self.called.empty():
            found.append(self.called.get())
        return found


@contextmanager
def hook_server(script: Sequence[int | str] = ()) -> Iterator[HookServer]:
    hook = HookServer(script=deque(script))

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = hook.script.popleft() if hook.script else 200
            hook.called.put(Called(headers={k.lower(): v for k, v in self.headers.items()}, body=body, answer=answer))
            if answer == HANG:
                hook.let_go.wait(30)
                self.close_connection = True
            elif answer == DIE:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            elif answer == HALF:
                self.wfile.write(b"HTTP/1.1 2")
                self.close_connection = True
            elif answer == REDIRECT:
                self.send_response(307)
                self.send_header("location", hook.url)
                self.send_header("content-length", "0")
                self.end_headers()
            else:
                self.send_response(int(answer))
                self.send_header("content-length", "0")
                self.end_headers()

        def log_message(self, *given: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    hook.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        hook.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()
