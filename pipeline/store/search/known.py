"""What a search knows of the files of marks: which ones hold what is asked for, which marks these are in each, and in
which pages they lie.

Promise: a file of which nothing is known is always read. What is known of one never changes, and goes when it does.

On failure: as the engine, which see; a file that is gone or damaged stays unknown, and is told of when it is read.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import IntegrityError
from pipeline.store.search.listing import Listing, StoredFile
from pipeline.store.search.page_index import Pages, pages_of
from pipeline.store.search.pages import LookUp
from pipeline.store.search.plan import Plan
from pipeline.store.search.reading import Chosen, Engine, Gone, Interrupted, Stop, local_path
from pipeline.store.search.vocabulary import Vocabulary

_FEW_ROWS = 50_000
_MOST_MARKS = 200
"""More marks than this are rather scanned for."""
_Marks = tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What one file holds; `pages` only of a sorted file in a folder."""

    vocabulary: Vocabulary
    pages: Pages | None

    @property
    def nbytes(self) -> int:
        return self.vocabulary.nbytes + (self.pages.nbytes if self.pages is not None else 0)


class KnownMarks:
    """What the files of `listing` hold; one object serves many threads."""

    def __init__(self, engine: Engine, listing: Listing) -> None:
        self._engine = engine
        self._listing = listing
        self._of_file: dict[str, _Held] = {}
        self._learning = threading.Lock()

    def learn(self, stop: Stop | None = None) -> int:
        """Learn what every file holds, newest day first, and forget files that are gone; return the bytes kept."""
        with self._learning:
            files = self._listing.files()
            self._of_file = {path: held for path, held in self._of_file.items() if path in files}
            for file in sorted(files.values(), key=lambda one: one.day, reverse=True):
                if stop is not None and stop.asked:
                    break
                # a small file is soon compacted into another one, and quicker opened than learnt
                if file.path in self._of_file or file.rows < _FEW_ROWS:
                    continue
                try:
                    self._of_file[file.path] = self._learnt(file, stop)
                except (Gone, Interrupted, IntegrityError):
                    # a search that needs it says so
                    continue
            return sum(held.nbytes for held in self._of_file.values())

    def possible(self, plan: Plan, files: Sequence[StoredFile]) -> list[StoredFile]:
        """Return those of `files` that may hold a mark of `plan`, as far as that is quickly told of all days at once.

        Patterns are held against the files that are read next, and no others: see `chosen`.
        """
        marks, asked = plan.named
        if not marks or plan.patterns:
            return list(files)
        known = self._of_file
        return [one for one in files if one.path not in known or known[one.path].vocabulary.holds(asked).any()]

    def chosen(self, plan: Plan, files: Sequence[StoredFile]) -> list[Chosen]:
        """Return what has to be read of `files`."""
        by_marks: dict[_Marks, list[StoredFile]] = {}
        paged: list[StoredFile] = []
        look_ups: list[LookUp] = []
        for file in files:
            marks = self._marks_in(plan, file)
            look_up = self._look_up(file, marks) if marks else None
            if look_up is not None:
                paged.append(file)
                look_ups.append(look_up)
            elif marks != ():
                by_marks.setdefault(marks, []).append(file)
        chosen = [Chosen(files=tuple(several), only=only) for only, several in by_marks.items()]
        return [*chosen, Chosen(files=tuple(paged), look_ups=tuple(look_ups))] if paged else chosen

    def _look_up(self, file: StoredFile, marks: tuple[str, ...]) -> LookUp | None:
        known, path = self._of_file.get(file.path), local_path(self._listing, file)
        if known is None or known.pages is None or path is None:
            return None
        return LookUp(path=path, pages=known.pages, marks=marks)

    def _marks_in(self, plan: Plan, file: StoredFile) -> _Marks:
        """Return the marks of `file` of which one must be there; None where they are not known, or too many."""
        known = self._of_file.get(file.path)
        if not plan.query.terms:
            return None
        if len(plan.named[0]) == 1 and not plan.patterns:
            # `possible` has left out those that have it not
            return plan.named[0]
        if known is None:
            return plan.marks if plan.marks is not None and len(plan.marks) <= _MOST_MARKS else None
        marks, asked = plan.named
        found = {mark for mark, there in zip(marks, known.vocabulary.holds(asked).tolist(), strict=True) if there}
        for pattern in plan.patterns:
            fitting = known.vocabulary.fitting(pattern, _MOST_MARKS)
            if fitting is None:
                return None
            found |= fitting
        return tuple(sorted(found)) if len(found) <= _MOST_MARKS else None

    def _learnt(self, file: StoredFile, stop: Stop | None) -> _Held:
        sql = "SELECT mark, rank FROM {rows}"
        rows: pa.Table = self._engine.table(
            sql, [], listing=self._listing, chosen=[Chosen(files=(file,))], stop=stop
        ).combine_chunks()
        own, marks = pc.equal(rows["rank"], 0).to_numpy(), rows["mark"].combine_chunks()
        path = local_path(self._listing, file)
        return _Held(vocabulary=Vocabulary(marks, own), pages=pages_of(path, marks) if path is not None else None)
