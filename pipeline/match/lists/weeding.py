"""Weeding: entries past their weed date, and the past that is kept no longer, are erased from the disk for good.

They stopped matching at their instant already. What is recorded of the erasure says who, when, which list and how
many, never which vehicle.

On failure: Refused when more than half of all entries would go at once, which is how a wrong clock looks, unless
forced with a reason; nothing was changed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import BadInput
from pipeline.match.instants import OPEN_END
from pipeline.match.lists.catalogue import ListStep
from pipeline.match.lists.entries import joined, numbers_of
from pipeline.match.lists.guard import Refused
from pipeline.match.lists.store import HotlistStore

_DAY = 86_400 * 1_000_000


def weed(store: HotlistStore, *, by: str, reason: str, history_days: int) -> list[ListStep]:
    """Erase what is past its date, and what was taken off more than `history_days` ago; return what went, by list."""
    if history_days < 0:
        raise BadInput("history_days must not be negative")
    with store.writing() as head:
        table = store.held_at(head.sequence).settled()
        now = store.now()
        past = is_past(table, weeded_before=now, removed_before=now - history_days * _DAY)
        if not past.any():
            return []
        kept, gone = (joined([table.filter(pa.array(chosen))]) for chosen in (~past, past))
        live, live_kept = _live_by_list(table, len(head.lists)), _live_by_list(kept, len(head.lists))
        if live_kept.sum() < live.sum() / 2 and not reason:
            raise Refused(
                f"{live.sum() - live_kept.sum()} of {live.sum()} entries are past their weed date: is this machine's"
                " clock right? Nothing was erased; if it is, weed with --force and --reason"
            )
        erased = _by_list(table, len(head.lists)) - _by_list(kept, len(head.lists))
        steps = [
            ListStep(
                state=replace(state, terms=replace(state.terms, entries=int(live_kept[state.number]))),
                erased=int(erased[state.number]),
            )
            for state in head.lists
            if erased[state.number]
        ]
        store.replace_all(head, kept, by=by, reason=reason, steps=steps, history_from=_last_of(gone))
        return steps


def _last_of(gone: pa.Table) -> int:
    """Return until when (µs) one of these rows was in force: the time before can no longer be told in full."""
    return int(np.minimum(numbers_of(gone, "weed_date"), numbers_of(gone, "removed_at")).max())


def is_past(table: pa.Table, *, weeded_before: int, removed_before: int) -> NDArray[np.bool_]:
    """Tell of every row whether its weed date is past, or it was taken off that long ago."""
    past = numbers_of(table, "weed_date") <= weeded_before
    return np.asarray(past | (numbers_of(table, "removed_at") <= removed_before))


def _by_list(table: pa.Table, lists: int) -> NDArray[np.int64]:
    return np.bincount(numbers_of(table, "hotlist").astype(np.int64), minlength=lists)


def _live_by_list(table: pa.Table, lists: int) -> NDArray[np.int64]:
    live = numbers_of(table, "removed_at") == OPEN_END
    return np.bincount(numbers_of(table, "hotlist")[live].astype(np.int64), minlength=lists)
