"""The flat index finds what a search through all entries finds, from any copy of its buffer."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.vrm import MAXIMUM_LENGTH, Vrm, parse_voi_mark, parse_vrm, same_glyphs
from pipeline.errors import BadInput
from pipeline.match.index import EntryColumns, FlatIndex, build_index
from pipeline.match.instants import OPEN_END, OPEN_START
from pipeline.match.keys import hash_of, hashes_of, key_of, keys_of, shard_of, shards_of
from pipeline.match.partials import fits
from tests.support.builders import a_voi
from tests.support.hotlists import columns_of

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
# few letters, so that random marks meet
any_mark = st.text("AB01OIH", min_size=1, max_size=MAXIMUM_LENGTH).map(Vrm)
any_partial = (
    st.text("AB0O?*", min_size=2, max_size=8)
    .filter(lambda text: sum(one not in "?*" for one in text) >= 2 and ("?" in text or "*" in text))
    .map(parse_voi_mark)
)


def index_of(marks: list[Vrm]) -> FlatIndex:
    return build_index(columns_of([a_voi(vrm=mark) for mark in marks], ["stolen"]))


def fits_by_trying(partial: str, mark: str) -> bool:
    """The same by taking both apart character by character."""
    if not partial:
        return not mark
    if partial[0] == "*":
        return any(fits_by_trying(partial[1:], mark[cut:]) for cut in range(len(mark) + 1))
    known = bool(mark) and (partial[0] == "?" or same_glyphs(partial[0]) == same_glyphs(mark[0]))
    return known and fits_by_trying(partial[1:], mark[1:])


@given(st.lists(any_mark | any_partial, max_size=40), any_mark)
@settings(max_examples=200, deadline=None)
def test_it_finds_the_rows_that_a_search_through_all_finds(marks: list[Vrm], asked: Vrm) -> None:
    index = index_of(marks)
    whole = [row for row, mark in enumerate(marks) if same_glyphs(mark) == same_glyphs(asked)]
    partial = [row for row, mark in enumerate(marks) if ("?" in mark or "*" in mark) and fits_by_trying(mark, asked)]
    assert sorted(index.rows[list(index.positions_of_one(key_of(asked)))].tolist()) == whole
    assert sorted(index.rows[index.partials_fitting(asked)].tolist()) == partial


@given(st.lists(any_mark, max_size=40), st.lists(any_mark, max_size=20))
@settings(max_examples=100, deadline=None)
def test_many_keys_at_once_find_what_each_finds_alone(marks: list[Vrm], asked: list[Vrm]) -> None:
    index = index_of(marks)
    keys = keys_of(np.array([mark.encode() for mark in asked], "S16"))
    which, positions = index.positions_of(keys)
    alone = [(at, found) for at, key in enumerate(keys.tolist()) for found in index.positions_of_one(key)]
    assert sorted(zip(which.tolist(), positions.tolist(), strict=True)) == alone


@given(any_mark, any_mark)
@settings(max_examples=300, deadline=None)
def test_two_marks_have_one_key_when_they_show_the_same_on_a_plate(one: Vrm, other: Vrm) -> None:
    assert (key_of(one) == key_of(other)) == (same_glyphs(one) == same_glyphs(other))


@given(st.lists(any_mark | any_partial, min_size=1, max_size=20), st.integers(1, 5))
@settings(max_examples=50, deadline=None)
def test_an_entry_belongs_to_the_same_shard_alone_and_among_others_however_it_is_spelt(
    marks: list[Vrm], shards: int
) -> None:
    owners = shards_of(np.array([mark.encode() for mark in marks], "S16"), shards).tolist()
    assert owners == [shard_of(mark, shards) for mark in marks]
    assert owners == [shard_of(same_glyphs(mark), shards) for mark in marks]


def test_hashes_are_the_same_one_by_one_and_all_at_once() -> None:
    keys = keys_of(np.array([b"AB12CDE", b"A", b"ABCDEFGHIJKLMNOP"], "S16"))
    assert hashes_of(keys).tolist() == [hash_of(key) for key in keys.tolist()]


def test_a_buffer_is_an_index_wherever_it_is_mapped() -> None:
    index = index_of([Vrm("AB12CDE"), parse_voi_mark("AB*"), Vrm("XY34ZZZ")])
    readonly = np.frombuffer(index.buffer.tobytes(), np.uint8)
    for copy in (FlatIndex.over(readonly), pickle.loads(pickle.dumps(index))):
        assert len(copy) == 3
        assert copy.rows[list(copy.positions_of_one(key_of("XY34ZZZ")))].tolist() == [2]
        assert copy.rows[copy.partials_fitting("AB99")].tolist() == [1]


def test_an_index_may_be_empty() -> None:
    index = index_of([])
    assert len(index) == 0
    assert list(index.positions_of_one(key_of("AB12CDE"))) == []
    assert index.positions_of(keys_of(np.array([b"AB12CDE"], "S16")))[1].tolist() == []
    assert index.partials_fitting("AB12CDE") == []


def test_times_and_lists_are_those_of_the_entry() -> None:
    marks = [Vrm(f"AB{number:02}CDE") for number in range(50)]
    columns = EntryColumns(
        vrms=np.array([mark.encode() for mark in marks], "S16"),
        hotlists=np.arange(50, dtype=np.uint16),
        valid_from=np.arange(50, dtype=np.int64),
        weed_date=np.arange(100, 150, dtype=np.int64),
        listed_at=np.full(50, OPEN_START),
        removed_at=np.full(50, OPEN_END),
    )
    index = build_index(columns)
    for row, mark in enumerate(marks):
        (position,) = index.positions_of_one(key_of(mark))
        assert (index.rows[position], index.hotlists[position]) == (row, row)
        assert (index.valid_from[position], index.weed_date[position]) == (row, 100 + row)


def test_many_entries_take_less_than_sixty_four_bytes_each() -> None:
    columns = columns_of([a_voi(vrm=Vrm(f"A{number}")) for number in range(20_000)], ["stolen"])
    assert build_index(columns).buffer.nbytes / 20_000 < 64


def test_a_buffer_of_something_else_is_refused() -> None:
    for wrong in (b"", b"x" * 8, b"x" * 4096):
        with pytest.raises(BadInput, match="no index"):
            FlatIndex.over(np.frombuffer(wrong, np.uint8))


def test_columns_of_different_lengths_are_refused() -> None:
    columns = columns_of([a_voi()], ["stolen"])
    short = np.empty(0, np.uint16)
    with pytest.raises(BadInput, match="different lengths"):
        build_index(
            EntryColumns(
                vrms=columns.vrms,
                hotlists=short,
                valid_from=columns.valid_from,
                weed_date=columns.weed_date,
                listed_at=columns.listed_at,
                removed_at=columns.removed_at,
            )
        )


@pytest.mark.parametrize(
    ("spelt", "canonical"),
    [("ab1?-cde", "AB1?CDE"), ("ab * ", "AB*"), ("AB**", "AB*"), ("AB*?*C", "AB?*C"), ("AB12 CDE", "AB12CDE")],
)
def test_a_partial_mark_has_one_spelling(spelt: str, canonical: str) -> None:
    assert parse_voi_mark(spelt) == canonical


@pytest.mark.parametrize("spelt", ["?", "A*", "???", "*", "AB?!", "A?" * 9])
def test_a_partial_mark_that_fits_everything_or_nothing_is_refused(spelt: str) -> None:
    with pytest.raises(BadInput):
        parse_voi_mark(spelt)


@pytest.mark.parametrize("partial", ["AB1?CDE", "AB*", "*CDE", "*12*", "A*E", "A?*E"])
def test_a_mark_fits_what_is_known_of_it(partial: str) -> None:
    assert fits(partial, "AB12CDE")
    assert not fits(partial, "XY34ZZZ")
    assert parse_vrm("AB12CDE")
