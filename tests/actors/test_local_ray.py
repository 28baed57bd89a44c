"""A local Ray that is late is told as such, and leaves nothing running."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from actors.local_ray import Starting, inherited
from pipeline.errors import Unavailable

LATE = RuntimeError("Timed out waiting for file /tmp/ray/session/gcs_server_port_1")


@contextmanager
def head(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is called as Ray's head is."""
    program = folder / "gcs_server"
    if not program.exists():
        shutil.copy(shutil.which("sleep") or "", program)
    with subprocess.Popen([program, "60"]) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("error", [LATE, Exception("The current node timed out during startup.")])
def test_a_ray_that_is_late_is_told_and_its_head_ended(tmp_path: Path, error: Exception) -> None:
    with head(tmp_path) as of_somebody_else:
        starting = Starting()
        with head(tmp_path) as left_behind:
            with pytest.raises(Unavailable, match="did not start"), starting:
                raise error
            # whoever waits for it finds it gone
            assert left_behind.poll() is not None
        assert of_somebody_else.poll() is None


@pytest.mark.parametrize("error", [RuntimeError("Maybe you called ray.init twice by accident?"), ValueError("no")])
def test_what_is_no_lateness_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)), Starting():
        raise error


@pytest.mark.parametrize("before", [None, "ours"])
def test_what_is_started_within_has_the_variable_and_we_have_what_we_had(
    monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    monkeypatch.delenv("OF_A_CHILD", raising=False)
    if before:
        monkeypatch.setenv("OF_A_CHILD", before)
    telling = [sys.executable, "-c", "import os; print(os.environ['OF_A_CHILD'])"]
    with inherited("OF_A_CHILD", "its own"):
        told = subprocess.run(telling, capture_output=True, text=True, check=True).stdout
    assert told == "its own\n"
    assert os.environ.get("OF_A_CHILD") == before
    with pytest.raises(Unavailable), inherited("OF_A_CHILD", "its own"):
        raise Unavailable("it did not start")
    assert os.environ.get("OF_A_CHILD") == before
