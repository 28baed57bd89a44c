"""A force and a national centre, two processes over mutual TLS: at the end both hold the same reads, each once."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actors.cli.__main__ import main
from pipeline.settings import load_settings
from pipeline.store.files import Files
from pipeline.store.upkeep.erasures import recorded
from pipeline.store.upkeep.retention import Retention
from tests.support.force_sender import BEGIN
from tests.support.lake import record_on, store
from tests.support.two_ends import TwoEnds

# longer than it has patience
pytestmark = pytest.mark.timeout(900)


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
    assert shown["newest_captured"] == (BEGIN + timedelta(seconds=499)).isoformat()


def test_what_the_centre_did_not_take_is_sent_again_when_the_cause_is_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # the command does not try again, and the centre has just come back
    with TwoEnds(tmp_path, answer_seconds=30.0) as ends:
        right = ends.centre_config.read_text()
        ends.centre_config.write_text(right.replace('feeds = ["kent"]', 'feeds = ["essex"]'))
        centre = ends.start_centre()
        force = ends.start_force(20)
        force.says("arrived")
        assert force.end() == 0
        assert centre.end(signal.SIGTERM) == 0
        ends.centre_config.write_text(right)
        ends.start_centre()
        resend = ["quarantine", "--resend", "--reason", "the centre knows our feed now"]
        assert main([*resend, "--config", str(ends.force_config)]) == 0
        assert "national took 40 reads or their pictures; 0 stay aside" in capsys.readouterr().out
        ends.wait_until_stored(20)
        ends.check_same(20)


def test_what_a_force_erased_at_the_limit_of_retention_is_shown_at_the_centre(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with TwoEnds(tmp_path) as ends:
        settings = load_settings(ends.force_config)
        url, now = settings.store.url_in(settings.folder), datetime.now(UTC)
        # a read whose twelve months are over, and the erasure as a node's maintenance does it
        store(url, [record_on(1, (now - timedelta(days=400)).date())])
        assert Retention(url, settings.retention).expire(now, confirmed=True)["reads"] == 1
        (erased,) = recorded(Files(url))
        ends.start_centre()
        ends.start_force(1)
        ends.until(lambda: bool(ends.show(capsys)[0]["erased_before"]), "the centre was not told of it")
        (shown,) = ends.show(capsys)
    assert shown["erased_before"] == erased.before.isoformat(timespec="seconds")
