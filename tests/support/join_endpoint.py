"""The endpoint for cameras of other makers as tests run it, and what calls it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import urllib3

from actors.join_server import JoinServer
from pipeline.clock import SystemClock
from pipeline.domain.camera import Admission, Admitted
from pipeline.domain.plate import CameraId
from pipeline.domain.sharing import Fault, Organisation, Outcome, Taken
from pipeline.errors import AnprError
from pipeline.join.desk import JoinDesk
from pipeline.join.settings import Format, JoinSettings, SenderSettings
from pipeline.wire.read_proto import decode_record
from tests.support.join_tls import LOOPBACK, Authority
from tests.support.joined import a_sender

SECRET = "correct horse battery staple"
PLAIN = JoinSettings(enabled=True, port=0, request_seconds=20.0)


class KeptIntake:
    """A `ReadIntake` that keeps records in lists, or raises what it was told to."""

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}
        self.pictures: dict[str, bytes] = {}
        self.trouble: AnprError | None = None

    def take(self, sender: Organisation, records: Sequence[bytes], *, sent_at: datetime | None = None) -> list[Outcome]:
        return [self._kept(self.records, one) for one in records]

    def take_pictures(self, sender: Organisation, records: Sequence[bytes]) -> list[Outcome]:
        known = [decode_record(one).read.read_id in self.records for one in records]
        return [
            self._kept(self.pictures, one) if is_known else Outcome(taken=Taken.REFUSED, fault=Fault.UNKNOWN_READ)
            for one, is_known in zip(records, known, strict=True)
        ]

    def _kept(self, kept: dict[str, bytes], content: bytes) -> Outcome:
        if self.trouble is not None:
            raise self.trouble
        read_id = decode_record(content).read.read_id
        taken = Taken.DUPLICATE if read_id in kept else Taken.ACCEPTED
        kept[read_id] = content
        return Outcome(taken=taken)


def everybody(camera_id: CameraId) -> Admission:
    return Admitted(camera_id=camera_id)


def every_format(folder: Path, **overrides: Any) -> dict[str, SenderSettings]:
    """A sender of each format, named as the format is, with the password SECRET."""
    secret = folder / "secret"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    return {kind.value: a_sender(kind, secret_file=str(secret), **overrides) for kind in Format}


def with_tls(folder: Path, authority: Authority) -> JoinSettings:
    certificate, key = authority.certificate(LOOPBACK)
    return replace(
        PLAIN,
        certificate_file=certificate,
        key_file=key,
        client_authorities_file=str(authority.file),
        senders=every_format(folder),
    )


@contextmanager
def serving(settings: JoinSettings, desk: JoinDesk) -> Iterator[int]:
    """Yield the port of a running endpoint."""
    server = JoinServer(settings, desk, SystemClock())
    port = server.start()
    try:
        yield port
    finally:
        server.stop()


@contextmanager
def calling(port: int, **tls: Any) -> Iterator[urllib3.HTTPConnectionPool]:
    """Yield what posts to the endpoint; with `ca_certs` by HTTPS."""
    pool = (
        urllib3.HTTPSConnectionPool("127.0.0.1", port, retries=False, timeout=20, **tls)
        if tls
        else urllib3.HTTPConnectionPool("127.0.0.1", port, retries=False, timeout=20)
    )
    with pool:
        yield pool


def post(
    pool: urllib3.HTTPConnectionPool,
    sender: str,
    body: bytes,
    content_type: str = "text/xml",
    *,
    secret: str | None = SECRET,
) -> urllib3.BaseHTTPResponse:
    headers = {"Content-Type": content_type}
    if secret is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{sender}:{secret}".encode()).decode()
    return pool.request("POST", f"/join/{sender}", body=body, headers=headers)
