"""A query as SQL with bound parameters, and which files it can leave out.

On failure: BadInput for a cursor that is none, or that another query gave.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import product
from typing import Any

from pipeline.domain.query import Matching, Order, Query, Term, utc
from pipeline.domain.vrm import Vrm, fold_vrm
from pipeline.errors import BadInput
from pipeline.store.search.listing import StoredFile
from pipeline.store.search.vocabulary import FOLDED_ALPHABET, Asked, Pattern, asked_for, pattern_of

_BEYOND = "\U0010ffff"
_MOST_UNKNOWN = 2
"""With two characters unknown a pattern is one of 1,089 marks, which are looked up rather than scanned for."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place between two reads in the order of (captured_at, camera_id, vrm)."""

    captured_at: datetime
    camera_id: str
    vrm: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How `query` is answered, from `after` on."""

    query: Query
    after: Position | None = None

    @cached_property
    def marks(self) -> tuple[str, ...] | None:
        """The folded marks of which one must be there; None when there are others."""
        if not self.query.terms:
            return None
        several = [_marks_of(term) for term in self.query.terms]
        found = {mark for marks in several if marks is not None for mark in marks}
        return None if None in several else tuple(sorted(found))

    @cached_property
    def named(self) -> tuple[tuple[str, ...], Asked]:
        """The folded marks that are asked for as a whole, and how a vocabulary is asked for them."""
        marks: dict[str, bool] = {}
        for one in self.query.terms:
            if one.matching is not Matching.PARTIAL:
                mark = fold_vrm(Vrm(one.text))
                marks[mark] = marks.get(mark, False) or one.matching is Matching.CONFUSABLE
        return tuple(marks), asked_for(marks)

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """The patterns that are asked for."""
        return tuple(pattern_of(one.text) for one in self.query.terms if one.matching is Matching.PARTIAL)

    def needs(self, file: StoredFile) -> bool:
        """Tell whether the file may hold something, by the statistics of the log."""
        begin, end = self.query.begin, self.query.end
        if self.after is not None and self.query.order is Order.NEWEST_FIRST:
            end = min(end, self.after.captured_at + _MICROSECOND)
        elif self.after is not None:
            begin = max(begin, self.after.captured_at)
        if begin >= end or not file.overlaps(begin, end):
            return False
        if self.marks is not None:
            return any(file.spans(mark, mark + "\0") for mark in self.marks)
        spans = [_span_of(term) for term in self.query.terms]
        return not spans or any(file.spans(least, below) for least, below in spans)

    def condition(self, files: Sequence[StoredFile] = ()) -> tuple[str, list[Any]]:
        """Return what follows WHERE over `files` (none: whichever), and its parameters."""
        query = self.query
        parts = [self._of_terms()]
        # to hold every time of a file against the query takes a fifth of looking one mark up
        if not files or not all(one.is_within(query.begin, query.end) for one in files):
            parts.append(("captured_at >= ? AND captured_at < ?", [utc(query.begin), utc(query.end)]))
        if query.cameras:
            parts.append((f"camera_id IN ({_marks(query.cameras)})", list(query.cameras)))
        if query.area is not None:
            area = query.area
            parts.append(("latitude BETWEEN ? AND ?", [area.south, area.north]))
            parts.append(("longitude BETWEEN ? AND ?", [area.west, area.east]))
        if self.after is not None:
            parts.append(self._of_position(self.after))
        return " AND ".join(text for text, _ in parts), [value for _, values in parts for value in values]

    def ordering(self) -> str:
        way = "DESC" if self.query.order is Order.NEWEST_FIRST else "ASC"
        return f"captured_at {way}, camera_id {way}, vrm {way}"

    def _of_terms(self) -> tuple[str, list[Any]]:
        terms = self.query.terms
        if not terms:
            return "rank = 0", []
        texts, values = zip(*(_of_term(term) for term in terms), strict=True)
        return f"({' OR '.join(texts)})", [value for several in values for value in several]

    def _of_position(self, after: Position) -> tuple[str, list[Any]]:
        beyond = "<" if self.query.order is Order.NEWEST_FIRST else ">"
        at = utc(after.captured_at)
        text = (
            f"captured_at {beyond}= ? AND (captured_at {beyond} ? OR camera_id {beyond} ?"
            f" OR (camera_id = ? AND vrm {beyond} ?))"
        )
        return text, [at, at, after.camera_id, after.camera_id, after.vrm]


def behind_day(day: date, order: Order) -> Position:
    """Return the position that has everything of `day` behind it."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if order is Order.NEWEST_FIRST:
        return Position(captured_at=begin, camera_id="", vrm="")
    return Position(captured_at=begin + timedelta(days=1) - _MICROSECOND, camera_id=_BEYOND, vrm=_BEYOND)


def before_everything(query: Query) -> Position:
    """Return the position from which `query` begins."""
    if query.order is Order.NEWEST_FIRST:
        return Position(captured_at=query.end, camera_id="", vrm="")
    return Position(captured_at=query.begin - _MICROSECOND, camera_id=_BEYOND, vrm=_BEYOND)


def cursor_of(query: Query, position: Position) -> str:
    """Return the cursor for whoever asked. It holds what the page's last row shows, so it is as secret as the page."""
    microseconds = (utc(position.captured_at) - _EPOCH) // _MICROSECOND
    values = [_asked(query), microseconds, position.camera_id, position.vrm]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def position_of(query: Query, cursor: str) -> Position:
    """Return where `cursor` goes on. Raises BadInput when it was not given for this query.

    The times of the query do not count: what may be seen of the record narrows while somebody turns pages.
    """
    try:
        asked, microseconds, camera_id, vrm = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        at = _EPOCH + timedelta(microseconds=microseconds)
        position = Position(captured_at=at, camera_id=str(camera_id), vrm=str(vrm))
    except (ValueError, TypeError, OverflowError) as error:
        raise BadInput("this is no cursor of a search") from error
    if asked != _asked(query):
        raise BadInput("this cursor belongs to another query; begin again without one")
    return position


def _asked(query: Query) -> str:
    return hashlib.sha256(repr((query.terms, query.cameras, query.area, query.order)).encode()).hexdigest()[:16]


def _marks_of(term: Term) -> tuple[str, ...] | None:
    """Return the folded marks that `term` can mean, None when they are too many to look up one by one."""
    if term.matching is not Matching.PARTIAL:
        return (fold_vrm(Vrm(term.text)),)
    if "*" in term.text or term.text.count("?") > _MOST_UNKNOWN:
        return None
    choices = [FOLDED_ALPHABET if letter == "?" else letter for letter in term.text]
    return tuple("".join(letters) for letters in product(*choices))


def _span_of(term: Term) -> tuple[str, str]:
    """Return the least mark that fits and one that is greater than all that do."""
    prefix = re.split(r"[?*]", fold_vrm(Vrm(term.text)), maxsplit=1)[0]
    if prefix == term.text:
        return prefix, prefix + "\0"
    return prefix, prefix + _BEYOND


def _of_term(term: Term) -> tuple[str, list[Any]]:
    if term.matching is Matching.EXACT:
        return "(mark = ? AND rank = 0 AND vrm = ?)", [fold_vrm(Vrm(term.text)), term.text]
    if term.matching is Matching.CONFUSABLE:
        return "mark = ?", [fold_vrm(Vrm(term.text))]
    least, below = _span_of(term)
    pattern = term.text.replace("?", "_").replace("*", "%")
    return "(mark >= ? AND mark < ? AND rank = 0 AND mark LIKE ?)", [least, below, pattern]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
