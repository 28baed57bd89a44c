"""What a shard publishes of its state, with the large parts as references to wherever they were put.

The same value crosses from shard to publisher to matcher: the indexes and tables behind it stay in shared memory.

On failure: nothing here can fail; what resolving a reference raises is the caller's.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.match.index import FlatIndex
from pipeline.match.lists.catalogue import Head, terms_of
from pipeline.match.lists.entries import ArrowEntries, Rows, told_of
from pipeline.match.lists.shard import IndexedLayer, ShardState
from pipeline.match.lists.source import snapshot_of
from pipeline.match.snapshot import HotlistSnapshot, Segment

Put = Callable[[Any], Any]
Get = Callable[[list[Any]], list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PublishedLayer:
    """References to an index's buffer and its table, and the rows taken off since."""

    buffer: Any
    table: Any
    off_rows: Rows
    off_at: Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PublishedShard:
    """A shard's state; `token` is another for every state and every life of the shard."""

    token: str
    layers: tuple[PublishedLayer, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Publication:
    """All shards at one revision: matchers take this whole or not at all."""

    head: Head
    history_from: int
    shards: tuple[PublishedShard, ...]

    @property
    def token(self) -> str:
        return f"{self.head.sequence} {' '.join(one.token for one in self.shards)}"


class Publisher:
    """Puts what is new of a shard's states; what they share is put once."""

    def __init__(self, put: Put) -> None:
        self._put = put
        self._known: dict[int, tuple[IndexedLayer, Any, Any]] = {}
        self._last: tuple[ShardState, PublishedShard] | None = None

    def publish(self, state: ShardState) -> PublishedShard:
        """Return the state with its large parts put; the same value while the state is the same."""
        if self._last is not None and self._last[0] is state:
            return self._last[1]
        layers = tuple(self._layer(one) for one in (state.base, state.overlay) if len(one.layer))
        self._known = {
            id(one.index): self._known[id(one.index)] for one in (state.base, state.overlay) if len(one.layer)
        }
        published = PublishedShard(token=uuid.uuid4().hex[:12], layers=layers)
        self._last = state, published
        return published

    def _layer(self, one: IndexedLayer) -> PublishedLayer:
        # the index is kept alive beside its id, so that no other can come to have the same
        known = self._known.get(id(one.index))
        if known is None:
            known = self._known[id(one.index)] = one, self._put(one.index.buffer), self._put(told_of(one.layer.table))
        return PublishedLayer(buffer=known[1], table=known[2], off_rows=one.layer.off_rows, off_at=one.layer.off_at)


def snapshot_from(publication: Publication, get: Get) -> HotlistSnapshot:
    """Return the revision with everything behind its references; `get` may map it instead of copying it."""
    terms = terms_of(publication.head)
    layers = [layer for shard in publication.shards for layer in shard.layers]
    found = iter(get([reference for layer in layers for reference in (layer.buffer, layer.table)]))
    shards = [
        tuple(_segment(layer, next(found), next(found), terms) for layer in shard.layers)
        for shard in publication.shards
    ]
    return snapshot_of(publication.head, shards, history_from=publication.history_from)


def _segment(layer: PublishedLayer, buffer: NDArray[np.uint8], table: pa.Table, terms: Sequence[Any]) -> Segment:
    return Segment(
        index=FlatIndex.over(buffer),
        entries=ArrowEntries(table, terms),
        taken_off_rows=layer.off_rows.astype(np.uint32),
        taken_off_at=layer.off_at,
    )
