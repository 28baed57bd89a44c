"""From another maker's message over real TLS to a durable read of the node."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from pipeline import bootstrap, bootstrap_join
from pipeline.domain.query import Limits, Query, exact
from pipeline.domain.read import CaptureRecord, digest_of, with_late_pictures
from pipeline.errors import NotFound
from pipeline.join.settings import Format, JoinSettings
from pipeline.settings import CamerasSettings, Settings
from pipeline.store.copies.hold import hold
from tests.support.clock import ManualClock
from tests.support.join_endpoint import SECRET, calling, every_format, post, serving
from tests.support.join_tls import LOOPBACK, Authority
from tests.support.joined import AT, CAMERA_NAMES, LATE_PICTURE, MARK, MESSAGES, OVERVIEW, PATCH, SEND_COMPACT
from tests.support.processes import anpr, kill_everything

LONGEST_START_SECONDS = 240


def in_journal(settings: Settings) -> list[CaptureRecord]:
    with bootstrap.journal_reader(settings) as reader:
        return [one.record for one in reader.after(0, 1000)]


def settings_in(folder: Path, **of_join: object) -> Settings:
    settings = Settings(folder=str(folder / "var"), cameras=CamerasSettings(require_assessment=False))
    return replace(settings, join=JoinSettings(enabled=True, port=0, senders=every_format(folder), **of_join))  # type: ignore[arg-type]


def test_messages_of_every_format_become_durable_reads_once(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.certificate(LOOPBACK)
    settings = settings_in(tmp_path, certificate_file=certificate, key_file=key)
    journal = bootstrap.journal(settings)
    desk = bootstrap_join.join_desk(settings, journal, clock=ManualClock(AT + timedelta(seconds=3)))
    with serving(settings.join, desk) as port, calling(port, ca_certs=str(authority.file)) as pool:
        for _ in range(2):
            for kind in Format:
                assert post(pool, kind.value, *MESSAGES[kind]).status == 200
    records = in_journal(settings)
    assert sorted(one.read.camera_id for one in records) == sorted(f"{kind.value}-1" for kind in Format)
    assert {one.read.vrm for one in records} == {MARK}
    assert {one.overview for one in records} == {OVERVIEW}
    journal.close()


def test_a_late_picture_is_in_the_journal_after_its_read(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    journal = bootstrap.journal(settings)
    desk = bootstrap_join.join_desk(settings, journal, clock=ManualClock(AT + timedelta(seconds=3)))
    with serving(settings.join, desk) as port, calling(port) as pool:
        assert post(pool, "bof2", LATE_PICTURE).status == 500
        assert post(pool, "bof2", SEND_COMPACT).status == 200
        assert post(pool, "bof2", LATE_PICTURE).status == 200
    read, picture = in_journal(settings)
    assert (read.read.read_id, read.patch, read.pictures_only) == (picture.read.read_id, b"", False)
    assert (picture.patch, picture.pictures_only) == (PATCH, True)
    journal.close()


def test_a_late_picture_is_found_shown_and_held_with_the_read_that_came_without(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with bootstrap.journal(settings) as journal:
        desk = bootstrap_join.join_desk(settings, journal, clock=ManualClock(AT + timedelta(seconds=3)))
        for message in (SEND_COMPACT, LATE_PICTURE):
            assert desk.take("bof2", settings.join.senders["bof2"], message, "text/xml").taken == 1
        bootstrap.store_tail(settings).finish()
    records = bootstrap.search(settings).records
    query = Query(begin=AT - timedelta(days=1), end=AT + timedelta(days=1), terms=(exact(MARK),))
    (read,) = records.reads(bootstrap.search(settings).page(query, Limits()).found)
    whole = with_late_pictures(read, records.late_pictures([read]))
    assert records.pictures([whole.patch_digest]) == {digest_of(PATCH): PATCH}
    assert whole.overview_digest == read.overview_digest
    store = bootstrap.store_reader(settings)
    assert (store.record_of(read.read_id), store.export_pictures([read], tmp_path / "shown")) == (
        CaptureRecord(read=read, patch=PATCH, overview=b""),
        1,
    )
    url = settings.store.url_in(settings.folder)
    held = hold(url, tmp_path / "cases", case="1", read_ids=[read.read_id], now=AT, by="DC 1234", reason="ABC/1")
    assert (held.folder / read.read_id / "patch.jpg").read_bytes() == PATCH


def test_a_camera_whose_clock_is_ahead_is_put_aside_and_not_read(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    journal = bootstrap.journal(settings)
    desk = bootstrap_join.join_desk(settings, journal, clock=ManualClock(AT - timedelta(hours=1)))
    receipt = desk.take("onvif", settings.join.senders["onvif"], *MESSAGES[Format.ONVIF])
    assert (receipt.taken, receipt.put_aside) == (0, 1)
    assert in_journal(settings) == []
    journal.close()


def test_a_camera_that_nobody_assessed_is_told_how_to_be(tmp_path: Path) -> None:
    settings = replace(settings_in(tmp_path), cameras=CamerasSettings())
    journal = bootstrap.journal(settings)
    desk = bootstrap_join.join_desk(settings, journal, clock=ManualClock(AT))
    receipt = desk.take("onvif", settings.join.senders["onvif"], *MESSAGES[Format.ONVIF])
    assert receipt.refused == ("camera onvif-1: it is not registered: `anpr camera add onvif-1 …`",)
    journal.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_answered_read_outlives_the_power_cut_of_a_running_node(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.certificate(LOOPBACK)
    (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
    config, log = tmp_path / "settings.toml", tmp_path / "log"
    config.write_text(
        f'folder = "{tmp_path}/var"\n[metrics]\nport = 0\n[services]\nport = 0\n[cameras]\nrequire_assessment = false\n'
        # the message's day is fixed, the node's clock is not
        f"[retention]\nmonths = 1200\n"
        f'[join]\nenabled = true\nport = 0\ncertificate_file = "{certificate}"\nkey_file = "{key}"\n'
        f'[join.senders.gate]\nformat = "hikvision"\nsecret_file = "{tmp_path}/secret"\n'
        f'cameras = {{ "{CAMERA_NAMES[Format.HIKVISION]}" = {{ camera_id = "gate" }} }}\n',
        encoding="utf-8",
    )
    node = anpr("run", "--config", config, log=log)
    try:
        with calling(_port_of(node, log), ca_certs=str(authority.file)) as pool:
            answer = post(pool, "gate", *MESSAGES[Format.HIKVISION])
        assert (answer.status, answer.json()["taken"]) == (200, 1), log.read_text(encoding="utf-8")
    finally:
        kill_everything(node)
    assert MARK not in log.read_text(encoding="utf-8")
    (record,) = in_journal(Settings(folder=f"{tmp_path}/var"))
    assert (record.read.vrm, record.read.camera_id, record.patch) == (MARK, "gate", PATCH)


def _port_of(node: psutil.Popen, log: Path) -> int:
    """Return the port that the node says, once it says it."""
    for _ in range(LONGEST_START_SECONDS * 5):
        said = re.search(r"https://127\.0\.0\.1:(\d+)/join/", log.read_text(encoding="utf-8"))
        if said is not None:
            return int(said[1])
        try:
            node.wait(0.2)
        except psutil.TimeoutExpired:
            continue
        raise NotFound(f"the node ended: {log.read_text(encoding='utf-8')}")
    raise AssertionError("the node did not start in time")
