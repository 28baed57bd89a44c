"""Faults come in turns: every kind once before any comes twice, also those that had nothing to be done to at first."""

from __future__ import annotations

import random
from collections import Counter

import psutil

from benchmarks.soak_faults import MOST_IN_VAIN, Fault, Turns


def kinds(number: int) -> list[Fault]:
    return [Fault(name=f"kind {at}", begin=lambda: True) for at in range(number)]


def drawn(turns: Turns, number: int) -> list[str]:
    begun = (turns.begin_one() for _ in range(number))
    return [one.name for one in begun if one is not None]


def test_every_kind_comes_once_in_a_turn() -> None:
    turns = Turns(kinds(32), random.Random(1))
    assert set(Counter(drawn(turns, 64)).values()) == {2}


def test_the_order_is_that_of_the_seed() -> None:
    first, again, other = (drawn(Turns(kinds(32), random.Random(seed)), 64) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_what_has_nothing_to_be_done_to_comes_later_in_the_same_turn() -> None:
    # there is nobody to kill before the third call
    answers = iter([False, False, True, *[True] * 10])
    late = Fault(name="late", begin=lambda: next(answers))
    names = drawn(Turns([late, *kinds(4)], random.Random(3)), 5)
    assert sorted(names) == ["kind 0", "kind 1", "kind 2", "kind 3", "late"]


def test_what_has_just_ended_is_nothing_to_be_done_to() -> None:
    def gone() -> bool:
        raise psutil.NoSuchProcess(1)

    turns = Turns([Fault(name="gone", begin=gone), *kinds(1)], random.Random(1))
    assert drawn(turns, 2) == ["kind 0"]


def test_a_kind_that_cannot_come_does_not_keep_the_others_for_ever_and_is_told() -> None:
    turns = Turns([Fault(name="never", begin=lambda: False), *kinds(2)], random.Random(1))
    names = drawn(turns, 2 + MOST_IN_VAIN + 1 + 2)
    assert names.count("kind 0") == 2
    assert names.count("kind 1") == 2
    assert turns.never_begun == {"never"}
