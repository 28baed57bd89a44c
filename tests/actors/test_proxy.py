"""The proxy of the tests of faults ends whole: what it left behind once failed a test whose two ends held the same."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from tests.support.left_open import PATIENCE_SECONDS, connections
from tests.support.proxy import Proxy


def open_through(proxy: Proxy, listener: socket.socket) -> int:
    """Count this process's ends of connections to and from the proxy."""
    return connections(proxy.port, listener.getsockname()[1])


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_a_proxy_that_has_stopped_lets_nobody_in_and_keeps_nothing_open(listener: socket.socket) -> None:
    proxy = Proxy(listener.getsockname()[1])
    proxy.start()
    with socket.create_connection(("127.0.0.1", proxy.port)) as near:
        far, _ = listener.accept()
        with far:
            near.sendall(b"through")
            assert far.recv(100) == b"through"
            proxy.stop()
            assert (near.recv(100), far.recv(100)) == (b"", b"")
            # each of the two is left with its own end, and nobody has the other
            assert open_through(proxy, listener) == 2
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port))


def test_what_both_ends_have_closed_is_closed_between_them(listener: socket.socket) -> None:
    proxy = Proxy(listener.getsockname()[1])
    proxy.start()
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", proxy.port)) as near:
            far, _ = listener.accept()
            near.shutdown(socket.SHUT_WR)
            assert far.recv(100) == b""
            far.sendall(b"the other way stays open")
            far.close()
            assert near.recv(100) == b"the other way stays open"
            assert near.recv(100) == b""
    # the last thread to end closes, a moment after both ends were told
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while open_through(proxy, listener):
        assert time.monotonic() < give_up_at
    proxy.stop()
