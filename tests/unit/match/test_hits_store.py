"""Hits: durable before they are told, each once, numbered for whoever follows them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.hotlist import Hit, HitKind, HotlistId, hit_id_of
from pipeline.domain.read import Read, ReadId
from pipeline.errors import IntegrityError, Unavailable
from pipeline.match.hits_reader import HitsReader
from pipeline.match.hits_store import HitsStore, StoredHits
from tests.support.builders import a_read, a_voi

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "hits.db"


@pytest.fixture
def hits(path: Path) -> Iterator[HitsStore]:
    store = HitsStore(path, "journal-1", busy_seconds=0.01)
    yield store
    store.close()


@pytest.fixture
def stored(path: Path) -> Iterator[StoredHits]:
    reader = StoredHits(path)
    yield reader
    reader.close()


def a_hit(number: int, **of_voi: Any) -> tuple[Hit, Read]:
    read, voi = a_read(read_id=ReadId(f"{number:032x}")), a_voi(**of_voi)
    hit = Hit(
        hit_id=hit_id_of(read.read_id, voi.hotlist_id, voi.vrm),
        read_id=read.read_id,
        voi=voi,
        kind=HitKind.NEAR,
        likelihood=0.25,
        hotlist_revision="7",
        as_it_was=False,
        read_age_seconds=3.5,
    )
    return hit, read


def ids(stored: StoredHits) -> list[str]:
    return [one.read.read_id for one in stored.after(0, 100)]


def test_a_hit_is_kept_whole_but_for_where_the_camera_stands(hits: HitsStore, stored: StoredHits, path: Path) -> None:
    hit, read = a_hit(1, weed_date=AT, make="Ford")
    assert hits.append([(hit, read)], position=7, at=AT) == [(hit, read)]
    (one,) = stored.after(0, 10)
    assert (one.number, one.hit, one.read, one.matched_at) == (1, hit, replace(read, location=None), AT)
    assert hits.position == 7
    assert read.location is not None


def test_a_hit_is_told_once(hits: HitsStore, stored: StoredHits) -> None:
    assert hits.append([a_hit(1)], position=1, at=AT) == [a_hit(1)]
    assert hits.append([a_hit(1), a_hit(2), a_hit(2)], position=2, at=AT) == [a_hit(2)]
    assert ids(stored) == [a_hit(1)[1].read_id, a_hit(2)[1].read_id]


def test_a_mark_on_two_lists_is_two_hits(hits: HitsStore, stored: StoredHits) -> None:
    hits.append([a_hit(1), a_hit(1, hotlist_id=HotlistId("uninsured"))], position=1, at=AT)
    assert len(ids(stored)) == 2


def test_hits_and_position_outlive_the_process_and_hits_stay_single(hits: HitsStore, path: Path) -> None:
    hits.append([a_hit(1)], position=4, at=AT)
    hits.close()
    again = HitsStore(path, "journal-1")
    assert again.position == 4
    assert again.append([a_hit(1), a_hit(2)], position=5, at=AT) == [a_hit(2)]
    again.close()


def test_the_position_in_another_journal_means_nothing_here(hits: HitsStore, path: Path) -> None:
    hits.append([a_hit(1)], position=4, at=AT)
    hits.close()
    other = HitsStore(path, "journal-2")
    assert other.position == 0
    other.close()


def test_the_position_moves_on_without_a_hit(hits: HitsStore) -> None:
    assert hits.append([], position=9, at=AT) == []
    assert hits.position == 9


def test_whoever_follows_takes_each_hit_once_in_order(hits: HitsStore, path: Path) -> None:
    reader = HitsReader(path)
    hits.append([a_hit(number) for number in range(5)], position=1, at=AT)
    first = reader.after("", 3)
    assert [one.hit.read_id for _, one in first] == [a_hit(number)[1].read_id for number in range(3)]
    rest = reader.after(first[-1][0], 10)
    assert [one.read.read_id for _, one in rest] == [a_hit(number)[1].read_id for number in (3, 4)]
    assert reader.after(rest[-1][0], 10) == []
    hits.append([a_hit(9)], position=2, at=AT)
    assert len(reader.after(rest[-1][0], 10)) == 1
    reader.close()


@pytest.mark.parametrize("position", ["another 1", "nonsense", "99 120 digest"])
def test_a_position_in_another_file_is_read_from_the_beginning(hits: HitsStore, path: Path, position: str) -> None:
    hits.append([a_hit(1)], position=1, at=AT)
    reader = HitsReader(path)
    assert len(reader.after(position, 10)) == 1
    reader.close()


def test_a_position_ahead_of_a_restored_file_is_read_from_the_beginning(hits: HitsStore, path: Path) -> None:
    hits.append([a_hit(1)], position=1, at=AT)
    reader = HitsReader(path)
    ((position, _),) = reader.after("", 10)
    identity = position.split()[0]
    assert len(reader.after(f"{identity} 5", 10)) == 1
    reader.close()


def test_no_file_is_no_hits(tmp_path: Path) -> None:
    nothing = tmp_path / "none.db"
    assert HitsReader(nothing).after("", 10) == []
    assert StoredHits(nothing).newest() == 0
    assert StoredHits(nothing).by_id("1") is None
    assert not nothing.exists()


def test_a_hit_is_found_by_its_id(hits: HitsStore, stored: StoredHits) -> None:
    hits.append([a_hit(1), a_hit(2)], position=1, at=AT)
    found = stored.by_id(a_hit(2)[0].hit_id)
    assert found is not None
    assert found.hit == a_hit(2)[0]
    assert stored.by_id("none") is None


def test_hits_of_vehicles_captured_long_ago_are_erased_and_their_numbers_are_not_given_again(
    hits: HitsStore, stored: StoredHits, path: Path
) -> None:
    (old, old_read), (new, new_read) = a_hit(1), a_hit(2)
    hits.append(
        [(old, replace(old_read, captured_at=AT - timedelta(days=400))), (new, replace(new_read, captured_at=AT))],
        position=1,
        at=AT,
    )
    assert hits.expire(AT - timedelta(days=365)) == {"hits": 1}
    assert ids(stored) == [new_read.read_id]
    assert hits.expire(AT + timedelta(days=1)) == {"hits": 1}
    hits.append([a_hit(3)], position=2, at=AT)
    assert [one.number for one in stored.after(0, 10)] == [3]
    left = b"".join(file.read_bytes() for file in path.parent.glob("hits.db*"))
    assert old.hit_id.encode() not in left


def test_a_lock_held_too_long_holds_the_hits_back_and_loses_none(hits: HitsStore, path: Path) -> None:
    in_the_way = sqlite3.connect(path, isolation_level=None)
    in_the_way.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="nothing was acknowledged"):
        hits.append([a_hit(1)], position=1, at=AT)
    assert hits.position == 0
    in_the_way.close()
    assert hits.append([a_hit(1)], position=1, at=AT) == [a_hit(1)]


def test_a_damaged_hit_is_told_by_number_and_its_mark_is_not(hits: HitsStore, stored: StoredHits, path: Path) -> None:
    hits.append([a_hit(1)], position=1, at=AT)
    vandal = sqlite3.connect(path, isolation_level=None)
    vandal.execute("UPDATE hits SET hit = ?", (b'{"vrm": "AB12CDE"}',))
    vandal.close()
    with pytest.raises(IntegrityError, match="hit 1 is damaged") as told:
        stored.after(0, 10)
    assert "AB12CDE" not in str(told.value)


def test_a_file_that_is_no_database_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "hits.db"
    path.write_bytes(b"something else entirely" * 100)
    with pytest.raises(IntegrityError):
        HitsStore(path, "journal-1")
    assert path.read_bytes().startswith(b"something else")


def test_a_path_that_cannot_be_used_is_unavailable(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(Unavailable):
        HitsStore(path, "journal-1")
