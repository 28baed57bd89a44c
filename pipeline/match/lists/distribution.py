"""Lists on their way from a centre to forces: a centre tells its revisions in order, a force makes its own lists equal.

Promise: revisions are told in order and whole; whoever comes back with the last one it has gets what follows. A force
is told only lists that it may see. A revision is taken twice without harm, so one that was loaded but not yet noted
down when the force died is simply taken again. What a centre tells is loaded as it is: its own guards have passed it.
A force calls a centre's list by the centre's name and its own, so it never takes the place of a list of the force.

On failure: Forgotten for revisions that are no longer told one by one (begin again from 0); BadInput for entries that
can be on no list: nothing was changed then; Unavailable as the store of lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.domain.hotlist import HotlistId, HotlistTerms, ListPart, VehicleOfInterest
from pipeline.domain.ports import Clock
from pipeline.domain.vrm import Vrm
from pipeline.errors import Forgotten, Unavailable
from pipeline.match.lists.catalogue import Head, Kind, Revision, terms_of
from pipeline.match.lists.entries import ArrowEntries, marks_of, numbers_of
from pipeline.match.lists.fields import checked_list_name
from pipeline.match.lists.file import read_list_file
from pipeline.match.lists.loading import LoadRequest, load, set_terms
from pipeline.match.lists.store import HotlistStore

_ENTRIES_A_PART = 1000
_CHANGES = (Kind.FULL, Kind.DELTA)


class Distribution:
    """A centre's end: what each force is told of the lists in `store`."""

    def __init__(self, store: HotlistStore) -> None:
        self._store = store

    def newest(self) -> int:
        """Return the newest revision, 0 before the first."""
        return self._store.head().sequence

    def parts(self, force: str, after: int) -> Iterator[ListPart]:
        """Tell `force` everything beyond the revision `after`, up to the newest; 0 is all lists as they are."""
        head = self._store.head()
        if after > head.sequence or after < 0:
            raise Forgotten("that revision is of other lists: begin again from 0")
        if after == 0:
            yield from self._all(head, force)
            return
        for revision in self._store.revisions(after, head.sequence):
            yield from self._changed(head, revision, force)

    def _all(self, head: Head, force: str) -> Iterator[ListPart]:
        if not head.sequence:
            return
        start = ListPart(revision=head.sequence, made_at=_at(head.at), whole=True)
        held = self._store.held_at(head.sequence)
        for state in head.lists:
            if state.terms.may_be_seen_by(force):
                entries = ArrowEntries(held.live(state.number), terms_of(head))
                yield from _in_parts(replace(start, terms=state.terms), entries)
        yield replace(start, last_of_revision=True)

    def _changed(self, head: Head, revision: Revision, force: str) -> Iterator[ListPart]:
        changes = self._store.changes(revision.sequence - 1, revision.sequence)
        if changes is None:
            raise Forgotten("those revisions are no longer told one by one: begin again from 0")
        start = ListPart(revision=revision.sequence, made_at=_at(revision.at))
        for state in head.lists:
            if not state.terms.may_be_seen_by(force):
                continue
            told = replace(start, terms=state.terms)
            if revision.kind not in _CHANGES:
                # what passed its weed date goes by itself; terms may have changed
                yield told
            for _, change in changes:
                removed = _of_list(change.removals, state.number)
                if len(removed):
                    yield replace(told, removed=_marks(removed))
                entries = _of_list(change.entries, state.number)
                if len(entries):
                    yield from _in_parts(told, ArrowEntries(entries, terms_of(head)))
        yield replace(start, last_of_revision=True)


class Follower:
    """A force's end: makes the lists in `store` equal to what a centre tells. `folder` keeps how far it has come."""

    def __init__(self, store: HotlistStore, folder: Path, *, centre: str, clock: Clock) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._store = store
        self._note = folder / f"hotlists-{centre}.json"
        self._coming = folder / f"hotlists-{centre}.jsonl"
        self._centre = centre
        self._clock = clock
        self._terms: dict[HotlistId, HotlistTerms] = {}
        self._whole = False

    @property
    def revision(self) -> int:
        """The last revision that was loaded; 0: begin with everything."""
        try:
            return int(json.loads(self._note.read_text(encoding="utf-8"))["revision"])
        except (OSError, ValueError, KeyError):
            # without it everything is told again, which is harmless
            return 0

    def begin(self) -> None:
        """Forget what came of a revision that never came whole."""
        self._terms, self._whole = {}, False
        for left in self._note.parent.glob(f"{self._coming.stem}*.jsonl"):
            left.unlink()

    def forget(self) -> None:
        """Begin with everything next time."""
        self._note.unlink(missing_ok=True)

    def take(self, part: ListPart) -> bool:
        """Take the next part; return whether it made a revision whole, which is loaded then."""
        self._whole = self._whole or part.whole
        try:
            if part.terms is not None:
                here = checked_list_name(f"{self._centre}-{part.terms.hotlist_id}")
                self._terms[here] = part.terms
                self._write(here, part)
            if not part.last_of_revision:
                return False
            self._load(part.revision)
            fresh = self._note.with_suffix(".fresh")
            fresh.write_text(json.dumps({"revision": part.revision}), encoding="utf-8")
            fresh.replace(self._note)
        except OSError as error:
            raise Unavailable(f"the lists of the centre cannot be kept: {error.strerror}") from error
        self.begin()
        return True

    def _write(self, hotlist_id: HotlistId, part: ListPart) -> None:
        if not (part.entries or part.removed):
            return
        path = self._coming if part.whole else self._path_of(hotlist_id)
        with path.open("a", encoding="utf-8") as file:
            for vrm in part.removed:
                file.write(json.dumps({"vrm": vrm, "hotlist_id": hotlist_id, "change": "remove"}) + "\n")
            for entry in part.entries:
                file.write(json.dumps(_line_of(entry, hotlist_id)) + "\n")
        path.chmod(0o600)

    def _path_of(self, hotlist_id: HotlistId) -> Path:
        return self._coming.with_suffix(f".{list(self._terms).index(hotlist_id)}.jsonl")

    def _load(self, revision: int) -> None:
        reason = f"revision {revision} of {self._centre}"
        today = self._clock.now().date()
        if self._whole:
            # a list that is no longer told is emptied with it
            if not self._coming.exists():
                # nothing is on any list: a file of a header alone
                self._coming.write_text("vrm\n", encoding="utf-8")
            request = LoadRequest(by=self._centre, origin=self._centre, reason=reason, terms_if_new=_new(today))
            load(self._store, read_list_file(self._coming), request, least_share=0.0, today=today)
        else:
            for hotlist_id, terms in self._terms.items():
                path = self._path_of(hotlist_id)
                if path.exists():
                    self._load_change(path, hotlist_id, terms, reason, today)
                    path.unlink()
        head = self._store.head()
        for hotlist_id, terms in self._terms.items():
            held = head.numbered(hotlist_id)
            told = {name: getattr(terms, name) for name in ("owner", "purpose", "covert", "visible_to", "review_date")}
            if held is not None and any(getattr(held.terms, name) != value for name, value in told.items()):
                set_terms(self._store, hotlist_id, told, by=self._centre)

    def _load_change(self, path: Path, hotlist_id: HotlistId, terms: HotlistTerms, reason: str, today: date) -> None:
        held = self._store.head().numbered(hotlist_id)
        request = LoadRequest(
            by=self._centre,
            of_list=hotlist_id,
            delta=held is not None,
            base=held.revision if held is not None else None,
            reason=reason,
            terms_if_new=_new(today) | {"owner": terms.owner or self._centre},
        )
        file = read_list_file(path, of_list=hotlist_id, delta=held is not None)
        load(self._store, file, request, least_share=0.0, today=today)


def _new(today: date) -> dict[str, object]:
    return {"owner": "the centre", "purpose": "handed out by the centre", "review_date": today}


def _in_parts(told: ListPart, entries: ArrowEntries) -> Iterator[ListPart]:
    """Tell entries a thousand at a time; a list without any is told of, too."""
    for begin in range(0, max(1, len(entries)), _ENTRIES_A_PART):
        rows = range(begin, min(len(entries), begin + _ENTRIES_A_PART))
        yield replace(told, entries=tuple(entries.entry(row) for row in rows))


def _of_list(table: pa.Table, number: int) -> pa.Table:
    return table.take(pa.array(np.flatnonzero(numbers_of(table, "hotlist") == number))) if len(table) else table


def _marks(table: pa.Table) -> tuple[Vrm, ...]:
    return tuple(Vrm(one.decode("ascii")) for one in marks_of(table))


def _at(micros: int) -> datetime:
    return datetime.fromtimestamp(micros // 1_000_000, UTC) + timedelta(microseconds=micros % 1_000_000)


def _line_of(entry: VehicleOfInterest, hotlist_id: HotlistId) -> dict[str, str]:
    line = {
        name: getattr(entry, name)
        for name in (
            "vrm", "reason", "owner", "warning_markers", "make", "model", "colour", "reference",
            "information", "intelligence", "force_area", "marking", "incident",
        )
    }  # fmt: skip
    line |= {"hotlist_id": hotlist_id, "action": entry.action.value, "priority": str(entry.priority)}
    for name, at in (("valid_from", entry.valid_from), ("weed_date", entry.weed_date)):
        if at is not None:
            line[name] = at.isoformat()
    return line
