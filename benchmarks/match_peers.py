"""The peers of `benchmarks.match`, in the same run: Redis over loopback, and RapidFuzz's scan for one difference."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.match.keys import Marks

_LOADED_AT_ONCE = 50_000
_START_SECONDS = 20.0


def redis_get_us(marks: Marks, asked: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Return how long each GET took, in µs, from a Redis that holds `marks`; empty where Redis is not installed.

    By redis-py, as Python programs call it, and over an open socket without any client, the least one can spend.
    """
    program = shutil.which("redis-server")
    if program is None:
        return {}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        try:
            with _connected(port) as connection:
                _load(connection, marks)
                took = {"redis_bare_socket_get": _timed(connection, asked)}
            return took | _by_client(port, asked)
        finally:
            server.terminate()
            server.wait()


def _connected(port: int) -> socket.socket:
    give_up_at = time.monotonic() + _START_SECONDS
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        except ConnectionRefusedError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.05)
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection


def _load(connection: socket.socket, marks: Marks) -> None:
    for start in range(0, len(marks), _LOADED_AT_ONCE):
        chunk = marks[start : start + _LOADED_AT_ONCE].tolist()
        connection.sendall(
            b"".join(b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$1\r\n1\r\n" % (len(mark), mark) for mark in chunk)
        )
        due = len(b"+OK\r\n") * len(chunk)
        while due:
            due -= len(connection.recv(min(due, 1 << 16)))


def _timed(connection: socket.socket, asked: Sequence[str]) -> NDArray[np.float64]:
    took = np.empty(len(asked))
    for at, mark in enumerate(asked):
        begun = time.perf_counter_ns()
        connection.sendall(b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(mark), mark.encode()))
        connection.recv(64)
        took[at] = (time.perf_counter_ns() - begun) / 1000
    return took


def _by_client(port: int, asked: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    try:
        import redis
    except ImportError:
        return {}
    client = redis.Redis(host="127.0.0.1", port=port)
    took = np.empty(len(asked))
    for at, mark in enumerate(asked):
        begun = time.perf_counter_ns()
        client.get(mark)
        took[at] = (time.perf_counter_ns() - begun) / 1000
    client.close()
    return {"redis_get": took}


def rapidfuzz_ms(marks: Marks, asked: Sequence[str]) -> float | None:
    """Return how long one scan of `marks` for those one difference away takes; None without RapidFuzz."""
    try:
        from rapidfuzz import process
        from rapidfuzz.distance import Levenshtein
    except ImportError:
        return None
    texts = [mark.decode() for mark in marks.tolist()]
    begun = time.perf_counter()
    process.cdist(asked, texts, scorer=Levenshtein.distance, score_cutoff=1, dtype=np.uint8, workers=1)
    return (time.perf_counter() - begun) * 1000 / len(asked)
