"""What is kept of a file in memory never loses a mark, and seldom opens a file in vain."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.store.search.presence import Presence, hashes_of

_marks = st.lists(st.text("ABCXYZ0189", min_size=1, max_size=16), min_size=1, max_size=30)


@given(_marks)
@settings(deadline=None)
def test_no_mark_is_lost(marks: list[str]) -> None:
    assert Presence(pa.array(marks)).may_hold(hashes_of(marks)).all()


def test_few_files_are_opened_in_vain() -> None:
    held = Presence(pa.array([f"AA{number}" for number in range(50_000)]))
    absent = held.may_hold(hashes_of([f"BB{number}" for number in range(50_000)]))
    assert absent.mean() < 0.001
    assert held.nbytes <= 100_000


def test_of_nothing_nothing_is_there() -> None:
    assert not Presence(pa.array([], pa.string())).may_hold(hashes_of(["AB12CDE"])).any()
    assert Presence(pa.array(["AB12CDE"])).may_hold(hashes_of([])).size == 0
