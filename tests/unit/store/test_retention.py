"""At the limit everything is gone, from every byte, whatever the clocks said and wherever the erasure was killed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.domain.read import CaptureRecord
from pipeline.errors import Unavailable
from pipeline.store.files import Files
from pipeline.store.integrity.verify import verify
from pipeline.store.lake import Lake
from pipeline.store.look import StoreReader
from pipeline.store.settings import RetentionSettings, UpkeepSettings
from pipeline.store.upkeep.compaction import Compactor
from pipeline.store.upkeep.erasures import recorded
from pipeline.store.upkeep.retention import FAULT_POINTS, Retention
from tests.support.lake import KillAt, Killed, every_byte_below, held_by, ids_of, record_on, store

DAY = date(2026, 1, 5)
SETTINGS = RetentionSettings(months=12)
LAST_DAY = datetime(2027, 1, 5, 23, 59, tzinfo=UTC)
DAY_AFTER = datetime(2027, 1, 6, 0, 0, tzinfo=UTC)
OLD = [record_on(number, DAY) for number in range(5)]
KEPT = [record_on(number, DAY + timedelta(days=1)) for number in range(10, 14)]


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = str(tmp_path / "store")
    store(url, [*OLD, *KEPT], each=3)
    return url


def expire(url: str, now: datetime, *, confirmed: bool = True) -> dict[str, int]:
    return dict(Retention(url, SETTINGS).expire(now, confirmed=confirmed))


def date_long_ago(files: Iterable[Path]) -> None:
    """Files are of the machine's day; when `DAY_AFTER` is past they would all be commits in the making."""
    for file in files:
        os.utime(file, (0, 0))


def traces_of(records: list[CaptureRecord], url: str) -> list[str]:
    """Return which marks, pictures and ids of `records` are anywhere in the store's bytes."""
    content = every_byte_below(Path(url))
    needles = [
        needle
        for record in records
        for needle in (record.read.vrm.encode(), record.patch, record.overview[:30], record.read.read_id.encode())
    ]
    return [needle.decode() for needle in needles if needle in content]


def test_nothing_goes_before_its_day_is_over(url: str) -> None:
    assert expire(url, LAST_DAY) == {}
    assert held_by(url) == ids_of([*OLD, *KEPT])
    assert recorded(Files(url)) == []


def test_at_the_limit_everything_is_gone_from_every_byte(url: str) -> None:
    assert len(traces_of(OLD, url)) == 4 * len(OLD)
    gone = expire(url, DAY_AFTER)
    assert (gone["reads"], gone["images"]) == (5, 10)
    assert held_by(url) == ids_of(KEPT)
    assert traces_of(OLD, url) == []
    assert len(traces_of(KEPT, url)) == 4 * len(KEPT)
    assert str(DAY) not in str(sorted(Path(url).rglob("capture_day=*")))


def test_what_compaction_replaced_goes_with_its_day_though_its_hour_is_not_over(url: str) -> None:
    compactor = Compactor(url, UpkeepSettings(merge_files=2, merge_image_files=2))
    while compactor.step(datetime.now(UTC) + timedelta(days=2)):
        continue
    date_long_ago(Path(url).rglob("*.parquet"))
    expire(url, DAY_AFTER)
    assert traces_of(OLD, url) == []
    assert held_by(url) == ids_of(KEPT)


def test_the_record_of_an_erasure_says_what_and_how_many_and_no_mark(url: str) -> None:
    expire(url, DAY_AFTER)
    (erasure,) = recorded(Files(url))
    assert (erasure.at, erasure.because) == (DAY_AFTER, "retention of 12 months")
    assert erasure.before == datetime(2026, 1, 6, tzinfo=UTC)
    assert (erasure.counts["reads"], erasure.counts["images"]) == (5, 10)
    assert erasure.counts["files"] >= 2
    assert erasure.counts["log files"] >= 2
    assert traces_of([*OLD, *KEPT], f"{url}/ledger") == []


def test_a_store_goes_on_after_an_erasure(url: str) -> None:
    expire(url, DAY_AFTER)
    more = record_on(20, DAY + timedelta(days=30))
    store(url, [*OLD, *KEPT, more])
    assert held_by(url) == ids_of([*KEPT, more])


@pytest.mark.parametrize("point", FAULT_POINTS)
def test_an_erasure_that_ends_anywhere_is_carried_out_by_the_next(url: str, point: str) -> None:
    with pytest.raises(Killed):
        Retention(url, SETTINGS, KillAt(point)).expire(DAY_AFTER, confirmed=True)
    expire(url, DAY_AFTER)
    assert traces_of(OLD, url) == []
    assert held_by(url) == ids_of(KEPT)
    assert [(one.counts["reads"], one.counts["images"]) for one in recorded(Files(url))] == [(5, 10)]


@pytest.mark.parametrize("captured", [DAY, DAY + timedelta(days=4000)])
def test_what_comes_between_an_erasure_that_was_killed_and_the_next_goes_as_well(url: str, captured: date) -> None:
    with pytest.raises(Killed):
        Retention(url, SETTINGS, KillAt("erasure-intended")).expire(DAY_AFTER, confirmed=True)
    # such comes of a restored backup, whose journal gives it once more
    late = [record_on(number, captured, received=DAY) for number in range(20, 24)]
    store(url, [*OLD, *KEPT, *late], each=3)
    assert traces_of(late, url)
    expire(url, DAY_AFTER)
    assert traces_of([*OLD, *late], url) == []
    assert held_by(url) == ids_of(KEPT)


def test_a_read_dated_in_the_future_goes_by_its_receipt(url: str) -> None:
    ahead = [record_on(30, date(2035, 5, 5), received=DAY), record_on(31, date(2035, 5, 5), received=date(2026, 6, 1))]
    store(url, [*OLD, *KEPT, *ahead])
    assert expire(url, DAY_AFTER)["reads"] == 6
    assert traces_of(ahead[:1], url) == []
    assert held_by(url) == ids_of([*KEPT, ahead[1]])
    assert StoreReader(url).reads(vrm=ahead[1].read.vrm) == [ahead[1].read]
    assert verify(url).faults == []


def test_a_read_dated_long_ago_goes_at_once(url: str) -> None:
    ancient = record_on(30, date(1999, 5, 5), received=date(2026, 12, 30))
    store(url, [*OLD, *KEPT, ancient])
    expire(url, DAY_AFTER)
    assert traces_of([ancient], url) == []
    assert held_by(url) == ids_of(KEPT)


def test_a_read_whose_receipt_is_in_the_future_too_goes_so_long_after_it_was_noticed(url: str) -> None:
    ahead = record_on(30, date(2099, 5, 5), received=date(2099, 5, 5))
    store(url, [*OLD, *KEPT, ahead])
    expire(url, DAY_AFTER)
    expire(url, datetime(2028, 1, 6, tzinfo=UTC))
    assert held_by(url) == ids_of([ahead])
    expire(url, datetime(2028, 1, 7, tzinfo=UTC))
    assert held_by(url) == []
    assert traces_of([ahead], url) == []


def test_a_leap_day_is_kept_to_the_end_of_february(tmp_path: Path) -> None:
    url = str(tmp_path / "leap")
    leap, next_day = record_on(1, date(2028, 2, 29)), record_on(2, date(2028, 3, 1))
    store(url, [leap, next_day])
    expire(url, datetime(2029, 2, 28, 23, 59, tzinfo=UTC))
    assert held_by(url) == ids_of([leap, next_day])
    expire(url, datetime(2029, 3, 1, tzinfo=UTC))
    assert held_by(url) == ids_of([next_day])


def test_a_clock_that_jumps_far_ahead_erases_nothing_until_the_date_is_confirmed(url: str) -> None:
    assert expire(url, LAST_DAY, confirmed=False) == {}
    with pytest.raises(Unavailable, match="confirm"):
        expire(url, LAST_DAY + timedelta(days=365), confirmed=False)
    assert held_by(url) == ids_of([*OLD, *KEPT])
    assert expire(url, LAST_DAY + timedelta(days=2), confirmed=False)["reads"] == 9


def test_a_clock_set_back_over_midnight_brings_nothing_back_and_stops_nothing(url: str) -> None:
    expire(url, DAY_AFTER)
    assert expire(url, LAST_DAY, confirmed=False) == {}
    assert expire(url, DAY_AFTER, confirmed=False) == {}
    assert held_by(url) == ids_of(KEPT)


def test_a_file_in_quarantine_goes_with_its_day(url: str) -> None:
    quarantined = Path(url) / "quarantine" / "reads" / f"capture_day={DAY}" / "part-1.parquet"
    quarantined.parent.mkdir(parents=True)
    quarantined.write_bytes(b"damaged rows of ZZ99AAAA")
    assert expire(url, DAY_AFTER)["quarantined files"] == 1
    assert not quarantined.exists()


@pytest.mark.parametrize(
    "left",
    [
        f"reads/capture_day={DAY}/part-1.parquet",
        "reads/capture_day=2026-12-30/part-1.parquet#1",
        "marks/_delta_log/_commit_1.json.tmp",
        "images/_delta_log/00000000000000000001.checkpoint.parquet#2",
    ],
)
def test_what_a_killed_writer_left_goes_though_no_log_names_it(url: str, left: str) -> None:
    stray = Path(url) / left
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"rows of ZZ99ZZZZ")
    date_long_ago([stray])
    assert expire(url, DAY_AFTER)["stray files"] == 1
    assert not stray.exists()
    assert held_by(url) == ids_of(KEPT)


def test_an_empty_store_has_nothing_to_erase(tmp_path: Path) -> None:
    Lake(str(tmp_path / "new"), "one")
    assert expire(str(tmp_path / "new"), DAY_AFTER) == {}
    assert json.loads((tmp_path / "new" / "ledger" / "retention.json").read_text())["ahead"] == {}


@pytest.mark.parametrize("wrong", [{"months": 0}, {"longest_standstill_days": 0}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"must be|at least"):
        RetentionSettings(**wrong)
