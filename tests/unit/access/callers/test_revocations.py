"""Lists of revoked certificates: whose count, which are refused, and how the laptop's authority grows its own."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from actors.cli.__main__ import main
from pipeline.access.callers.authority import REVOKED, Authority
from pipeline.access.callers.certificate import certificate_of
from pipeline.access.callers.door import Door
from pipeline.access.callers.revocations import Revocations, due_of
from pipeline.domain.access import Person
from pipeline.errors import SettingsError
from tests.support.clock import ManualClock
from tests.support.doors import ListedAudit

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_list_names_what_was_revoked_and_nothing_else(tmp_path: Path) -> None:
    authority = Authority(tmp_path, now=NOW)
    gone, good = (authority.issue(["kent.example"]).certificate for _ in range(2))
    authority.revoke([gone])
    revocations = Revocations(authority.file(REVOKED), authority.file())
    assert revocations.names(certificate_of(gone))
    assert not revocations.names(certificate_of(good))
    authority.revoke([good])
    assert revocations.names(certificate_of(gone))
    assert revocations.names(certificate_of(good))


@pytest.mark.parametrize("flaw", ["no file", "no list", "signed by a stranger", "in part", "of another version"])
def test_to_begin_with_a_list_that_cannot_be_used_is_a_fault_of_the_settings(tmp_path: Path, flaw: str) -> None:
    authority, stranger = Authority(tmp_path / "ours", now=NOW), Authority(tmp_path / "theirs", now=NOW)
    stranger.revoke()
    file = tmp_path / "list.pem"
    if flaw == "no list":
        file.write_bytes(authority.file().read_bytes())
    elif flaw == "signed by a stranger":
        file.write_bytes(stranger.file(REVOKED).read_bytes())
    elif flaw == "in part":
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.load_pem_x509_certificate(authority.file().read_bytes()).subject
        built = x509.CertificateRevocationListBuilder().issuer_name(issuer).last_update(NOW).next_update(NOW)
        built = built.add_extension(x509.DeltaCRLIndicator(1), critical=True)
        file.write_bytes(built.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    elif flaw == "of another version":
        authority.revoke()
        file.write_bytes(_of_version(9, authority.file(REVOKED).read_bytes()))
    with pytest.raises(SettingsError, match=r"\[services\]"):
        Revocations(file, authority.file())


def _of_version(number: int, content: bytes) -> bytes:
    """A list as `content` that says to be of another version of the standard, in PEM."""
    whole = x509.load_pem_x509_crl(content).public_bytes(Encoding.DER)
    other = whole.replace(b"\x02\x01\x01", bytes([2, 1, number]), 1)
    return b"-----BEGIN X509 CRL-----\n" + base64.encodebytes(other) + b"-----END X509 CRL-----\n"


def test_a_call_waits_for_a_disk_only_where_a_list_was_replaced(tmp_path: Path) -> None:
    authority = Authority(tmp_path, now=NOW)
    kent = certificate_of(authority.issue(["kent.example"]).certificate)
    authority.revoke()
    revocations = Revocations(authority.file(REVOKED), authority.file())
    door = Door({}, who=nobody, audit=ListedAudit(), clock=ManualClock(NOW), revoked=revocations)
    assert not door.asks_a_disk(())
    assert door.asks_a_disk(("Bearer x",))
    authority.revoke()
    assert door.asks_a_disk(())
    revocations.names(kent)
    assert not door.asks_a_disk(())
    # one that cannot be used is looked at once, not for every call
    authority.file(REVOKED).unlink()
    assert door.asks_a_disk(())
    revocations.names(kent)
    assert not door.asks_a_disk(())
    authority.revoke()
    assert door.asks_a_disk(())


def test_while_a_list_is_read_callers_are_told_to_wait_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path, now=NOW)
    authority.revoke()
    revocations, told = Revocations(authority.file(REVOKED), authority.file()), []
    authority.revoke()
    read = revocations._read

    def seen() -> frozenset[tuple[bytes, int]]:
        told.append(revocations.is_read())
        return read()

    monkeypatch.setattr(revocations, "_read", seen)
    revocations.names(certificate_of(authority.issue(["kent.example"]).certificate))
    assert (told, revocations.is_read()) == ([False], True)


def nobody(token: str, certificate_digest: str | None) -> Person:
    raise AssertionError("no token was shown")


def test_when_a_list_should_be_replaced_is_told(tmp_path: Path) -> None:
    authority = Authority(tmp_path, now=NOW, days=7)
    authority.revoke()
    assert due_of(authority.file(REVOKED).read_bytes()) == NOW + timedelta(days=7)


def test_the_command_revokes_what_it_made_and_nothing_it_does_not_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ["dev-ca", "--out", str(tmp_path)]
    assert main([*made, "--client", "kent"]) == 0
    revocations = Revocations(tmp_path / "revoked.pem", tmp_path / "authority.pem")
    kent = certificate_of((tmp_path / "kent.pem").read_bytes())
    assert not revocations.names(kent)
    assert main([*made, "--revoke", "kent"]) == 0
    assert "from the next call on" in capsys.readouterr().out
    assert revocations.names(kent)
    assert main([*made, "--revoke", "essex"]) == 1
