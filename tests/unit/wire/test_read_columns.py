"""Many encoded reads as columns: decoded together they are what a message of each makes, or are refused as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.read import CaptureRecord
from pipeline.errors import BadInput
from pipeline.wire import read_columns
from pipeline.wire.read_columns import tables_of, tables_of_records
from pipeline.wire.read_proto import encode_record
from protos.anpr.v1 import read_pb2
from tests.support.builders import a_record
from tests.support.sharing import bare
from tests.unit.wire.test_offer_columns import ORDINARY, messages, unusual

Tables = tuple[pa.Table, pa.Table]


def found(of: Callable[[], Tables]) -> list[list[str]] | None:
    """The rows of both tables in an order that does not depend on theirs; None where there are none."""
    try:
        return [sorted(map(repr, table.to_pylist())) for table in of()]
    except BadInput:
        return None


def few_by_few(contents: Sequence[bytes]) -> Tables:
    """The same tables, put together of such as hold too few records to be decoded together."""
    tables = [tables_of(contents[at : at + 50]) for at in range(0, len(contents), 50)]
    return pa.concat_tables([reads for reads, _ in tables]), pa.concat_tables([images for _, images in tables])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(ORDINARY) - 1), messages() | unusual()), min_size=1, max_size=2))
def test_together_they_are_what_few_are(changed: list[tuple[int, bytes]]) -> None:
    contents = [*ORDINARY, *ORDINARY[:10]]
    for place, content in changed:
        contents[place] = content
    assert found(lambda: tables_of(contents)) == found(lambda: few_by_few(contents))


def test_ordinary_reads_are_decoded_together_and_those_with_pictures_are_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed: list[int] = []
    one_by_one = read_columns._parsed
    monkeypatch.setattr(
        read_columns, "_parsed", lambda contents: (parsed.append(len(contents)), one_by_one(contents))[1]
    )
    records: list[CaptureRecord] = [a_record(n) if n % 50 == 0 else bare(a_record(n)) for n in range(200)]
    reads, images = tables_of([encode_record(one) for one in records])
    assert parsed == [4]
    whole = tables_of_records(records)
    assert reads.sort_by("read_id") == whole[0].sort_by("read_id")
    assert images == whole[1]


@pytest.mark.parametrize("lane", [None, 0, 3])
def test_a_lane_that_is_nought_is_not_one_that_is_absent(lane: int | None) -> None:
    records = [bare(a_record(number, lane=lane)) for number in range(200)]
    assert tables_of([encode_record(one) for one in records]) == tables_of_records(records)


def test_a_read_of_which_no_more_than_that_it_is_one_is_known_is_refused() -> None:
    nothing = read_pb2.CaptureRecord(read=read_pb2.Read()).SerializeToString()
    with pytest.raises(BadInput, match="a read"):
        tables_of([*ORDINARY, nothing])
