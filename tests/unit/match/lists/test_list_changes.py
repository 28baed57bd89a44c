"""Any row of full files and deltas leaves what a dictionary would, in any number of shards, now and in the past."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import Unavailable
from pipeline.match.instants import OPEN_END
from pipeline.match.lists.catalogue import terms_of
from pipeline.match.lists.difference import difference
from pipeline.match.lists.entries import SHARED_FIELDS, EntriesBuilder, in_order, marks_of, order_of
from pipeline.match.lists.held import Change, Held
from pipeline.match.lists.publication import Publication, Publisher, snapshot_from
from pipeline.match.lists.shard import Shard
from pipeline.match.lists.source import LocalHotlist, segments_of
from tests.support.lists import Lists, entries_in, held_entries

Held2 = dict[tuple[str, int], list[str]]
# few marks, so that changes meet; two spellings of one mark, a partial one and long ones among them
MARKS = ("AB12CDE", "AB12CDO", "AB12CD0", "XY34ZZZ", "A1", "A1*", "??34ZZZ", "ABCDEFGH12345678", "ABCDEFGH12345679")
rows = st.lists(st.tuples(st.sampled_from(MARKS), st.integers(0, 2), st.sampled_from("abc")), max_size=12)
removals = st.lists(st.tuples(st.sampled_from(MARKS), st.integers(0, 2), st.just("")), max_size=4)
steps = st.lists(st.tuples(st.booleans(), rows, removals), max_size=6)


def table(given_rows: list[tuple[str, int, str]]) -> pa.Table:
    builder = EntriesBuilder()
    for mark, hotlist, reason in given_rows:
        shared = tuple(reason if name == "reason" else "x" for name in SHARED_FIELDS)
        builder.add(vrm=mark, hotlist=hotlist, valid_from=0, weed_date=OPEN_END, shared=shared, own=("", reason, ""))
    return in_order(builder.build())


def told(held: pa.Table, at: int | None = None) -> Held2:
    found: Held2 = {}
    for row in held.to_pylist():
        on = row["removed_at"] == OPEN_END if at is None else row["listed_at"] <= at < row["removed_at"]
        if on:
            mark = row["vrm"].rstrip(b"\0").decode()
            found.setdefault((mark, row["hotlist"]), []).append(row["shared"].split("\x1f")[3])
    return {key: sorted(reasons) for key, reasons in found.items()}


def of_list(table_: pa.Table, hotlist: int) -> pa.Table:
    return table_.filter(pa.array(table_["hotlist"].to_numpy() == hotlist))


@given(steps=steps)
@settings(max_examples=60, deadline=None)
def test_what_is_held_is_what_a_dictionary_would_hold_now_and_at_any_time(steps: list[Any]) -> None:
    held, wanted = Held(), Held2()
    past: list[Held2] = []
    for at, (_, put, off) in enumerate(steps, 1):
        for mark, hotlist, _ in [*put, *off]:
            wanted.pop((mark, hotlist), None)
        for mark, hotlist, reason in put:
            wanted.setdefault((mark, hotlist), []).append(reason)
        held = held.after(Change(entries=table(put), removals=table(off)), at)
        past.append({key: sorted(reasons) for key, reasons in wanted.items()})
    settled = held.settled()
    assert told(settled) == (past[-1] if past else {})
    assert [told(settled, at) for at in range(1, len(past) + 1)] == past
    marks = marks_of(settled)
    assert bool(np.all(marks[:-1] <= marks[1:])) if len(marks) else True


@given(before=rows, after=rows)
@settings(max_examples=60, deadline=None)
def test_the_difference_of_two_full_files_makes_the_one_into_the_other(before: list[Any], after: list[Any]) -> None:
    one, other = (of_list(table([(mark, 0, reason) for mark, _, reason in some]), 0) for some in (before, after))
    found = difference(one, other)
    held = Held().after(Change(entries=one, removals=table([])), 1).after(found.change, 2)
    assert told(held.settled()) == told(other)
    marks = {mark for mark, *_ in before} | {mark for mark, *_ in after}
    assert found.added + found.altered + found.removed + found.same == len(marks)
    assert found.same == sum(told(one).get((mark, 0)) == told(other).get((mark, 0)) for mark in marks)


@given(steps=steps, shards=st.integers(1, 3))
@settings(max_examples=8, deadline=None)
def test_a_full_list_is_its_base_and_its_deltas_in_any_number_of_shards(steps: list[Any], shards: int) -> None:
    with TemporaryDirectory() as folder:
        lists = Lists(Path(folder))
        lists.full("ZZ99ZZZ,always", header="vrm,reason")
        running = [Shard(lists.store, number=number, shards=shards) for number in range(shards)]
        publishers = [Publisher(lambda value: value) for _ in running]
        for one in running:
            one.advance(1)
        for whole, put, off in steps:
            if whole:
                lines = [f"{mark},{reason}" for mark, _, reason in put]
                lists.full("ZZ99ZZZ,always", *lines, header="vrm,reason", reason="test")
            else:
                lines = [f"{mark},,{reason}" for mark, _, reason in put] + [f"{mark},remove," for mark, *_ in off]
                revision = lists.store.head().lists[0].revision
                lists.delta(*lines, base=revision, header="vrm,change,reason", reason="test")
        head = lists.store.head()
        published = tuple(
            publisher.publish(one.advance(head.sequence)) for publisher, one in zip(publishers, running, strict=True)
        )
        snapshot = snapshot_from(Publication(head=head, history_from=0, shards=published), list)
        wanted = held_entries(lists.reopened())
        fresh = [
            Shard(lists.reopened(), number=number, shards=shards).advance(head.sequence) for number in range(shards)
        ]
        again = [segments_of(state, terms_of(head)) for state in fresh]
        alone = LocalHotlist(lists.reopened(), lists.clock, look_every_seconds=1).current()
        assert sorted(map(str, entries_in(snapshot))) == sorted(map(str, wanted))
        assert sum(len(segment.index) for segments in again for segment in segments) >= len(wanted)
        assert sorted(map(str, entries_in(alone))) == sorted(map(str, wanted))
        lists.store.close()


@pytest.mark.parametrize("marks", [[], ["A1"], ["B1", "A1"], ["ABCDEFGH2", "ABCDEFGH1", "ABCDEFGH"]])
def test_rows_are_sorted_by_mark(marks: list[str]) -> None:
    given_marks = np.array(marks, "S16")
    assert given_marks[order_of(given_marks, np.zeros(len(marks), np.uint16))].tolist() == sorted(given_marks.tolist())


def test_a_shard_gives_the_same_base_after_a_small_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.match.lists.store._LARGE_ROWS", 1)
    lists = Lists(tmp_path)
    lists.full("AB12CDE", "XY34ZZZ")
    shard = Shard(lists.store)
    first = shard.advance(1)
    lists.delta("NE11NEW,", base=1)
    second = shard.advance(2)
    assert second.base.index is first.base.index
    assert len(second.overlay.layer) == 1


def test_a_shard_asked_for_an_earlier_revision_tells_it_from_disk(tmp_path: Path) -> None:
    lists = Lists(tmp_path)
    lists.full("AB12CDE")
    lists.delta("NE11NEW,", base=1)
    shard = Shard(lists.store)
    assert len(shard.advance(2)) == 2
    assert len(shard.advance(1)) == 1


def test_a_shard_looks_up_many_marks_at_once_and_tells_only_what_is_in_force(tmp_path: Path) -> None:
    lists = Lists(tmp_path)
    lists.full(
        "AB12CDO,one,",
        "AB12CDO,two,",
        "XY34ZZZ,off,",
        "OL11OLD,past,2026-01-01",
        "NE11NEW,c,",
        header="vrm,reason,weed_date",
    )
    lists.delta("XY34ZZZ,remove", base=1)
    lists.clock.advance(86_400)
    shard = Shard(lists.store)
    with pytest.raises(Unavailable):
        shard.look_up(["AB12CDO"], lists.clock.now())
    shard.advance(2)
    marks = ["AB12CD0", "XY34ZZZ", "OL11OLD", "NE11NEW", "NO11ONE"]
    sequence, found = shard.look_up(marks, lists.clock.now())
    assert sequence == 2
    # O and 0 are one glyph on a plate
    assert [sorted(entry.reason for entry in several) for several in found] == [["one", "two"], [], [], ["c"], []]
