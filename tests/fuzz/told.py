"""What the log tells while strangers' bytes come in: theirs, however odd, are no fault of ours."""

from __future__ import annotations

import logging

import pytest


def faults_told(caplog: pytest.LogCaptureFixture) -> set[str]:
    """Return what was logged as an error, whoever did; each once."""
    return {f"{one.name}: {one.getMessage()}" for one in caplog.records if one.levelno >= logging.ERROR}
