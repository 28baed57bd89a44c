"""The whole life of a store in an object store, over S3's protocol, and the move there from a folder."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import urllib.request
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipeline.domain.retention import first_day_kept
from pipeline.errors import Unavailable
from pipeline.store.copies.backup import back_up, restore
from pipeline.store.files import Files
from pipeline.store.integrity.quarantine import quarantine, quarantined
from pipeline.store.integrity.verify import verify
from pipeline.store.lake import Lake
from pipeline.store.settings import RetentionSettings, UpkeepSettings
from pipeline.store.tables import open_table
from pipeline.store.upkeep.compaction import Compactor
from pipeline.store.upkeep.erasures import recorded
from pipeline.store.upkeep.listing import files_of
from pipeline.store.upkeep.retention import Retention
from tests.support.durable import ListJournal
from tests.support.lake import held_by, ids_of, record_on, store

NOW = datetime(2026, 1, 7, tzinfo=UTC)
AT = datetime.now(UTC) + timedelta(days=2)
"""After what an object store, which dates objects itself, was just given: none is a commit in the making any more."""
FIRST_KEPT = first_day_kept(AT.date(), RetentionSettings().months)
RECORDS = [record_on(number, FIRST_KEPT - timedelta(days=1 - number % 2)) for number in range(6)]
pytestmark = pytest.mark.skipif(not find_spec("moto"), reason="needs moto's S3 server (pip install moto)")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        told = (re.search(r"Running on (http://127\.0\.0\.1:\d+)", line) for line in server.stderr)
        said = next(filter(None, told), None)
        assert said is not None, "the S3 server did not start"
        # what it says of every request is read and forgotten, or it would wait for a reader
        threading.Thread(target=deque, args=(server.stderr, 0), daemon=True).start()
        endpoint = said[1]
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/anpr", method="PUT")).close()
        yield endpoint
        server.terminate()


@pytest.fixture
def url(endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    given = {"ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test", "REGION": "us-east-1", "ALLOW_HTTP": "true"}
    for name, value in (given | {"ENDPOINT_URL": endpoint}).items():
        monkeypatch.setenv(f"AWS_{name}", value)
    return f"s3://anpr/{request.node.name[:40]}"


def test_a_store_lives_its_whole_life_in_an_object_store(url: str) -> None:
    store(url, RECORDS, each=3)
    compactor = Compactor(url, UpkeepSettings(merge_files=2, merge_image_files=2))
    while compactor.step(datetime.now(UTC) + timedelta(days=2)):
        continue
    assert held_by(url) == ids_of(RECORDS)
    assert verify(url).faults == []
    Retention(url, RetentionSettings()).expire(AT, confirmed=True)
    kept = [record for record in RECORDS if record.read.captured_at.date() == FIRST_KEPT]
    assert held_by(url) == ids_of(kept)
    assert [one.counts["reads"] for one in recorded(Files(url))] == [3]
    content = b"".join(Files(url).read(file.path) for file in Files(url).under(""))
    gone = [record for record in RECORDS if record not in kept]
    assert not [record for record in gone if record.read.vrm.encode() in content or record.patch in content]
    assert [record for record in kept if record.patch in content] == kept


def test_two_writers_cannot_both_commit(url: str) -> None:
    one, other = Lake(url, "one"), Lake(url, "one")
    entries = ListJournal(RECORDS).after(0, 3)
    one.append(entries)
    with pytest.raises(Unavailable, match="transaction"):
        other.append(entries)
    assert other.append(entries) == 0
    assert held_by(url) == ids_of(RECORDS[:3])


def test_a_store_moves_from_a_folder_and_goes_on(url: str, tmp_path: Path) -> None:
    folder = str(tmp_path / "store")
    store(folder, RECORDS[:4], each=2)
    back_up(folder, url, NOW)
    store(folder, RECORDS[:5])
    back_up(folder, url, NOW)
    store(url, RECORDS)
    assert held_by(url) == ids_of(RECORDS)
    assert verify(url).faults == []
    back_up(url, f"{url}-copy", NOW)
    restore(f"{url}-copy", str(tmp_path / "back"))
    assert held_by(str(tmp_path / "back")) == ids_of(RECORDS)


def test_a_damaged_object_is_named_and_put_aside(url: str) -> None:
    store(url, RECORDS, each=6)
    path = files_of(open_table(url, "reads"))[0].path
    Files(url).write(f"reads/{path}", b"damaged")
    faults = verify(url, quick=True).faults
    assert [(fault.table, fault.path) for fault in faults] == [("reads", path)]
    quarantine(url, faults, NOW)
    assert [one.path for one in quarantined(url)] == [path]
    assert [fault.what for fault in verify(url, quick=True).faults] == ["is missing"]
