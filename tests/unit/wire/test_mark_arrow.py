"""Marks hold every text a plate may bear, once, and lead back to the read."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.year import day, marks_of_day, reads_of_day
from pipeline.domain.plate import Candidate
from pipeline.domain.vrm import Vrm, fold_vrm
from pipeline.wire.mark_arrow import LEAST_PROBABILITY, MARK_SCHEMA, marks_table
from pipeline.wire.read_columns import tables_of_records
from tests.support.builders import a_record

_texts = st.text("AB0O1IQ8", min_size=0, max_size=3)
_candidates = st.lists(st.tuples(_texts, st.sampled_from([0.0, 0.0005, 0.001, 0.2, 0.5])), max_size=5)


@given(reads=st.lists(st.tuples(_texts.filter(bool), _candidates), min_size=0, max_size=6))
@settings(max_examples=60, deadline=None)
def test_each_text_is_a_row_once_the_reads_own_first(reads: list[tuple[str, list[tuple[str, float]]]]) -> None:
    records = [
        a_record(
            number,
            vrm=Vrm(vrm),
            confidence=0.9,
            candidates=tuple(Candidate(text=text, probability=chance) for text, chance in rivals),
        )
        for number, (vrm, rivals) in enumerate(reads)
    ]
    rows = marks_table(tables_of_records(records)[0])
    assert rows.schema == MARK_SCHEMA
    for number, (vrm, rivals) in enumerate(reads):
        mine = [row for row in rows.to_pylist() if row["captured_at"] == records[number].read.captured_at]
        likely = {fold_vrm(Vrm(text)) for text, chance in rivals if text and chance >= LEAST_PROBABILITY}
        assert [row["rank"] for row in mine] == list(range(len(mine)))
        assert mine[0]["mark"] == fold_vrm(Vrm(vrm))
        assert {row["mark"] for row in mine} == {fold_vrm(Vrm(vrm))} | likely
        assert len({row["mark"] for row in mine}) == len(mine)
        assert {row["vrm"] for row in mine} == {vrm}


def test_a_read_without_a_place_has_a_mark_without_one() -> None:
    (row,) = marks_table(tables_of_records([a_record(1, location=None, candidates=())])[0]).to_pylist()
    assert (row["latitude"], row["longitude"]) == (None, None)


def test_the_made_up_year_has_the_marks_of_its_reads() -> None:
    of = day(3, 2000)
    by = [(name, "ascending") for name in ("mark", "captured_at", "rank", "vrm", "camera_id")]
    expected = marks_table(reads_of_day(of, full=False)).sort_by(by)
    assert marks_of_day(of).sort_by(by).equals(expected)
