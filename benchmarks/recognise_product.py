"""The product itself on the pictures that its peers are timed on: what a plate's crop and a frame take, by batch.

Unlike the bare networks' rows these hold everything between decoded pixels and texts: scaling, cutting out, the second
look, candidates and confidences, and further looks where a photograph is unsure; networks compute as they are shipped.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.peers.answering import timed
from benchmarks.recognise_runtimes import BATCHES
from pipeline import bootstrap_reading
from pipeline.capture.stills import load_image
from pipeline.cropped import whole_image
from pipeline.detect.detector import open_detector
from pipeline.recognise.opening import open_recogniser
from pipeline.settings import Settings

Row = dict[str, Any]
CROP, FRAME = "a plate's crop", "a 1280 x 720 frame, detector and reader"
CROP_READER, DETECTOR = "a plate's crop, reader alone", "a 1280 x 720 frame, detector"
VIDEO_DETECTOR = "a 1280 x 720 frame, detector as for video"


def product_rows(plates: Sequence[str], frames: Sequence[str], threads: int, rounds: int) -> list[Row]:
    """Return the milliseconds an item of files of plates and of frames, by batch."""
    settings = replace(Settings(), inference=replace(Settings().inference, threads=threads))
    crops, pictures = ([load_image(Path(path)) for path in paths] for paths in (plates, frames))
    seen = [(crop, whole_image(crop)) for crop in crops]
    recogniser = open_recogniser(settings.recognise, settings.inference)
    still, video = (open_detector(settings.detect, settings.inference, still=still) for still in (True, False))
    photographs, cropped = bootstrap_reading.still_reader(settings), bootstrap_reading.crop_reader(settings)
    works: tuple[tuple[str, Callable[[Any], object], Sequence[Any], Sequence[int]], ...] = (
        (CROP, lambda some: cropped.read(*some), crops, BATCHES[:1]),
        (CROP_READER, recogniser.recognise, seen, BATCHES),
        (FRAME, photographs.read, pictures, BATCHES),
        (DETECTOR, still.detect, pictures, BATCHES),
        (VIDEO_DETECTOR, video.detect, pictures, BATCHES),
    )
    rows = []
    for what, work, given, batches in works:
        row: Row = {"reader": "anpr-ray", "threads": threads, "what": what}
        row |= {f"batch {batch}": "cannot" for batch in BATCHES}
        row |= {f"batch {batch}": _milliseconds(work, given, batch, rounds) for batch in batches}
        rows.append(row)
    photographs.close()
    return rows


def _milliseconds(work: Callable[[Any], object], given: Sequence[Any], batch: int, rounds: int) -> float:
    """Return the median time of an item; the last batch begins the files again, as the peers' does."""
    starts = range(0, len(given), batch)
    batches = [[given[(at + place) % len(given)] for place in range(batch)] for at in starts]
    return round(statistics.median(timed(work, batches, rounds)) / batch, 2)
