"""A whole run that sends to an older back office, which is away, is killed between keeping a read and answering, and
comes back for the next run: at the end it has each read once, as the store here has it, and nothing was lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

import psutil
import pytest

from pipeline import bootstrap
from pipeline.domain.read import CaptureRecord, Direction
from pipeline.settings import Settings
from tests.support.bof_office import USER, lines_of
from tests.support.cluster import repeated
from tests.support.join_endpoint import SECRET
from tests.support.join_tls import LOOPBACK, Authority
from tests.support.processes import anpr, started
from tests.support.proxy import Proxy
from tests.support.runs import Acknowledged, run_settings, stored_ids

LONGEST_SECONDS = 240
KEPT_BEFORE_IT_DIES = 2
TIMES = 6
"""A clip that is read over and over lasts until the office, which only has to be let in, has come and died."""
__all__ = ["started"]
_TOWARD = {Direction.APPROACHING: "true", Direction.RECEDING: "false", Direction.UNKNOWN: ""}


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """The folder of a back office: its certificate, and the password it wants."""
    folder = tmp_path / "office"
    folder.mkdir()
    for file, name in zip(Authority(folder).certificate(LOOPBACK), ("certificate.crt", "certificate.key"), strict=True):
        shutil.copy(file, folder / name)
    (folder / "secret").write_text(SECRET + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    proxy = Proxy(1)
    proxy.start()
    yield proxy
    proxy.stop()


@contextmanager
def opened(folder: Path, dies_after: int = 0) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """An office that would answer, at a port that nobody is led to yet."""
    command = [sys.executable, "-m", "tests.support.bof_office", str(folder), str(dies_after)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def settings_file(folder: Path, clips: dict[str, Path], office: Path, port: int) -> Path:
    # as fast as it goes: what is shed on a busy machine gives no reads, and the run would end without any
    config = run_settings(folder, clips, realtime=False)
    numbers = ", ".join(f'"{name}" = {{ feed = 21, source = 4, camera = {n} }}' for n, name in enumerate(clips))
    with config.open("a", encoding="utf-8") as settings:
        settings.write(
            "\n[share]\nretry_first_seconds = 0.2\nretry_longest_seconds = 0.5\nbatch_wait_seconds = 0.05\n"
            f'[join.back_offices.bof]\nurl = "https://{LOOPBACK}:{port}/bof2/services/InputCaptureWebService"\n'
            f'username = "{USER}"\nbasic_user = "{USER}"\nsecret_file = "{office / "secret"}"\n'
            f'authorities_file = "{office / "authority.pem"}"\ncameras = {{ {numbers} }}\n'
        )
    return config


def expected(folder: Path, clips: Sequence[str]) -> list[tuple[str, ...]]:
    """What the office should have been told of all that is stored here."""
    store = bootstrap.store_reader(Settings(folder=str(folder)))
    records = [store.record_of(one) for one in stored_ids(folder)]
    return sorted(_told(one, clips) for one in records if one is not None)


def _told(record: CaptureRecord, clips: Sequence[str]) -> tuple[str, ...]:
    read = record.read
    at = read.captured_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return (
        str(clips.index(read.camera_id)), at, read.vrm, str(round(100 * read.confidence)), _TOWARD[read.direction],
        str(read.patch_digest), str(read.overview_digest),
    )  # fmt: skip


def got_by(office: Path) -> list[tuple[str, ...]]:
    names = (
        "cameraID", "captureDate", "vrm", "confidencePercentage", "motionTowardCamera", "plateImage", "overviewImage",
    )  # fmt: skip
    return sorted(tuple(one[name] for name in names) for one in lines_of(office / "kept"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_gives_a_back_office_that_is_away_and_is_killed_every_read_once(
    tmp_path: Path, three_clips: dict[str, Path], started: list[psutil.Process], office: Path, proxy: Proxy
) -> None:
    clips = three_clips | {"single": repeated(three_clips["single"], TIMES, tmp_path / "long.mp4")}
    config, log = settings_file(tmp_path, clips, office, proxy.port), tmp_path / "run.log"
    acknowledged = Acknowledged(tmp_path / "var")
    with opened(office, dies_after=KEPT_BEFORE_IT_DIES) as (process, port):
        run = anpr("run", "--config", config, log=log)
        started.append(run)
        while not acknowledged.ids:
            # durable here while nobody answers there
            assert run.is_running(), log.read_text(errors="replace")[-3000:]
            with pytest.raises(psutil.TimeoutExpired):
                run.wait(0.2)
            acknowledged.look()
        assert not lines_of(office / "kept")
        proxy.lead_to(port)
        process.wait(LONGEST_SECONDS)
    assert run.wait(LONGEST_SECONDS) == 0, log.read_text(errors="replace")[-3000:]
    assert len(lines_of(office / "kept")) == KEPT_BEFORE_IT_DIES
    with opened(office) as (_, port):
        proxy.lead_to(port)
        # what is left goes with the next run, which makes the same reads of the same clips again
        run = anpr("run", "--config", config, log=log)
        started.append(run)
        assert run.wait(LONGEST_SECONDS) == 0, log.read_text(errors="replace")[-3000:]
    told = log.read_text(errors="replace")
    should = expected(tmp_path / "var", list(clips))
    assert len(should) > KEPT_BEFORE_IT_DIES, told[-3000:]
    assert got_by(office) == should, told[-3000:]
    # the one that it kept and could not answer came again
    assert lines_of(office / "again")
    assert lines_of(office / "wrong") == []
    assert not [vrm for _, _, vrm, *_ in should if vrm in told]
