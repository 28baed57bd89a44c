"""A national centre behind ways of many lengths: batches overtake one another, and some come a second time, later."""

from __future__ import annotations

import random
import threading
from concurrent.futures import Future

from actors.services.national_peer import NationalPeer
from pipeline.settings import Settings

_LATE_SECONDS = 0.2
_AGAIN_SECONDS = 2.0
_SHARE_SENT_TWICE = 0.3


class UnrulyPeer(NationalPeer):
    """Every batch leaves a little late; of some a copy leaves when others have been sent since."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._chance = random.Random()

    def _call(self, method: str, request: bytes) -> Future[bytes]:
        answer: Future[bytes] = Future()
        self._send(self._chance.uniform(0.0, _LATE_SECONDS), method, request, answer)
        if self._chance.random() < _SHARE_SENT_TWICE:
            # nobody hears what the copy is answered
            self._send(self._chance.uniform(_LATE_SECONDS, _AGAIN_SECONDS), method, request, Future())
        return answer

    def _send(self, after_seconds: float, method: str, request: bytes, answer: Future[bytes]) -> None:
        def settle(done: Future[bytes]) -> None:
            error = done.exception()
            if error is None:
                answer.set_result(done.result())
            else:
                answer.set_exception(error)

        def send() -> None:
            super(UnrulyPeer, self)._call(method, request).add_done_callback(settle)

        timer = threading.Timer(after_seconds, send)
        timer.daemon = True
        timer.start()
