"""What the measurements of sharing run: the two ends with their certificates, processes, and the least that could
receive the same calls."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import grpc

from benchmarks.sharing_ends import RAW
from pipeline.access.callers.authority import Authority

ROOT = Path(__file__).parents[1]
RAW_SECONDS = 3.0
_LONGEST_CALL_SECONDS = 60.0
_MOST_CALLS_A_SECOND = 1e6
"""What is measured is not the limit that keeps a caller from taking a centre for himself."""


class Ends:
    """Settings and certificates of a force and a centre in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.authority = Authority(folder / "ca", now=datetime.now(UTC))
        self.authority.write("server", ["127.0.0.1"])
        self.authority.write("kent", ["kent.test"])
        file = self.authority.file
        self.centre, self.force = folder / "centre.toml", folder / "force.toml"
        self.centre.write_text(f"""
folder = "{folder / "centre"}"
[services]
port = 0
certificate_file = "{file("server")}"
key_file = "{file("server", key=True)}"
client_authorities_file = "{file()}"
[services.organisations.kent]
names = ["kent.test"]
may = ["national"]
[services.limits]
calls_a_second = {_MOST_CALLS_A_SECOND}
[share.senders.kent]
feeds = ["kent"]
""")

    def channel(self, port: int) -> grpc.Channel:
        """Return a connection of the force's."""
        file = self.authority.file
        files = (file(), file("kent", key=True), file("kent"))
        credentials = grpc.ssl_channel_credentials(*(one.read_bytes() for one in files))
        return grpc.secure_channel(f"127.0.0.1:{port}", credentials)

    def lead_to(self, port: int) -> None:
        file = self.authority.file
        self.force.write_text(f"""
folder = "{self.folder / "force"}"
[share]
peer = "127.0.0.1:{port}"
with_pictures = false
certificate_file = "{file("kent")}"
key_file = "{file("kent", key=True)}"
authorities_file = "{file()}"
""")


def raw_rate(ends: Ends, folder: Path, requests: Sequence[bytes], reads: int, at_once: int) -> float:
    """Return reads a second that the least handler takes of `requests`, which hold `reads` and come again and again."""
    file = ends.authority.file
    files = (file("server", key=True), file("server"), file())
    with (
        child("-m", "benchmarks.sharing_ends", "raw", str(folder), *map(str, files)) as server,
        ends.channel(int(said(server))) as channel,
    ):
        channel.unary_unary(RAW)(requests[0])
        times, seconds = 0, 0.0
        while seconds < RAW_SECONDS:
            seconds += seconds_of_calls(channel, RAW, requests, at_once)
            times += 1
        return times * reads / seconds


def seconds_of_calls(channel: grpc.Channel, method: str, requests: Sequence[bytes], at_once: int) -> float:
    """Return how long it takes until all `requests` are answered, of which so many are under way at once."""
    call = channel.unary_unary(method)
    begun = time.monotonic()
    under_way: deque[Future[bytes]] = deque()
    for request in requests:
        if len(under_way) == at_once:
            under_way.popleft().result()
        under_way.append(call.future(request, timeout=_LONGEST_CALL_SECONDS))
    for one in under_way:
        one.result()
    return time.monotonic() - begun


@contextmanager
def child(*command: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=120)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def port_in(line: str) -> int:
    return int(line.split(":")[1].split(".")[0])


def run(*arguments: object) -> str:
    """Run a process of benchmarks.sharing_ends; return the last line it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sharing_ends", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout.strip().splitlines()[-1]
