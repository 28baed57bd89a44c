"""A force and a national centre, two processes over mutual TLS: at the end both hold the same reads, each once."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support.two_ends import TwoEnds


def test_reads_and_pictures_go_to_the_centre_and_its_lists_come_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with TwoEnds(tmp_path) as ends:
        ends.load_list("stolen", ["AB12CDE", "XY99ZZZ"])
        centre = ends.start_centre()
        force = ends.start_force(500)
        force.says("arrived")
        ends.wait_for_list("national-stolen", 2)
        assert force.end() == 0
        assert centre.end(signal.SIGTERM) == 0
        ends.check_same(500)
        (shown,) = ends.show(capsys)
    assert (shown["force"], shown["reads"], shown["pictures"], shown["put_aside"]) == ("kent", 500, 1000, 0)
    assert shown["newest_captured"] == "2026-11-01T00:08:19+00:00"
