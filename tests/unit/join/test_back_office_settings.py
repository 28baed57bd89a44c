"""What the settings of an older back office refuse before a read is sent there."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.join.settings import BackOfficeSettings, NumberedCameraSettings

GOOD: dict[str, Any] = {
    "url": "https://bof.example/InputCaptureWebService",
    "cameras": {"gate": NumberedCameraSettings(feed=21, source=4, camera=7)},
    "username": "kent",
}


@pytest.mark.parametrize("key", ["url", "pictures_url"])
@pytest.mark.parametrize("url", ["http://bof.example/", "https://name:word@bof.example/", "ftp://127.0.0.1/", "bof"])
def test_an_older_back_office_is_told_nothing_in_the_clear(key: str, url: str) -> None:
    BackOfficeSettings(**GOOD | {key: "http://127.0.0.1:8080/to-try-out"})
    with pytest.raises(ValueError, match="https"):
        BackOfficeSettings(**GOOD | {key: url})
