"""Addresses: what is opened, and what people may see of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.capture.address import parse_address, redacted
from pipeline.errors import BadInput


def test_a_path_a_file_url_and_a_relative_name_are_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spelled = [parse_address(text) for text in (str(tmp_path / "a b.mp4"), f"file://{tmp_path}/a%20b.mp4", "a b.mp4")]
    assert {one.target for one in spelled} == {f"file:{tmp_path}/a b.mp4"}
    assert not any(one.live for one in spelled)


def test_a_colon_in_a_file_name_is_not_a_protocol(tmp_path: Path) -> None:
    assert parse_address(f"{tmp_path}/gate 12:30.mp4").target == f"file:{tmp_path}/gate 12:30.mp4"


def test_a_camera_is_live_and_keeps_its_credentials_only_in_the_target() -> None:
    address = parse_address("rtsp://user:secret@10.0.0.1:554/live?token=abc")
    assert address.live
    assert address.target == "rtsp://user:secret@10.0.0.1:554/live?token=abc"
    assert address.shown == "rtsp://10.0.0.1:554/live"
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://user:secret@host/live",
        "rtsp://user:sec@secret/secret@host/live",
        "rtsp://user:?secret@host/live",
        "rtsp://user:#secret@host/live",
        "rtsp://host/live?password=secret",
        "rtsp://host/live#secret",
    ],
)
def test_no_way_of_writing_a_password_survives_redaction(url: str) -> None:
    assert "user" not in redacted(url)
    assert "secret" not in redacted(url)


@pytest.mark.parametrize("url", ["", "http://host/clip.mp4", "udp://host:1", "concat://a|b", "rtsp://", "a\0b"])
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        parse_address(url)
