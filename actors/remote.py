"""The ends of a camera's flow that live in other actors: the plate reader and the journal.

Both calls are idempotent, so they are simply made again while the other actor restarts. On failure: an error raised by
the stage itself (a broken model, a full disk) comes through unchanged; only the loss of an actor is retried here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import ray
from ray.exceptions import ObjectLostError, RayActorError

from pipeline import metrics
from pipeline.domain.plate import CameraId, Detection, Picture, Pixels, PlateText
from pipeline.domain.read import CaptureRecord
from pipeline.domain.sharing import EncodedRecord
from pipeline.errors import Unavailable

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
_PAUSE_SECONDS = 0.2
# counted by who asks: calls that wait in Ray's queue have not come to the actor yet
_READING, _APPENDING = (metrics.STAGE_IN_PROGRESS.labels(stage) for stage in ("inference", "journal"))


class RemotePlateReader:
    """A `PlateReader` over an inference actor on the same node; frames pass through shared memory."""

    def __init__(self, actor: Any, *, version: str, camera_id: CameraId, in_flight: int) -> None:
        self.version = version
        self._actor = actor
        self._camera_id = camera_id
        self._failures = metrics.INFERENCE_FAILURES.labels(camera_id)
        self._closed = threading.Event()
        self._threads = ThreadPoolExecutor(max_workers=in_flight + 1, thread_name_prefix="asking")

    def find(self, images: Sequence[Picture], sides: Sequence[int]) -> Future[list[tuple[Detection, ...]]]:
        return self._threads.submit(self._ask, self._actor.find, list(images), list(sides))

    def recognise(self, plates: Sequence[tuple[Pixels, Detection]]) -> Future[list[PlateText | None]]:
        return self._threads.submit(self._ask, self._actor.recognise, list(plates))

    def _ask(self, method: Any, *given: list[Any]) -> Any:
        with _READING.track_inprogress():
            return self._asked(method, *given)

    def _asked(self, method: Any, *given: list[Any]) -> Any:
        while not self._closed.is_set():
            try:
                return ray.get(method.remote(*given))
            except (RayActorError, ObjectLostError):
                self._failures.inc()
                log.warning("%s: the inference actor is away, the batch is asked again", self._camera_id)
                self._closed.wait(_PAUSE_SECONDS)
        raise Unavailable("the camera was closed while a batch waited for the inference actor")

    def close(self) -> None:
        self._closed.set()
        self._threads.shutdown(cancel_futures=True)


class RemoteJournal:
    """The writing half of a `Journal` over the node's journal actor."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def append(self, records: Sequence[CaptureRecord]) -> int:
        return self._asked(self._actor.append, list(records))  # type: ignore[no-any-return]

    def append_encoded(self, records: Sequence[EncodedRecord]) -> list[bool]:
        return self._asked(self._actor.append_encoded, list(records))  # type: ignore[no-any-return]

    def knows(self, keys: Sequence[str]) -> set[str]:
        return self._asked(self._actor.knows, list(keys))  # type: ignore[no-any-return]

    def _asked(self, method: Any, given: list[Any]) -> Any:
        try:
            with _APPENDING.track_inprogress():
                return ray.get(method.remote(given))
        except RayActorError as error:
            raise Unavailable("the journal actor is away; the reads are kept and offered again") from error
