"""The hotlist actors: shards that own the entries, and the publisher that makes one revision of them all.

The lists themselves are on disk. A shard that dies is read from there again; until then nobody sees a new revision,
matchers go on with the last one, and their staleness rises. The publisher holds references only.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

import ray
from ray.exceptions import RayError

from pipeline import bootstrap, metrics
from pipeline.clock import SystemClock
from pipeline.domain.hotlist import VehicleOfInterest
from pipeline.errors import AnprError
from pipeline.match.lists.publication import Publication, PublishedShard, Publisher
from pipeline.match.lists.shard import Shard
from pipeline.match.lists.source import publish_gauges
from pipeline.settings import Settings

log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.2
_RETRY_SECONDS = 1.0


class HotlistShard:
    """Owns the entries whose marks hash to it."""

    def __init__(self, settings: Settings, number: int) -> None:
        metrics.ACTOR_STARTS.labels(f"hotlist-{number}").inc()
        self._shard = bootstrap.hotlist_shard(settings, number)
        self._publisher = Publisher(ray.put)
        self._fresh: Shard | None = None
        self._freshening: threading.Thread | None = None

    def advance(self, sequence: int, known: str) -> PublishedShard | None:
        """Bring the shard to exactly that revision and publish it; None when `known` is what was published."""
        if self._fresh is not None:
            self._shard, self._fresh, self._freshening = self._fresh, None, None
        published = self._publisher.publish(self._shard.advance(sequence))
        if self._shard.is_heavy and self._freshening is None:
            self._freshening = threading.Thread(target=self._freshen, args=(sequence,), daemon=True)
            self._freshening.start()
        return None if published.token == known else published

    def look_up(self, marks: Sequence[str]) -> tuple[int, list[tuple[VehicleOfInterest, ...]]]:
        """Return the revision, and for every whole mark the entries of this shard that are in force for it now."""
        return self._shard.look_up(marks, SystemClock().now())

    def _freshen(self, sequence: int) -> None:
        try:
            self._fresh = self._shard.fresh(sequence)
        except AnprError as error:
            log.warning("a shard of the hotlists cannot be gathered now: %s", error)
            self._freshening = None


class HotlistPublisher:
    """Looks for new revisions and publishes each when every shard has it."""

    def __init__(self, settings: Settings, shards: Sequence[str]) -> None:
        metrics.ACTOR_STARTS.labels("hotlist-publisher").inc()
        self._store = bootstrap.hotlist_store(settings)
        self._watch = bootstrap.file_watch(settings, self._store)
        self._shards: list[Any] = [ray.get_actor(name) for name in shards]
        self._clock = SystemClock()
        self._published: Publication | None = None
        self._checked_at = self._clock.monotonic()
        self._first = threading.Event()
        self._rest = threading.Event()
        threading.Thread(target=self._run, name="publishing", daemon=True).start()

    def ready(self) -> int:
        """Return the first revision published, as soon as there is one."""
        self._first.wait()
        return self._published.head.sequence if self._published else 0

    def published(self, known: str) -> tuple[float, Publication | None]:
        """Return for how many seconds it has not been certain that this is the newest, and it, unless it is known."""
        published = self._published
        age = self._clock.monotonic() - self._checked_at
        return age, None if published is None or published.token == known else published

    def _run(self) -> None:
        while True:
            try:
                self._publish()
            except (AnprError, RayError) as error:
                log.warning("no new revision of the hotlists can be published now: %s", type(error).__name__)
                self._rest.wait(_RETRY_SECONDS)
            self._rest.wait(_LOOK_SECONDS)

    def _publish(self) -> None:
        begun = self._clock.monotonic()
        if self._watch is not None:
            self._watch.look()
        head = self._store.head()
        last = self._published
        had = last.shards if last else (None,) * len(self._shards)
        # a shard that restarts answers when it has read its entries from disk again
        answers = ray.get(
            [
                shard.advance.remote(head.sequence, known.token if known else "")
                for shard, known in zip(self._shards, had, strict=True)
            ]
        )
        if last is None or last.head != head or any(answers):
            shards = [new or old for new, old in zip(answers, had, strict=True)]
            self._published = Publication(
                head=head,
                history_from=self._store.history_from(head.sequence),
                shards=tuple(one for one in shards if one is not None),
            )
            metrics.HOTLIST_PUBLISH.observe(self._clock.monotonic() - begun)
            self._first.set()
        self._checked_at = begun
        publish_gauges(head, self._clock.now())
