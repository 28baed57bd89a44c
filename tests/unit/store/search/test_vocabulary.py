"""What is kept of a file in memory knows each of its marks, and no others, however they are asked for."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.store.search.vocabulary import Vocabulary, asked_for, pattern_of

_texts = st.text("ABX018", min_size=1, max_size=9)
_marks = st.lists(st.tuples(_texts, st.booleans()), max_size=40)
_patterns = st.text("ABX01?*", min_size=1, max_size=10)


def vocabulary(marks: list[tuple[str, bool]]) -> Vocabulary:
    return Vocabulary(pa.array([mark for mark, _ in marks], pa.string()), np.array([own for _, own in marks], bool))


@given(_marks, st.lists(_texts, max_size=10))
@settings(deadline=None, max_examples=50)
def test_a_mark_is_held_if_and_only_if_it_is_there(marks: list[tuple[str, bool]], others: list[str]) -> None:
    there, own = {mark for mark, _ in marks}, {mark for mark, own in marks if own}
    asked, held = {*there, *others}, vocabulary(marks)
    assert held.holds(asked_for(dict.fromkeys(asked, True))).tolist() == [mark in there for mark in asked]
    assert held.holds(asked_for(dict.fromkeys(asked, False))).tolist() == [mark in own for mark in asked]


@given(_marks, _patterns)
@settings(deadline=None, max_examples=100)
def test_a_pattern_finds_exactly_the_own_marks_that_fit(marks: list[tuple[str, bool]], pattern: str) -> None:
    fits = re.compile(pattern.replace("?", ".").replace("*", ".*"))
    wanted = {mark for mark, own in marks if own and fits.fullmatch(mark)}
    held, asked = vocabulary(marks), pattern_of(pattern)
    assert held.fitting(asked, len(wanted)) == wanted
    assert not wanted or held.fitting(asked, len(wanted) - 1) is None


def test_many_marks_are_searched_as_few_are() -> None:
    marks = sorted(
        f"{first}{second}{number:03}A" for first in "ABCDEFGHJK" for second in "ABCDEFGHJK" for number in range(999)
    )
    held = vocabulary([(mark, True) for mark in marks])
    assert held.fitting(pattern_of("*77?A"), 10_000) == {mark for mark in marks if re.fullmatch(".*77.A", mark)}
    assert held.nbytes < 3 * len(marks)


def test_what_is_longer_than_any_mark_is_left_out() -> None:
    held = vocabulary([("A" * 17, True), ("AB12CDE", True)])
    assert held.fitting(pattern_of("A*"), 10) == {"AB12CDE"}
