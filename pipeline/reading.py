"""Detection and recognition on this machine: together for photographs, one after the other for the frames of cameras.

A find and its text are judged together where `doubting` is asked for: a window or a label that looks a little like a
plate bears no mark, and a plate that was found unsurely does.

Figures: on 96 held-out backgrounds the rule leaves no false read, where the detector's least confidence alone left two;
on all 958, most of which the detector learnt on, it leaves one. Of 732 reads of the permitted real pictures it takes 33
away: 23 found unsurely, a word, four that look like parts of plates, and five with a likelihood below 0.3.
On failure: a broken model raises from every call and through its future; it is never "no plates".
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from pipeline import metrics
from pipeline.capture.parts import part_sizes
from pipeline.domain.plate import Box, Detection, Picture, Pixels, PlateText, Quad
from pipeline.domain.ports import Detector, Recogniser, SeenPlate
from pipeline.domain.syntax import has_layout
from pipeline.domain.vrm import fold_vrm

_WARM_BATCHES = (11, 1)
"""The first is long enough for every way in which a session of two threads cuts batches."""
_FRAME = np.zeros((720, 1280, 3), np.uint8)
_SURE_FIND, _SURER_FIND = 0.72, 0.8
_SURE_TEXT, _SURE_LONGER_TEXT, _LIKELY_TEXT, _LEAST_TEXT = 0.96, 0.8, 0.5, 0.3
_LONG, _LONGER = 5, 6


def is_credible(found: Detection, text: PlateText) -> bool:
    """Tell whether what was found and what was read there make a plate together.

    Every mark has a digit, and a text without any series' layout must be likely. What was found unsurely must read in
    the layout of some series: as five characters surely, as six or more nearly so, because what means nothing is laid
    out so more rarely. What was found not quite surely must read as something.
    """
    # O and I may be 0 and 1
    if not any(character.isdigit() for character in fold_vrm(text.vrm)):
        return False
    known = has_layout(text.vrm)
    if not known and text.confidence < _LIKELY_TEXT:
        return False
    if found.confidence < _SURE_FIND:
        least = _SURE_LONGER_TEXT if len(text.vrm) >= _LONGER else _SURE_TEXT
        return known and text.confidence >= least and len(text.vrm) >= _LONG
    return found.confidence >= _SURER_FIND or text.confidence >= _LEAST_TEXT


class LocalPlateReader:
    """The `PlateReader` of this process: one worker thread, so that a batch runs while the next is decoded."""

    def __init__(self, detector: Detector, recogniser: Recogniser, *, doubting: bool = False) -> None:
        self._detector = detector
        self.recogniser = recogniser
        self._doubting = doubting
        self._finding = threading.Lock()
        """A detector serves one caller at a time."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
        self.version = f"{detector.version}+{recogniser.version}"

    def find(self, images: Sequence[Picture], sides: Sequence[int]) -> Future[list[tuple[Detection, ...]]]:
        return self._thread.submit(self.found_in, images, sides)

    def recognise(self, plates: Sequence[tuple[Pixels, Detection]]) -> Future[list[PlateText | None]]:
        return self._thread.submit(self.texts_of, plates)

    def found_in(self, images: Sequence[Picture], sides: Sequence[int] | None = None) -> list[tuple[Detection, ...]]:
        """Return the plates of each image, which is a part of a picture of that long side where `sides` say so."""
        if not images:
            return []
        metrics.BATCH_FRAMES.observe(len(images))
        with self._finding, metrics.STAGE_SECONDS.labels("detect").time():
            return self._detector.detect(images, sides)

    def texts_of(self, plates: Sequence[tuple[Pixels, Detection]]) -> list[PlateText | None]:
        """Return the text of each plate."""
        if not plates:
            return []
        with metrics.STAGE_SECONDS.labels("recognise").time():
            return self.recogniser.recognise(plates)

    def read(self, images: Sequence[Pixels]) -> list[tuple[SeenPlate, ...]]:
        """Return for each image its plates with their texts; all plates of the batch are recognised at once."""
        found = self.found_in(images)
        texts = iter(self.texts_of([(image, one) for image, ones in zip(images, found, strict=True) for one in ones]))
        return [tuple((one, self._believed(one, next(texts))) for one in ones) for ones in found]

    def _believed(self, found: Detection, text: PlateText | None) -> PlateText | None:
        return None if self._doubting and text and not is_credible(found, text) else text

    def warm_up(self) -> None:
        """Make the runtime compile the networks for frames of 16:9 and for plates, so that no vehicle waits for it."""
        corners = ((0.0, 0.0), (200.0, 0.0), (200.0, 40.0), (0.0, 40.0))
        plate = Detection(box=Box(x=0, y=0, width=200, height=40), quad=Quad(corners=corners), confidence=1.0)
        for several in _WARM_BATCHES:
            self._detector.warm_up([_FRAME] * several, [max(_FRAME.shape)] * several)
            self.recogniser.recognise([(_FRAME, plate)] * several)

    def warm_up_parts(self) -> None:
        """The same for the parts of frames that are searched, one after the other between what others ask for."""
        sides = _FRAME.shape[:2]
        for rows, columns in part_sizes(*sides):
            for several in _WARM_BATCHES:
                with self._finding:
                    self._detector.warm_up([_FRAME[:rows, :columns]] * several, [max(sides)] * several)

    def close(self) -> None:
        self._thread.shutdown()
