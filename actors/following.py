"""The thread that follows the lists of the national centre: one watch after the other, each from the last revision.

On failure: the watch is begun again after a pause, for ever; the lists stay as they were, and the time when the centre
was last heard is a metric. Where the centre no longer tells revisions one by one, all lists are taken anew.
"""

from __future__ import annotations

import logging
import random
import threading
from typing import Any

import grpc

from actors.services.client import error_of
from actors.services.national_peer import NationalPeer
from pipeline import bootstrap_share, metrics
from pipeline.clock import SystemClock
from pipeline.errors import AnprError, Forgotten
from pipeline.settings import Settings
from pipeline.wire.distribution_proto import part_of

log = logging.getLogger(__name__)
_WATCH_SECONDS = 1800.0
"""A watch is begun anew so often, within the deadline that services allow for streams."""


class Following:
    """Runs from `start` until `stop`."""

    def __init__(self, settings: Settings, peer: NationalPeer) -> None:
        self._peer = peer
        self._name = settings.share.peer_name
        self._pause_seconds = settings.share.retry_first_seconds
        self._follower = bootstrap_share.lists_to_follow(settings)
        self._clock = SystemClock()
        self._stopping = threading.Event()
        self._call: Any = None
        self._thread = threading.Thread(target=self._run, name="following", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._call is not None:
            self._call.cancel()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._watch()
            except Forgotten as error:
                log.warning("%s: all lists are taken anew: %s", self._name, error)
                self._follower.forget()
            except AnprError as error:
                log.warning("the lists of %s cannot be followed now: %s", self._name, error)
            self._stopping.wait(self._pause_seconds * random.uniform(0.5, 1.0))

    def _watch(self) -> None:
        self._peer.look_at_certificates()
        self._follower.begin()
        try:
            self._call = self._peer.watch_hotlists(self._follower.revision, _WATCH_SECONDS)
            if self._stopping.is_set():
                self._call.cancel()
            for message in self._call:
                part = part_of(message)
                if self._follower.take(part):
                    metrics.SHARE_HOTLISTS_HEARD.labels(self._name).set(self._clock.now().timestamp())
        except grpc.RpcError as error:
            if isinstance(error, grpc.Call) and error.code() in _ENDS:
                return
            raise error_of(error, f"{self._name} does not answer") from error
        except ValueError as error:
            # the connection was closed just now, because certificates have changed
            log.debug("the watch begins anew: %s", error)


_ENDS = (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
