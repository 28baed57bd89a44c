"""The endpoint for cameras of other makers: real TLS, real messages, and who and what is turned away."""

from __future__ import annotations

import json
import logging
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
import urllib3

from actors.join_certificates import Certificates
from actors.join_server import JoinServer, WithoutWhatWasSent
from pipeline.clock import SystemClock
from pipeline.domain.camera import Admission, NotAdmitted
from pipeline.domain.plate import CameraId
from pipeline.errors import SettingsError, Unavailable
from pipeline.join.desk import JoinDesk
from pipeline.join.settings import Format
from pipeline.wire.read_proto import decode_record
from tests.support.clock import ManualClock
from tests.support.join_endpoint import PLAIN, KeptIntake, calling, every_format, everybody, post, serving, with_tls
from tests.support.join_tls import LOOPBACK, Authority
from tests.support.joined import LATE_PICTURE, MARK, MESSAGES, OVERVIEW, SEND_CAPTURE, SEND_COMPACT


@pytest.fixture
def intake() -> KeptIntake:
    return KeptIntake()


@pytest.fixture
def desk(intake: KeptIntake) -> JoinDesk:
    return JoinDesk(intake, everybody, SystemClock())


@pytest.fixture
def pool(tmp_path: Path, desk: JoinDesk) -> Iterator[urllib3.HTTPConnectionPool]:
    with serving(replace(PLAIN, senders=every_format(tmp_path)), desk) as port, calling(port) as pool:
        yield pool


@pytest.mark.parametrize("kind", list(Format))
def test_a_message_posted_over_tls_is_taken_and_the_sender_is_told(
    tmp_path: Path, desk: JoinDesk, intake: KeptIntake, kind: Format
) -> None:
    authority = Authority(tmp_path)
    with (
        serving(with_tls(tmp_path, authority), desk) as port,
        calling(port, ca_certs=str(authority.file)) as pool,
    ):
        answer = post(pool, kind.value, *MESSAGES[kind])
        assert answer.status == 200, answer.data
        again = post(pool, kind.value, *MESSAGES[kind])
    assert (again.status, again.data) == (200, answer.data)
    (content,) = intake.records.values()
    record = decode_record(content)
    assert (record.read.vrm, record.read.camera_id, record.overview) == (MARK, f"{kind.value}-1", OVERVIEW)


def test_a_camera_may_show_a_certificate_instead_of_a_password(tmp_path: Path, desk: JoinDesk) -> None:
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    settings = with_tls(tmp_path, authority)
    named = {"gate": replace(settings.senders["onvif"], secret_file="", certificate_name="gate.cameras.example")}
    certificate, key = authority.certificate("gate.cameras.example")
    other = authority.certificate("yard.cameras.example")
    forged = stranger.certificate("gate.cameras.test")
    trusted = {"ca_certs": str(authority.file)}
    with serving(replace(settings, senders=named), desk) as port:
        with calling(port, cert_file=certificate, key_file=key, **trusted) as pool:
            assert post(pool, "gate", *MESSAGES[Format.ONVIF], secret=None).status == 200
        with calling(port, cert_file=other[0], key_file=other[1], **trusted) as pool:
            assert post(pool, "gate", *MESSAGES[Format.ONVIF], secret=None).status == 401
        with calling(port, **trusted) as pool:
            assert post(pool, "gate", *MESSAGES[Format.ONVIF]).status == 401
        with (
            calling(port, cert_file=forged[0], key_file=forged[1], **trusted) as pool,
            pytest.raises((urllib3.exceptions.HTTPError, OSError)),
        ):
            post(pool, "gate", *MESSAGES[Format.ONVIF], secret=None)


def test_a_wrong_password_and_an_unknown_sender_are_answered_alike(pool: urllib3.HTTPConnectionPool) -> None:
    wrong = post(pool, "onvif", *MESSAGES[Format.ONVIF], secret="correct horse battery stapler")
    unknown = post(pool, "nobody", *MESSAGES[Format.ONVIF])
    assert wrong.status == unknown.status == 401
    assert wrong.data == unknown.data
    assert wrong.headers["WWW-Authenticate"].startswith("Basic")


def test_a_read_is_only_acknowledged_when_it_is_durable(pool: urllib3.HTTPConnectionPool, intake: KeptIntake) -> None:
    intake.trouble = Unavailable("the disk is full")
    for kind in Format:
        answer = post(pool, kind.value, *MESSAGES[kind])
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert b"disk" not in answer.data
    intake.trouble = None
    assert post(pool, "onvif", *MESSAGES[Format.ONVIF]).status == 200


def test_a_soap_sender_is_answered_in_soap(pool: urllib3.HTTPConnectionPool) -> None:
    good = fromstring(post(pool, "bof2", SEND_COMPACT).data)
    assert json.loads("".join(good.itertext())) == {"taken": 1, "put_aside": 0, "refused": []}
    bad = post(pool, "bof2", SEND_CAPTURE.replace(b"sendCapture", b"sendNothing"))
    assert bad.status == 500
    assert "faultstring" in bad.data.decode()


def test_a_late_picture_is_kept_with_its_read_and_refused_without(pool: urllib3.HTTPConnectionPool) -> None:
    early = post(pool, "bof2", LATE_PICTURE)
    assert (early.status, b"unknown-read" in early.data) == (500, True)
    assert post(pool, "bof2", SEND_COMPACT).status == 200
    assert post(pool, "bof2", LATE_PICTURE).status == 200


def test_a_message_that_is_none_says_what_is_wrong_and_quotes_nothing(pool: urllib3.HTTPConnectionPool) -> None:
    answer = post(pool, "alpr-group", b'{"data_type": "AB12CDE"}', "application/json")
    assert answer.status == 422
    assert MARK.encode() not in answer.data


def test_a_camera_without_an_approved_assessment_sends_in_vain(tmp_path: Path, intake: KeptIntake) -> None:
    def nobody(camera_id: CameraId) -> Admission:
        return NotAdmitted(camera_id=camera_id, reason="its assessment has expired")

    desk = JoinDesk(intake, nobody, SystemClock())
    with serving(replace(PLAIN, senders=every_format(tmp_path)), desk) as port, calling(port) as pool:
        answer = post(pool, "hikvision", *MESSAGES[Format.HIKVISION])
    assert answer.status == 422
    assert json.loads(answer.data)["refused"] == ["camera hikvision-1: its assessment has expired"]
    assert intake.records == {}


def test_who_sends_too_fast_is_told_when_to_come_again(tmp_path: Path, desk: JoinDesk) -> None:
    senders = every_format(tmp_path, messages_a_minute=2)
    with serving(replace(PLAIN, senders=senders), desk) as port, calling(port) as pool:
        answers = [post(pool, "onvif", *MESSAGES[Format.ONVIF]) for _ in range(3)]
        assert [one.status for one in answers] == [200, 200, 429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 30
        # the others are not slowed
        assert post(pool, "hikvision", *MESSAGES[Format.HIKVISION]).status == 200


def test_a_message_too_large_is_refused(tmp_path: Path, desk: JoinDesk, intake: KeptIntake) -> None:
    settings = replace(PLAIN, most_message_kibibytes=8, senders=every_format(tmp_path))
    with serving(settings, desk) as port, calling(port) as pool:
        assert post(pool, "onvif", b"<a>" + b" " * 20_000).status == 413
    assert intake.records == {}


def test_a_slow_or_silent_sender_is_hung_up_on(tmp_path: Path, desk: JoinDesk) -> None:
    settings = replace(PLAIN, request_seconds=0.3, senders=every_format(tmp_path))
    with serving(settings, desk) as port:
        for begun in (b"", b"POST /join/onvif HTTP/1.1\r\nHost: a\r\nX-", b"\x16\x03\x01\x00"):
            with socket.create_connection((LOOPBACK, port), timeout=20) as waiting:
                waiting.sendall(begun)
                while waiting.recv(4096):
                    continue


def test_certificates_are_replaced_while_it_serves(tmp_path: Path) -> None:
    authority, folder = Authority(tmp_path), tmp_path / "new"
    folder.mkdir()
    settings = with_tls(tmp_path, authority)
    certificates = Certificates(settings)
    newer = Authority(folder)
    for old, new in zip((settings.certificate_file, settings.key_file), newer.certificate(LOOPBACK), strict=True):
        Path(old).write_bytes(b"not yet")
        certificates.look()
        Path(old).write_bytes(Path(new).read_bytes())
    certificates.look()
    assert certificates.context is not None
    assert shown_by(certificates.context, newer.file)


def shown_by(context: ssl.SSLContext, authority: Path) -> bool:
    """Tell whether a client that trusts `authority` believes what `context` shows."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=str(authority)).wrap_bio(into, out, server_hostname=LOOPBACK)
    server = context.wrap_bio(out, into, server_side=True)
    done = set()
    for _ in range(8):
        for end in (client, server):
            try:
                end.do_handshake()
                done.add(end)
            except ssl.SSLWantReadError:
                continue
    return len(done) == 2


def test_what_was_sent_is_in_no_log(pool: urllib3.HTTPConnectionPool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        post(pool, "onvif", MESSAGES[Format.ONVIF][0].replace(b"UtcTime", MARK.encode()))
        pool.request("POST", f"/join/{MARK}?vrm={MARK}", body=MARK.encode())
        with socket.create_connection((LOOPBACK, pool.port or 0), timeout=20) as raw:
            raw.sendall(f"{MARK} {MARK}\r\n{MARK}\r\n\r\n".encode())
            assert raw.recv(4096)
    ours = [one for one in caplog.records if not one.name.startswith("urllib3")]
    assert not [one for one in ours if MARK in one.getMessage() or MARK in str(one.exc_info)]


def test_what_nobody_understands_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    clock, quiet = ManualClock(), logging.getLogger(f"{__name__}.quiet")
    quiet.addFilter(WithoutWhatWasSent(clock))

    def happen(kind: type[Exception]) -> None:
        try:
            raise kind(MARK)
        except kind:
            quiet.exception("what %s sent", MARK)

    for _ in range(1000):
        happen(ValueError)
    happen(KeyError)
    clock.advance(10)
    happen(ValueError)
    once = "a request was not understood (ValueError)"
    assert caplog.messages == [once] * 30 + ["a request was not understood (KeyError)", f"{once}, 971 times"]


def test_files_that_cannot_be_used_are_a_fault_of_the_settings(tmp_path: Path, desk: JoinDesk) -> None:
    missing = str(tmp_path / "none.pem")
    senders = every_format(tmp_path)
    with pytest.raises(SettingsError, match="certificate"):
        JoinServer(replace(PLAIN, certificate_file=missing, key_file=missing, senders=senders), desk, SystemClock())
    short = tmp_path / "short"
    short.write_text("hunter2", encoding="utf-8")
    weak = {"gate": replace(senders["onvif"], secret_file=str(short))}
    with pytest.raises(SettingsError, match="shorter than 16"):
        JoinServer(replace(PLAIN, senders=weak), desk, SystemClock())
    with pytest.raises(ValueError, match="this machine"):
        replace(PLAIN, host="0.0.0.0")


def test_a_port_that_is_taken_is_named(tmp_path: Path, desk: JoinDesk) -> None:
    settings = replace(PLAIN, senders=every_format(tmp_path))
    with serving(settings, desk) as port, pytest.raises(Unavailable, match=f"port {port}"):
        JoinServer(replace(settings, port=port), desk, SystemClock()).start()
