"""Tells the peer what was erased here at the limit of retention, each once.

On failure: what was not told is told at the next look, for ever; the peer knows an erasure by its id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from pipeline.domain.ports import Peer
from pipeline.domain.sharing import ErasureNotice
from pipeline.errors import AnprError
from pipeline.share.ledger import Ledger
from pipeline.wire.offers import push_of_erasures

log = logging.getLogger(__name__)
_LOOK_EVERY_SECONDS = 60.0
_MOST_AT_ONCE = 500


class ErasureTeller:
    """`step` looks once a minute. `erasures` returns what was erased so far."""

    def __init__(self, erasures: Callable[[], Sequence[ErasureNotice]], peer: Peer, ledger: Ledger) -> None:
        self._erasures = erasures
        self._peer = peer
        self._ledger = ledger
        self._under_way: tuple[list[str], Future[bytes]] | None = None
        self._look_at = 0.0

    def step(self, now: float) -> None:
        """Do what can be done now; `now` is monotonic seconds."""
        if self._under_way is not None:
            self._collect()
        if self._under_way is None and now >= self._look_at:
            self._look_at = now + _LOOK_EVERY_SECONDS
            self._send()

    def _send(self) -> None:
        notices = {one.erasure_id: one for one in self._erasures()}
        untold = self._ledger.untold(list(notices))[:_MOST_AT_ONCE]
        if untold:
            request = push_of_erasures([notices[one] for one in untold])
            self._under_way = (untold, self._peer.push_erasures(request))

    def _collect(self) -> None:
        if self._under_way is None or not self._under_way[1].done():
            return
        untold, answer = self._under_way
        self._under_way = None
        try:
            answer.result()
        except AnprError as error:
            log.warning("the peer could not be told of erasures, it is tried again: %s", error)
            return
        self._ledger.tell(untold)
