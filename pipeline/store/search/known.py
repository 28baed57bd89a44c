"""What a search knows of the files of marks: which ones hold what is asked for, and which marks these are in each.

Promise: a file of which nothing is known is always read. What is known of one never changes, and goes when it does.

On failure: as the engine, which see; a file that is gone or damaged stays unknown, and is told of when it is read.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import IntegrityError
from pipeline.store.search.listing import Listing, StoredFile
from pipeline.store.search.plan import Plan
from pipeline.store.search.reading import Chosen, Engine, Gone, Interrupted, Stop
from pipeline.store.search.vocabulary import Vocabulary

_FEW_ROWS = 50_000
_MOST_MARKS = 200
"""More marks than this are rather scanned for."""
_Marks = tuple[str, ...] | None


class KnownMarks:
    """The vocabularies of the files of `listing`; one object serves many threads."""

    def __init__(self, engine: Engine, listing: Listing) -> None:
        self._engine = engine
        self._listing = listing
        self._of_file: dict[str, Vocabulary] = {}
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
                    self._of_file[file.path] = self._vocabulary(file, stop)
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
        return [one for one in files if one.path not in known or known[one.path].holds(asked).any()]

    def chosen(self, plan: Plan, files: Sequence[StoredFile]) -> list[Chosen]:
        """Return what has to be read of `files`."""
        if len(plan.named[0]) == 1 and not plan.patterns:
            return [Chosen(files=tuple(files), only=plan.named[0])]
        by_marks: dict[_Marks, list[StoredFile]] = {}
        for file in files:
            by_marks.setdefault(self._marks_in(plan, file), []).append(file)
        return [Chosen(files=tuple(several), only=only) for only, several in by_marks.items() if only != ()]

    def _marks_in(self, plan: Plan, file: StoredFile) -> _Marks:
        """Return the marks of `file` of which one must be there; None where they are not known, or too many."""
        known = self._of_file.get(file.path)
        if not plan.query.terms:
            return None
        if known is None:
            return plan.marks if plan.marks is not None and len(plan.marks) <= _MOST_MARKS else None
        marks, asked = plan.named
        found = {mark for mark, there in zip(marks, known.holds(asked).tolist(), strict=True) if there}
        for pattern in plan.patterns:
            fitting = known.fitting(pattern, _MOST_MARKS)
            if fitting is None:
                return None
            found |= fitting
        return tuple(sorted(found)) if len(found) <= _MOST_MARKS else None

    def _vocabulary(self, file: StoredFile, stop: Stop | None) -> Vocabulary:
        sql = "SELECT mark, rank FROM {rows}"
        rows: pa.Table = self._engine.table(
            sql, [], listing=self._listing, chosen=[Chosen(files=(file,))], stop=stop
        ).combine_chunks()
        own = pc.equal(rows["rank"], 0).to_numpy()
        return Vocabulary(rows["mark"].combine_chunks(), own)
