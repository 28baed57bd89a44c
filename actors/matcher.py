"""The matcher actor: tails the journal against the hotlist; hits go to a file and to whoever follows."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import ray

from actors.hotlist_source import RemoteHotlist
from actors.tailing import TailLoop
from pipeline import bootstrap, metrics
from pipeline.clock import SystemClock
from pipeline.domain.hotlist import Hit
from pipeline.domain.read import Read
from pipeline.settings import Settings

_HITS_REMEMBERED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenHit:
    """A hit and where it was seen."""

    camera_id: str
    hit: Hit


class MatcherActor:
    """Matches each read once; a hit is durable in the hits file before it is shown."""

    def __init__(self, settings: Settings, publisher: str) -> None:
        metrics.ACTOR_STARTS.labels("matcher").inc()
        self._hits: deque[SeenHit] = deque(maxlen=_HITS_REMEMBERED)
        hotlist = RemoteHotlist(ray.get_actor(publisher), SystemClock())
        hotlist.wait_for_first()
        self._tail = bootstrap.match_tail(settings, hotlist=hotlist, on_hit=self._remember)
        self._loop = TailLoop("matcher", self._tail, SystemClock())

    def run(self) -> None:
        self._loop.run()

    def stop(self) -> None:
        self._loop.stop()

    def status(self) -> tuple[int, int, str]:
        """Return position, lag in reads, and the last failure."""
        return self._tail.position, self._tail.lag, self._loop.failure

    def revision(self) -> str:
        """Return the revision of the lists that reads are matched with."""
        return self._tail.revision

    def hits(self) -> list[SeenHit]:
        """Return the newest hits since this actor started, oldest first."""
        return list(self._hits)

    def _remember(self, hit: Hit, read: Read) -> None:
        self._hits.append(SeenHit(camera_id=read.camera_id, hit=hit))
