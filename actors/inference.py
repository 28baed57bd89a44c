"""The inference actor: detector and recogniser of one node, shared by the node's cameras."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline import bootstrap, metrics
from pipeline.domain.plate import Pixels
from pipeline.domain.ports import SeenPlate
from pipeline.settings import Settings


class InferenceActor:
    """Holds the models. Calls queue in Ray; each camera has only a few batches in flight, so the queue is bounded."""

    def __init__(self, settings: Settings) -> None:
        metrics.ACTOR_STARTS.labels("inference").inc()
        self._reader = bootstrap.plate_reader(settings)
        self._reader.warm_up()

    def version(self) -> str:
        return self._reader.version

    def read(self, images: Sequence[Pixels]) -> list[tuple[SeenPlate, ...]]:
        with metrics.STAGE_IN_PROGRESS.labels("inference").track_inprogress():
            return self._reader.read(images)
