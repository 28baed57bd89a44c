"""Reads on their way to an older back office, over real TLS: ours, at which BOF2 comes in, is the other side."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actors.cli.__main__ import main
from actors.sending import SendingLoop
from pipeline import bootstrap, bootstrap_join
from pipeline.domain.read import CaptureRecord
from pipeline.join.settings import (
    BackOfficeSettings,
    Format,
    JoinedCameraSettings,
    JoinSettings,
    NumberedCameraSettings,
    SenderSettings,
)
from pipeline.settings import CamerasSettings, Settings, load_settings
from pipeline.share.settings import ShareSettings
from tests.support.join_endpoint import SECRET, serving
from tests.support.join_tls import LOOPBACK, Authority
from tests.support.joined import OVERVIEW, PATCH
from tests.support.proxy import Proxy
from tests.support.sharing import reads

PACE = ShareSettings(retry_first_seconds=0.1, retry_longest_seconds=0.2, batch_wait_seconds=0.01)
CAMERAS = 3
_PAUSE = threading.Event()
LONGEST_SECONDS = 60


class Office:
    """A facility that speaks BOF2, and what leads to it."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        certificate, key = self.authority.certificate(LOOPBACK)
        (folder / "secret").write_text(SECRET + "\n", encoding="utf-8")
        cameras = {
            f"21/4/{number}": JoinedCameraSettings(camera_id=f"theirs-{number}", feed_id="kent")
            for number in range(CAMERAS)
        }
        sender = SenderSettings(format=Format.BOF2, secret_file=str(folder / "secret"), cameras=cameras)
        join = JoinSettings(enabled=True, port=0, certificate_file=certificate, key_file=key, senders={"kent": sender})
        self.settings = Settings(
            folder=str(folder / "office"), cameras=CamerasSettings(require_assessment=False), join=join
        )
        self.journal = bootstrap.journal(self.settings)
        self.proxy = Proxy(1)
        self.proxy.start()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Let it answer."""
        with serving(self.settings.join, bootstrap_join.join_desk(self.settings, self.journal)) as port:
            self.proxy.lead_to(port)
            yield

    def address_in(self, folder: Path, **different: object) -> BackOfficeSettings:
        url = f"https://{LOOPBACK}:{self.proxy.port}/join/kent"
        return replace(
            BackOfficeSettings(
                url=url,
                pictures_url=url,
                cameras={f"camera-{n}": NumberedCameraSettings(feed=21, source=4, camera=n) for n in range(CAMERAS)},
                username="kent",
                basic_user="kent",
                secret_file=str(folder / "secret"),
                authorities_file=str(self.authority.file),
            ),
            **different,  # type: ignore[arg-type]
        )

    def records(self) -> list[CaptureRecord]:
        return [one.record for one in self.journal.after(0, 1000)]

    def close(self) -> None:
        self.proxy.stop()
        self.journal.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


@contextmanager
def sending(settings: Settings) -> Iterator[SendingLoop]:
    loop = SendingLoop(settings, "bof")
    thread = threading.Thread(target=loop.run)
    thread.start()
    yield loop
    loop.stop()
    thread.join()


def until(loop: SendingLoop, offset: int) -> None:
    """Return when everything up to that offset has arrived, pictures and all."""
    for _ in range(LONGEST_SECONDS * 20):
        if loop.hold() >= offset:
            return
        _PAUSE.wait(0.05)
    raise AssertionError(f"it did not arrive: {loop.status()}")


def made(count: int) -> list[CaptureRecord]:
    """Reads of some cameras in turn, a second apart until now."""
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=count)
    return [
        replace(one, read=replace(one.read, captured_at=at, received_at=at), patch=PATCH, overview=OVERVIEW)
        for number, one in enumerate(reads(range(count), cameras=CAMERAS))
        for at in (begin + timedelta(seconds=number),)
    ]


def told(record: CaptureRecord) -> tuple[object, ...]:
    """What BOF2 tells of a read."""
    read = record.read
    return (read.camera_id[-1], read.captured_at, read.vrm, round(read.confidence, 2), read.direction, read.location)


@pytest.mark.parametrize("at_once", [1, 50])
def test_the_office_gets_every_read_once_in_the_order_of_its_camera_with_its_pictures(
    tmp_path: Path, office: Office, at_once: int
) -> None:
    join = JoinSettings(back_offices={"bof": office.address_in(tmp_path, captures_at_once=at_once)})
    settings = Settings(folder=str(tmp_path / "force"), share=PACE, join=join)
    sent = made(40)
    with bootstrap.journal(settings) as journal, ExitStack() as opened, sending(settings) as loop:
        journal.append(sent[:20])
        opened.enter_context(office.open())
        until(loop, 20)
        office.proxy.cut()
        until(loop, journal.append(sent[20:]))
    got = [one for one in office.records() if not one.pictures_only]
    for camera in range(CAMERAS):
        assert [told(one) for one in got if one.read.camera_id == f"theirs-{camera}"] == [
            told(one) for one in sent if one.read.camera_id == f"camera-{camera}"
        ]
    with_pictures = [one for one in office.records() if one.patch or one.overview]
    pictures = sorted((one.read.read_id, jpeg) for one in with_pictures for jpeg in (one.patch, one.overview) if jpeg)
    assert pictures == sorted((one.read.read_id, jpeg) for one in got for jpeg in (PATCH, OVERVIEW))


def test_a_read_of_a_camera_without_numbers_waits_aside_until_it_has_some(
    tmp_path: Path, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    config, address = tmp_path / "force.toml", office.address_in(tmp_path)
    begun = (
        f'folder = "{tmp_path / "force"}"\n[share]\nretry_first_seconds = 0.1\n[join.back_offices.bof]\n'
        f'url = "{address.url}"\nusername = "kent"\nbasic_user = "kent"\nsecret_file = "{address.secret_file}"\n'
        f'authorities_file = "{address.authorities_file}"\n'
    )
    numbers = [f'"camera-{n}" = {{ feed = 21, source = 4, camera = {n} }}' for n in range(CAMERAS)]
    config.write_text(f"{begun}cameras = {{ {numbers[0]}, {numbers[1]} }}\n", encoding="utf-8")
    settings = load_settings(config)
    with bootstrap.journal(settings) as journal, office.open():
        with sending(settings) as loop:
            until(loop, journal.append(made(6)))
        assert len(office.records()) == 4
        config.write_text(f"{begun}cameras = {{ {', '.join(numbers)} }}\n", encoding="utf-8")
        assert main(["quarantine", "--resend", "--reason", "camera-2 has numbers", "--config", str(config)]) == 0
        assert "bof took 2 reads or their pictures; 0 stay aside" in capsys.readouterr().out
    assert {one.read.camera_id for one in office.records()} == {"theirs-0", "theirs-1", "theirs-2"}
    assert all(one.patch == PATCH for one in office.records())
