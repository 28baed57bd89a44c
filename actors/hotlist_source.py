"""The lists for whoever matches in another process: the newest publication, mapped from shared memory.

On failure: while the publisher or a shard is away the last revision is given, and its staleness rises. Unavailable only
as long as there was never any.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, ObjectLostError, RayActorError

from pipeline import metrics
from pipeline.domain.ports import Clock
from pipeline.errors import AnprError, Unavailable
from pipeline.match.lists.publication import Publication, snapshot_from
from pipeline.match.snapshot import HotlistSnapshot

log = logging.getLogger(__name__)
_ANSWER_SECONDS = 0.05
_FETCH_SECONDS = 30.0
_PAUSE_SECONDS = 0.1


class RemoteHotlist:
    """A `HotlistSource` over a `HotlistPublisher`. It never waits long: an answer that is late is taken next time."""

    def __init__(self, publisher: Any, clock: Clock) -> None:
        self._publisher = publisher
        self._clock = clock
        self._asked: Any = None
        self._token = ""
        self._snapshot: HotlistSnapshot | None = None
        self._checked_at = clock.monotonic()

    @property
    def checked_at(self) -> float:
        return self._checked_at

    def current(self) -> HotlistSnapshot:
        try:
            self._hear()
        except (RayActorError, ObjectLostError, GetTimeoutError, AnprError) as error:
            # what was asked of an actor that died is asked anew
            log.warning("no news of the hotlists, the last revision stays in force: %s", type(error).__name__)
        metrics.HOTLIST_STALENESS.set(self._clock.monotonic() - self._checked_at)
        if self._snapshot is None:
            raise Unavailable("no hotlist has been published yet; reads wait for it")
        return self._snapshot

    def wait_for_first(self) -> None:
        """Return once there is a revision, whoever has to restart before."""
        while self._snapshot is None:
            try:
                self.current()
            except Unavailable:
                time.sleep(_PAUSE_SECONDS)

    def _hear(self) -> None:
        asked, self._asked = self._asked, None
        if asked is None:
            asked = self._publisher.published.remote(self._token)
        if not ray.wait([asked], timeout=_ANSWER_SECONDS)[0]:
            self._asked = asked
            return
        heard_at = self._clock.monotonic()
        age, publication = ray.get(asked)
        if publication is not None:
            self._take(publication)
        if self._snapshot is not None:
            self._checked_at = heard_at - age

    def _take(self, publication: Publication) -> None:
        self._snapshot = snapshot_from(publication, lambda references: ray.get(references, timeout=_FETCH_SECONDS))
        self._token = publication.token
