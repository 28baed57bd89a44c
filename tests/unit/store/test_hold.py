"""Exhibits leave the clock of the store whole, checked, and with the record of who took them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from pipeline.domain.read import ReadId, digest_of
from pipeline.errors import BadInput, IntegrityError, NotFound
from pipeline.store.copies.hold import hold
from pipeline.store.settings import RetentionSettings
from pipeline.store.upkeep.retention import Retention
from pipeline.wire.read_arrow import IMAGE_SCHEMA
from pipeline.wire.read_columns import read_digest
from tests.support.lake import held_by, record_on, store

DAY = date(2026, 1, 5)
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
RECORDS = [record_on(number, DAY) for number in range(4)]
CHOSEN = [record.read.read_id for record in RECORDS[1:3]]
WHO = {"by": "DC 1234", "reason": "exhibits ABC/1 and ABC/2"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = str(tmp_path / "store")
    store(url, RECORDS)
    return url


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    return tmp_path / "cases"


def test_an_exhibit_is_the_read_its_pictures_and_their_digests(url: str, cases: Path) -> None:
    held = hold(url, cases, case="R-v-Example", read_ids=CHOSEN, now=NOW, **WHO)
    assert held.exhibits == 2
    custody = json.loads((held.folder / "custody.json").read_text())
    assert digest_of((held.folder / "custody.json").read_bytes()) == held.custody_digest
    assert (custody["held_by"], custody["held_at"]) == ("DC 1234", NOW.isoformat())
    for record, exhibit in zip(RECORDS[1:3], custody["exhibits"], strict=True):
        folder = held.folder / record.read.read_id
        assert (folder / "patch.jpg").read_bytes() == record.patch
        assert (folder / "overview.jpg").read_bytes() == record.overview
        assert digest_of((folder / "read.bin").read_bytes()) == read_digest(record.read) == exhibit["record_digest"]
        assert json.loads((folder / "read.json").read_text())["vrm"] == record.read.vrm
        assert {name: digest_of((folder / name).read_bytes()) for name in exhibit["files"]} == exhibit["files"]


def test_what_is_held_outlives_the_limit(url: str, cases: Path) -> None:
    held = hold(url, cases, case="R-v-Example", read_ids=CHOSEN, now=NOW, **WHO)
    Retention(url, RetentionSettings()).expire(datetime(2027, 1, 6, tzinfo=UTC), confirmed=True)
    assert held_by(url) == []
    assert (held.folder / CHOSEN[0] / "patch.jpg").read_bytes() == RECORDS[1].patch


def test_custody_records_of_a_case_are_a_chain(url: str, cases: Path) -> None:
    first = hold(url, cases, case="c", read_ids=CHOSEN[:1], now=NOW, **WHO)
    second = hold(url, cases, case="c", read_ids=CHOSEN[1:], now=NOW + timedelta(days=1), **WHO)
    assert json.loads((first.folder / "custody.json").read_text())["previous_custody_digest"] == ""
    custody = json.loads((second.folder / "custody.json").read_text())
    assert custody["previous_custody_digest"] == first.custody_digest


def test_a_read_that_is_not_there_stops_the_whole_hold(url: str, cases: Path) -> None:
    with pytest.raises(NotFound, match="1 of the reads"):
        hold(url, cases, case="c", read_ids=[*CHOSEN, ReadId("f" * 32)], now=NOW, **WHO)
    assert not cases.exists()


def test_a_read_without_its_true_picture_is_no_exhibit(url: str, cases: Path) -> None:
    table = DeltaTable(f"{url}/images")
    others = [row for row in table.to_pyarrow_table().to_pylist() if row["kind"] != "patch"]
    write_deltalake(table, pa.Table.from_pylist(others, schema=IMAGE_SCHEMA), mode="overwrite")
    with pytest.raises(IntegrityError) as told:
        hold(url, cases, case="c", read_ids=CHOSEN, now=NOW, **WHO)
    assert RECORDS[1].read.vrm not in str(told.value)
    assert not cases.exists()


@pytest.mark.parametrize("case", ["", "../elsewhere", ".hidden", "a/b", "x" * 65])
def test_a_case_stays_in_its_folder(url: str, cases: Path, case: str) -> None:
    with pytest.raises(BadInput, match="case"):
        hold(url, cases, case=case, read_ids=CHOSEN, now=NOW, **WHO)


@pytest.mark.parametrize("missing", [{"by": " "}, {"reason": ""}])
def test_a_hold_says_who_and_why(url: str, cases: Path, missing: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="needs"):
        hold(url, cases, case="c", read_ids=CHOSEN, now=NOW, **(WHO | missing))
