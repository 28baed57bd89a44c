"""The inference actor: detector and recogniser of one node, shared by the node's cameras."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import ray

from pipeline import bootstrap_reading, metrics
from pipeline.domain.plate import Detection, Picture, Pixels, PlateText
from pipeline.settings import Settings

READING = "reading"
"""The group of calls that need not wait for pictures to be searched: their pictures have waited for that already. Ray
takes groups only where a class becomes an actor."""


class InferenceActor:
    """Holds the models. Calls queue in Ray; each camera has only a few batches in flight, so the queue is bounded."""

    def __init__(self, settings: Settings) -> None:
        metrics.ACTOR_STARTS.labels("inference").inc()
        self._reader = bootstrap_reading.plate_reader(settings)
        self._reader.warm_up()
        # a second or two of a core that nobody waits for: frames are served between one shape and the next
        warming = self._reader.warm_up_parts
        threading.Thread(target=warming, name="warming", daemon=True).start()

    def version(self) -> str:
        return self._reader.version

    def find(self, images: Sequence[Picture], sides: Sequence[int]) -> list[tuple[Detection, ...]]:
        return self._reader.found_in(images, sides)

    @ray.method(concurrency_group=READING)
    def recognise(self, plates: Sequence[tuple[Pixels, Detection]]) -> list[PlateText | None]:
        return self._reader.texts_of(plates)
