"""The laptop's authority: keys for their owner's eyes, nothing replaced, names as they were given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.access.callers.authority import Authority
from pipeline.access.callers.certificate import certificate_of
from pipeline.errors import BadInput, Unavailable, Unidentified

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_keys_are_for_their_owner_alone_and_nothing_is_replaced(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca", now=NOW)
    authority.write("kent", ["kent.example"])
    before = {path.name: path.read_bytes() for path in (tmp_path / "ca").iterdir()}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "ca").glob("*.key.pem")} == {0o600}
    with pytest.raises(BadInput, match="already there"):
        Authority(tmp_path / "ca", now=NOW).write("kent", ["kent.example"])
    assert {path.name: path.read_bytes() for path in (tmp_path / "ca").iterdir()} == before


def test_a_certificate_bears_the_names_it_was_made_for_and_ends(tmp_path: Path) -> None:
    issued = Authority(tmp_path / "ca", now=NOW).issue(["kent.example", "urn:anpr:kent", "192.0.2.1"], days=3)
    shown = certificate_of(issued.certificate)
    # an address names a machine, not an organisation
    assert shown.names == {"kent.example", "urn:anpr:kent"}
    assert timedelta(days=2) < shown.not_after - NOW <= timedelta(days=3)


def test_half_an_authority_is_said_to_be_none(tmp_path: Path) -> None:
    Authority(tmp_path / "ca", now=NOW).file(key=True).unlink()
    with pytest.raises(Unavailable, match="remove the folder"):
        Authority(tmp_path / "ca", now=NOW)


def test_what_is_no_certificate_names_nobody() -> None:
    with pytest.raises(Unidentified):
        certificate_of(b"-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n")
