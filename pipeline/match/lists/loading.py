"""Loading a file into the store: what it would change, whether it may, and the revision it becomes.

A full file replaces each list it names; a delta was made for one revision of one list and fits no other. A file given
to a run (`origin`) also empties the lists that the run's file named before and names no more.

On failure: Refused (a BadInput) for malformed lines, an empty or suddenly halved list, unless forced with a reason;
BadInput for a delta of another revision or a new list nobody answers for. Nothing was changed, the refusal is recorded.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline import metrics
from pipeline.domain.hotlist import HotlistId, HotlistTerms
from pipeline.errors import BadInput, Unavailable
from pipeline.match.lists.catalogue import Head, Kind, ListState, ListStep
from pipeline.match.lists.difference import Difference, difference
from pipeline.match.lists.entries import in_order, joined, no_entries, numbers_of, with_numbers
from pipeline.match.lists.file import ListFile
from pipeline.match.lists.guard import objection_to_size, objections_to, refuse
from pipeline.match.lists.held import Change, Held
from pipeline.match.lists.store import HotlistStore

log = logging.getLogger(__name__)
_MOST_LISTS = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRequest:
    """Who loads, and how. `reason` forces what would be refused; `terms` are those to set, by field of
    HotlistTerms, and `terms_if_new` those that a new list gets where they say nothing."""

    by: str
    of_list: HotlistId | None = None
    delta: bool = False
    base: int | None = None
    """The list's revision that a delta was made for."""
    revision: int | None = None
    """The owner's number of the new revision; the next one if not given."""
    reason: str = ""
    origin: str = ""
    terms: dict[str, Any] = field(default_factory=dict)
    terms_if_new: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a load did. `sequence` is the revision under which matchers see it, as before if nothing changed."""

    sequence: int
    steps: tuple[ListStep, ...]
    left_out: int
    """Malformed lines that were left out, by force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a file would do to the lists."""

    steps: tuple[ListStep, ...]
    change: Change
    held: Held
    objections: tuple[str, ...]


def load(store: HotlistStore, file: ListFile, request: LoadRequest, *, least_share: float, today: date) -> Loaded:
    """Make the file a revision. Raises what the module says."""
    with store.writing() as head:
        store.erase_left_over()
        try:
            planned = plan(store, head, file, request, least_share=least_share, today=today)
            if planned.objections and not request.reason:
                raise refuse(list(planned.objections))
        except BadInput as error:
            metrics.HOTLIST_REJECTED.inc()
            names = ", ".join(file.lists) or request.of_list or ""
            store.refuse(by=request.by, hotlist_id=names, source=file.digest, why=str(error))
            raise
        steps = [step for step in planned.steps if step.state != _state_in(head, step.state.number)]
        if not len(planned.change) and not steps:
            return Loaded(sequence=head.sequence, steps=planned.steps, left_out=file.fault_count)
        kind = Kind.TERMS if not len(planned.change) else Kind.DELTA if request.delta else Kind.FULL
        revision = store.commit(
            head,
            kind=kind,
            by=request.by,
            steps=steps,
            change=planned.change,
            held=planned.held,
            reason=request.reason if planned.objections else "",
            source=file.digest,
        )
        _tidy(store, planned, revision.at)
        return Loaded(sequence=revision.sequence, steps=planned.steps, left_out=file.fault_count)


def plan(
    store: HotlistStore, head: Head, file: ListFile, request: LoadRequest, *, least_share: float, today: date
) -> Plan:
    """Return what the file would do. Raises BadInput for what no force can mend."""
    if request.delta:
        _check_base(head, file, request)
    states = _states(head, file, request, today)
    numbers = np.array([state.number for state in states], np.uint16)
    entries, removals = _numbered(file.entries, numbers), _numbered(file.removals, numbers)
    held = store.held_at(head.sequence, whole=False)
    steps, changes, objections = [], [], objections_to(file)
    total_before = total_after = 0
    now = store.now()
    for state in states:
        own = entries if len(states) == 1 else _of_list(entries, state.number)
        if request.delta:
            found, before, after, unknown = _delta(held, own, _of_list(removals, state.number), state)
        else:
            live = held.live(state.number)
            found, unknown = difference(live, own), 0
            before, after = int(np.count_nonzero(numbers_of(live, "weed_date") > now)), own.num_rows
        total_before, total_after = total_before + before, total_after + after
        if not request.origin:
            objections.append(objection_to_size(f"list {state.terms.hotlist_id}", before, after, least_share))
        steps.append(_step(state, found, after, unknown, request))
        changes.append(found.change)
    if request.origin or not states:
        objections.append(objection_to_size(file.name, total_before, total_after, least_share))
    change = Change(
        entries=in_order(joined([one.entries for one in changes])),
        removals=in_order(joined([one.removals for one in changes])),
    )
    return Plan(steps=tuple(steps), change=change, held=held, objections=tuple(filter(None, objections)))


def _tidy(store: HotlistStore, planned: Plan, at: int) -> None:
    try:
        head = store.head()
        if not store.has_checkpoint(head.sequence):
            store.tidy(head, planned.held.after(planned.change, at))
    except Unavailable as error:
        log.warning("the lists are loaded, but their changes could not be gathered now: %s", error)


def set_terms(store: HotlistStore, hotlist_id: HotlistId, terms: dict[str, Any], *, by: str) -> ListStep:
    """Change what a list is for or who answers for it. Raises BadInput for a list that there is not."""
    with store.writing() as head:
        state = head.numbered(hotlist_id)
        if state is None:
            raise BadInput(f"there is no list {hotlist_id}; its first file makes it")
        step = ListStep(state=replace(state, terms=replace(state.terms, **terms)))
        if step.state != state:
            store.commit(head, kind=Kind.TERMS, by=by, steps=[step])
        return step


def _check_base(head: Head, file: ListFile, request: LoadRequest) -> None:
    if len(file.lists) > 1:
        raise BadInput(f"{file.name}: a delta is of one list, this names {len(file.lists)}")
    if request.base is None:
        raise BadInput("a delta needs --base: the list's revision that it was made for")
    name = file.lists[0] if file.lists else request.of_list
    state = head.numbered(name) if name else None
    if state is None:
        raise BadInput(f"{file.name}: is a delta of a list that is not held: load the full list first")
    if state.revision != request.base:
        raise BadInput(
            f"list {name}: is at revision {state.revision}, the delta was made for {request.base}: load the deltas"
            " between them in order, or the full list"
        )


def _states(head: Head, file: ListFile, request: LoadRequest, today: date) -> list[ListState]:
    """Return the lists the file is about, those of the file first and in its order, as they will be but for counts."""
    names = list(file.lists) or ([request.of_list] if request.of_list else [])
    if request.origin:
        names += [one.terms.hotlist_id for one in head.lists if one.origin == request.origin]
    states: list[ListState] = []
    for name in dict.fromkeys(names):
        state = head.numbered(name)
        if state is None:
            number = len(head.lists) + sum(one.number >= len(head.lists) for one in states)
            if number >= _MOST_LISTS:
                raise BadInput(f"there are {_MOST_LISTS} lists, and no room for more")
            terms = HotlistTerms(hotlist_id=name, **request.terms_if_new | request.terms)
            if not terms.owner or not terms.purpose or terms.review_date is None:
                raise BadInput(f"list {name} is new: give --owner, --purpose and --review-date (and who may see it)")
            state = ListState(number=number, revision=0, terms=terms)
        else:
            state = replace(state, terms=replace(state.terms, **request.terms))
        if request.revision is not None and request.revision < state.revision and not request.reason:
            raise BadInput(f"list {name}: is at revision {state.revision}, the file is of {request.revision}: older")
        states.append(replace(state, origin=request.origin))
    return states


def _delta(held: Held, entries: pa.Table, removals: pa.Table, state: ListState) -> tuple[Difference, int, int, int]:
    marks, hotlists = Change(entries=entries, removals=removals).named()
    layers = [(layer, layer.live_rows_of(marks, hotlists)) for layer in (held.base, held.overlay)]
    touched = in_order(joined([layer.table.take(pa.array(rows)) for layer, rows in layers]))
    found = difference(touched, entries)
    before = state.terms.entries
    named = found.removed + found.altered + found.same + found.added
    return found, before, before - touched.num_rows + entries.num_rows, len(marks) - named


def _step(state: ListState, found: Difference, after: int, unknown: int, request: LoadRequest) -> ListStep:
    changes = bool(len(found.change)) or state.revision == 0 or request.revision is not None
    revision = request.revision if request.revision is not None else state.revision + int(changes)
    if revision == state.revision and len(found.change) and not request.reason:
        raise BadInput(f"list {state.terms.hotlist_id}: revision {revision} is held already, and says something else")
    return ListStep(
        state=replace(state, revision=revision, terms=replace(state.terms, entries=after)),
        added=found.added,
        altered=found.altered,
        removed=found.removed,
        same=found.same,
        unknown=unknown,
    )


def _state_in(head: Head, number: int) -> ListState | None:
    return head.lists[number] if number < len(head.lists) else None


def _numbered(table: pa.Table, numbers: Any) -> pa.Table:
    """Return the rows with the store's numbers of lists for the file's, in order."""
    if not len(table):
        return no_entries()
    return in_order(with_numbers(table, "hotlist", numbers[numbers_of(table, "hotlist")]))


def _of_list(table: pa.Table, number: int) -> pa.Table:
    if not len(table):
        return no_entries()
    chosen = numbers_of(table, "hotlist") == number
    return table if chosen.all() else joined([table.filter(pa.array(chosen))])
