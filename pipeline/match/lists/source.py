"""The lists for whoever matches in this very process: the same store and shard as the actors', without them.

On failure: while the store cannot be read the last revision is given, and `checked_at` stands still.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from pipeline import metrics
from pipeline.domain.hotlist import HotlistTerms
from pipeline.domain.ports import Clock
from pipeline.errors import AnprError
from pipeline.match.instants import instant_of
from pipeline.match.lists.catalogue import Head, terms_of
from pipeline.match.lists.entries import ArrowEntries
from pipeline.match.lists.shard import IndexedLayer, Shard, ShardState
from pipeline.match.lists.store import HotlistStore
from pipeline.match.lists.watch import FileWatch
from pipeline.match.snapshot import HotlistSnapshot, Segment

log = logging.getLogger(__name__)
_EVER = datetime.min.replace(tzinfo=UTC)


class LocalHotlist:
    """A `HotlistSource` over a store on this machine."""

    def __init__(
        self, store: HotlistStore, clock: Clock, *, look_every_seconds: float, watch: FileWatch | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._look_every = look_every_seconds
        self._watch = watch
        if watch is not None:
            watch.load()
        self._shard = Shard(store)
        self._snapshot = self._newest(store.head())
        self._checked_at = clock.monotonic()

    @property
    def checked_at(self) -> float:
        return self._checked_at

    def current(self) -> HotlistSnapshot:
        now = self._clock.monotonic()
        if now >= self._checked_at + self._look_every:
            try:
                self._look()
                self._checked_at = now
            except AnprError as error:
                log.warning("the hotlists cannot be read, the last revision stays in force: %s", error)
        return self._snapshot

    def _look(self) -> None:
        if self._watch is not None:
            self._watch.look()
        head = self._store.head()
        publish_gauges(head, self._clock.now())
        if str(head.sequence) != self._snapshot.revision:
            self._snapshot = self._newest(head)

    def _newest(self, head: Head) -> HotlistSnapshot:
        publish_gauges(head, self._clock.now())
        state = self._shard.advance(head.sequence)
        if self._shard.is_heavy:
            self._shard = self._shard.fresh(head.sequence)
            state = self._shard.advance(head.sequence)
        return snapshot_of(
            head, [segments_of(state, terms_of(head))], history_from=self._store.history_from(head.sequence)
        )


def snapshot_of(head: Head, shards: Sequence[tuple[Segment, ...]], *, history_from: int) -> HotlistSnapshot:
    """Return a revision as matchers take it; `history_from` is in microseconds, 0 for all of the past."""
    return HotlistSnapshot(
        revision=str(head.sequence),
        published_at=instant_of(head.at) or _EVER,
        lists=terms_of(head),
        shards=tuple(shards),
        history_from=(instant_of(history_from) if history_from else None) or _EVER,
    )


def segments_of(state: ShardState, lists: Sequence[HotlistTerms]) -> tuple[Segment, ...]:
    """Return a shard's segments, the base first."""
    return tuple(_segment(one, lists) for one in (state.base, state.overlay) if len(one.layer))


def publish_gauges(head: Head, now: datetime) -> None:
    """Tell how large and how old the lists are together. Each is looked up (`looked_up.py`): a gauge keeps its name."""
    metrics.HOTLIST_ENTRIES.set(sum(one.terms.entries for one in head.lists))
    metrics.HOTLIST_REVISION.set(head.sequence)
    made_at = instant_of(head.at)
    metrics.HOTLIST_REVISION_AGE.set(max(0.0, (now - made_at).total_seconds()) if made_at and head.sequence else 0.0)


def _segment(indexed: IndexedLayer, lists: Sequence[HotlistTerms]) -> Segment:
    layer = indexed.layer
    return Segment(
        index=indexed.index,
        entries=ArrowEntries(layer.table, lists),
        taken_off_rows=layer.off_rows.astype(np.uint32),
        taken_off_at=layer.off_at,
    )
