"""Connections of the endpoint for cameras: how many there may be, and that none outlives the end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import ssl
import threading
import warnings
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import urllib3

from pipeline.clock import SystemClock
from pipeline.join.desk import JoinDesk
from pipeline.join.settings import Format
from tests.support.join_endpoint import PLAIN, KeptIntake, calling, every_format, everybody, post, serving, with_tls
from tests.support.join_tls import LOOPBACK, Authority
from tests.support.joined import MESSAGES

OF_AN_ENDPOINT = ("the endpoint for cameras", "joining", "asyncio")
"""Names of its threads."""


@pytest.fixture
def desk() -> JoinDesk:
    return JoinDesk(KeptIntake(), everybody, SystemClock())


def test_the_end_leaves_no_socket_open_of_a_sender_that_says_no_goodbye(tmp_path: Path, desk: JoinDesk) -> None:
    authority = Authority(tmp_path)
    context = ssl.create_default_context(cafile=authority.file)
    context.check_hostname = False
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with serving(with_tls(tmp_path, authority), desk) as port:
            with calling(port, ca_certs=str(authority.file)) as pool:
                post(pool, "onvif", *MESSAGES[Format.ONVIF])
            silent = context.wrap_socket(socket.create_connection((LOOPBACK, port), timeout=20))
            # answered, so it has been met, and then it stays
            silent.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert silent.recv(4096)
        gc.collect()
    silent.close()
    assert [str(one.message) for one in told if "unclosed" in str(one.message)] == []


def begun_handshakes(port: int, authority: Authority) -> list[socket.socket]:
    """Connect without a word, with a part of one, and with a whole client hello; none says more."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=str(authority.file)).wrap_bio(into, out, server_hostname=LOOPBACK)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    hello = out.read()
    begun = []
    for said in (b"", hello[:7], hello):
        begun.append(socket.create_connection((LOOPBACK, port), timeout=20))
        begun[-1].sendall(said)
    return begun


def is_hung_up(end: socket.socket) -> bool:
    """Tell whether the other end closes this connection, whatever it said before."""
    with contextlib.suppress(ConnectionResetError):
        while end.recv(4096):
            continue
    return True


def test_the_end_closes_connections_whose_handshake_is_under_way(tmp_path: Path, desk: JoinDesk) -> None:
    authority = Authority(tmp_path)
    threads = set(threading.enumerate())
    with serving(with_tls(tmp_path, authority), desk) as port:
        begun = [one for _ in range(5) for one in begun_handshakes(port, authority)]
        with calling(port, ca_certs=str(authority.file)) as pool:
            # who is answered came last, so all before have been accepted
            post(pool, "onvif", *MESSAGES[Format.ONVIF])
    assert [one for one in psutil.Process().net_connections() if one.laddr and one.laddr.port == port] == []
    # what other tests left of their own is not of this endpoint
    assert not [one for one in set(threading.enumerate()) - threads if one.name.startswith(OF_AN_ENDPOINT)]
    assert all(map(is_hung_up, begun))
    for one in begun:
        one.close()


def test_a_handshake_under_way_is_one_of_the_connections_there_may_be(tmp_path: Path, desk: JoinDesk) -> None:
    authority = Authority(tmp_path)
    trusted = str(authority.file)
    with serving(replace(with_tls(tmp_path, authority), most_connections=3), desk) as port:
        begun = begun_handshakes(port, authority)
        with calling(port, ca_certs=trusted) as pool, pytest.raises((urllib3.exceptions.HTTPError, OSError)):
            post(pool, "onvif", *MESSAGES[Format.ONVIF])
        for one in begun:
            one.close()
        with calling(port, ca_certs=trusted) as pool:
            # those who hang up make room, as soon as it is noticed
            assert answered(pool) == 200


def answered(pool: urllib3.HTTPConnectionPool) -> int:
    for _ in range(1000):
        try:
            return post(pool, "onvif", *MESSAGES[Format.ONVIF]).status
        except (urllib3.exceptions.HTTPError, OSError):
            continue
    raise AssertionError("there is no room for it")


def test_one_connection_too_many_is_closed(tmp_path: Path, desk: JoinDesk) -> None:
    settings = replace(PLAIN, most_connections=2, senders=every_format(tmp_path))

    async def connections(port: int) -> list[bytes]:
        several = [await asyncio.open_connection(LOOPBACK, port) for _ in range(3)]
        # by then the first two have been met
        said = await several[2][0].read()
        several[0][1].write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        first = await several[0][0].readline()
        for _, writer in several:
            writer.close()
            await writer.wait_closed()
        return [said, first]

    with serving(settings, desk) as port:
        assert asyncio.run(connections(port)) == [b"", b"HTTP/1.1 404 Not Found\r\n"]
