"""Detection and recognition as one step: images in, the plates seen in each out.

On failure: a broken model raises from `read` and through the future of `submit`; it is never "no plates".
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from pipeline import metrics
from pipeline.domain.plate import Box, Detection, Pixels, Quad
from pipeline.domain.ports import Detector, Recogniser, SeenPlate

_WARM_BATCH = 11
"""Long enough for every way in which a session of two threads cuts batches."""


class LocalPlateReader:
    """The `PlateReader` of this process: one worker thread, so that a batch runs while the next is decoded."""

    def __init__(self, detector: Detector, recogniser: Recogniser) -> None:
        self._detector = detector
        self.recogniser = recogniser
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self.version = f"{detector.version}+{recogniser.version}"

    def submit(self, images: Sequence[Pixels]) -> Future[list[tuple[SeenPlate, ...]]]:
        return self._thread.submit(self.read, images)

    def read(self, images: Sequence[Pixels]) -> list[tuple[SeenPlate, ...]]:
        """Return for each image its plates with their texts; all plates of the batch are recognised at once."""
        if not images:
            return []
        metrics.BATCH_FRAMES.observe(len(images))
        started = time.perf_counter()
        found = self._detector.detect(images)
        detected = time.perf_counter()
        metrics.STAGE_SECONDS.labels("detect").observe(detected - started)
        plates = [(image, one) for image, ones in zip(images, found, strict=True) for one in ones]
        texts = iter(self.recogniser.recognise(plates))
        if plates:
            metrics.STAGE_SECONDS.labels("recognise").observe(time.perf_counter() - detected)
        return [tuple((one, next(texts)) for one in ones) for ones in found]

    def warm_up(self) -> None:
        """Make the runtime compile the networks for frames of 16:9 and for plates, so that no vehicle waits for it."""
        frame = np.zeros((720, 1280, 3), np.uint8)
        corners = ((0.0, 0.0), (200.0, 0.0), (200.0, 40.0), (0.0, 40.0))
        plate = Detection(box=Box(x=0, y=0, width=200, height=40), quad=Quad(corners=corners), confidence=1.0)
        for several in (_WARM_BATCH, 1):
            self._detector.detect([frame] * several)
            self.recogniser.recognise([(frame, plate)] * several)

    def close(self) -> None:
        self._thread.shutdown()
