"""Lists of millions of made-up marks for `benchmarks.match`: whole marks of today's layout, and some partial ones."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from benchmarks.marks import SPACE, marks_of
from pipeline.domain.hotlist import Action, HotlistId, HotlistTerms, VehicleOfInterest
from pipeline.domain.vrm import Vrm
from pipeline.match.index import EntryColumns
from pipeline.match.instants import OPEN_END, OPEN_START, micros_of
from pipeline.match.keys import Marks

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
LISTS = 40
"""A force holds many lists; the last four of them are short, so that near matches follow faint doubts too."""
SHORT, SHORT_ENTRIES = 4, 5_000
PARTIAL = 10_000
_SHAPES = (
    "{0}{1}{2}{3}*",
    "{0}{1}??{4}{5}{6}",
    "*{4}{5}{6}",
    "{0}{1}{2}{3}?{5}{6}",
    "{0}{1}{2}?{4}{5}{6}",
    "{0}*{5}{6}",
)


class MadeUpEntries:
    """An `EntryTable` over an array of marks; the details are made when they are asked for."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def entry(self, row: int) -> VehicleOfInterest:
        return VehicleOfInterest(
            vrm=Vrm(self._marks[row].decode()),
            hotlist_id=HotlistId(f"list-{row % LISTS}"),
            reason="measured",
            priority=3,
            action=Action.SILENT,
            owner="nobody",
        )

    def __len__(self) -> int:
        return len(self._marks)


def whole_marks(count: int, *, begin: int = 0) -> Marks:
    """Return so many different marks of today's layout; another `begin` gives others."""
    letters = np.zeros((count, 16), np.uint8)
    for start in range(0, count, 1 << 20):
        vehicles = np.arange(begin + start, begin + min(start + (1 << 20), count), dtype=np.int64)
        letters[start : start + len(vehicles), :7] = marks_of(vehicles % SPACE)
    return letters.view("S16").ravel()


def columns(count: int) -> EntryColumns:
    """Return so many entries: on all lists, some not yet or no longer in force, a few partial."""
    marks = whole_marks(count)
    partial = min(PARTIAL, count // 100)
    for row in range(partial):
        marks[row] = _SHAPES[row % len(_SHAPES)].format(*marks[row].decode()).encode()
    draw = np.random.default_rng(4)
    hotlists = draw.integers(0, LISTS - SHORT, count).astype(np.uint16)
    for number in range(SHORT):
        hotlists[draw.integers(partial, count, min(SHORT_ENTRIES, count // 100))] = LISTS - SHORT + number
    now = micros_of(AT)
    days = 86_400_000_000 * draw.integers(1, 365, count)
    return EntryColumns(
        vrms=marks,
        hotlists=hotlists,
        valid_from=np.where(days % 3 == 0, OPEN_START, now - days),
        weed_date=np.where(days % 5 == 0, OPEN_END, now + days - 86_400_000_000 * 30),
        listed_at=now - days,
        removed_at=np.full(count, OPEN_END),
    )


def terms_of(entries: EntryColumns, *, budget: float) -> tuple[HotlistTerms, ...]:
    """Return the terms of the lists."""
    counted = np.bincount(entries.hotlists, minlength=LISTS).tolist()
    return tuple(
        HotlistTerms(hotlist_id=HotlistId(f"list-{number}"), near_false_per_1000_reads=budget, entries=held)
        for number, held in enumerate(counted)
    )
