"""What the product reads, through the same functions that `anpr read` and `anpr replay` call.

Stills are read once with the recogniser's threshold at 0, and whatever the shipped threshold would refuse is left out
afterwards: the same answers as with it, and every other threshold's as well.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from actors.cli.replay import PictureFolder, replay
from benchmarks.accuracy_scoring import Drawn, Seen, folded
from benchmarks.accuracy_sets import Clips, Stills
from pipeline import bootstrap_reading
from pipeline.capture.stills import load_image
from pipeline.domain.plate import Box, Detection, Pixels, PlateText, Quad
from pipeline.reading import LocalPlateReader
from pipeline.settings import Settings
from training.degrade import jittered, photographed
from training.detector.corpus import dashcam, photos
from training.detector.evaluate import overlap
from training.plates import render_plate

_DRAWN_SEED = 990_001
_PIXELS_PER_MM = 0.75
_DRAWN_BATCH = 64
_ENOUGH_OVERLAP = 0.4
"""The held-out boxes are looser than the plates."""


def open_unfiltered(settings: Settings) -> LocalPlateReader:
    """Return the reader of stills that refuses no text for its confidence."""
    return bootstrap_reading.still_reader(_unfiltered(settings))


def _unfiltered(settings: Settings) -> Settings:
    return replace(settings, recognise=replace(settings.recognise, minimum_confidence=0.0))


def read_stills(reader: LocalPlateReader, stills: Stills, settings: Settings) -> list[Seen]:
    """Return everything that is read in the set."""
    seen: list[Seen] = []
    cropped = bootstrap_reading.crop_reader(_unfiltered(settings)) if stills.crops else None
    for path in stills.files:
        pixels = load_image(path)
        found = [cropped.read(pixels)] if cropped else list(reader.read([pixels])[0])
        seen += [_seen(path.name, detection, text) for detection, text in found if text is not None]
    return seen


def read_held_out(reader: LocalPlateReader, root: Path) -> list[tuple[float, float]]:
    """Return for every plate of the real pictures held out from the detector, whose texts nobody knows, how sure its
    detection and its text are; 0 where it was not found, or not read.

    The reader's first five courses learnt on these pictures too: they say nothing of how it reads what it never saw.
    """
    sure = []
    for picture in dashcam(root / "train", True) + photos(root / "train", True):
        found = reader.read([picture.pixels()])[0]
        for truth in picture.boxes:
            overlaps = [overlap(truth, detection.box) for detection, _ in found]
            best = int(np.argmax(overlaps)) if overlaps else -1
            if best >= 0 and overlaps[best] >= _ENOUGH_OVERLAP:
                detection, text = found[best]
                sure.append((detection.confidence, text.confidence if text else 0.0))
            else:
                sure.append((0.0, 0.0))
    return sure


def read_clips(settings: Settings, clips: Clips) -> list[Seen]:
    """Return the reads of the clips, one a passage."""
    plates = bootstrap_reading.plate_reader(settings)
    seen: list[Seen] = []
    with tempfile.TemporaryDirectory(prefix="anpr-accuracy-") as folder:
        for path in clips.files:
            for finished in replay(str(path), settings, plates, PictureFolder(Path(folder))):
                read = finished.record.read
                seen.append(
                    Seen(
                        file=path.name,
                        text=read.vrm,
                        confidence=read.confidence,
                        first_frame=finished.first_frame,
                        last_frame=finished.last_frame,
                    )
                )
    plates.close()
    return seen


def read_drawn(reader: LocalPlateReader, count: int) -> list[Drawn]:
    """Return what is read of drawn plates that no training saw, from true corners that are off as a detector's are."""
    rng = np.random.default_rng(_DRAWN_SEED)
    found: list[Drawn] = []
    while len(found) < count:
        batch: list[tuple[Pixels, Detection]] = []
        truths: list[Drawn] = []
        for _ in range(min(_DRAWN_BATCH, count - len(found))):
            plate = render_plate(rng, _PIXELS_PER_MM, two_line_share=0.14)
            pixels, quad = photographed(rng, plate)
            batch.append((pixels, _detection(jittered(rng, quad), two_line=plate.two_line)))
            kind = plate.kind if plate.country == "GB" else "foreign"
            truths.append(Drawn(text=plate.text, seen=None, width=_width(quad), two_line=plate.two_line, kind=kind))
        for drawn, (_, detection), read in zip(truths, batch, reader.recogniser.recognise(batch), strict=True):
            found.append(replace(drawn, seen=None if read is None else _seen("drawn", detection, read)))
    return found


def photo_milliseconds(settings: Settings, files: Sequence[Path], rounds: int) -> list[float]:
    """Return the time of each photo from decoded pixels to texts, after one round that does not count."""
    reader = bootstrap_reading.still_reader(settings)
    pictures = [load_image(path) for path in files]
    spent = []
    for at in range(rounds + 1):
        for pixels in pictures:
            started = time.perf_counter()
            reader.read([pixels])
            if at:
                spent.append(1000 * (time.perf_counter() - started))
    reader.close()
    return spent


def seen_by_peer(answer: dict[str, Any]) -> list[Seen]:
    """Return a peer's answer in the same form."""
    return [
        Seen(
            file=Path(read["file"]).name,
            text=read["vrm"],
            confidence=read["confidence"],
            box=tuple(read["box"]) if "box" in read else None,
            first_frame=read.get("first_frame", 0),
            last_frame=read.get("last_frame", 0),
        )
        for read in answer["reads"]
    ]


def _seen(file: str, detection: Detection, text: PlateText) -> Seen:
    box = detection.box
    return Seen(
        file=file,
        text=text.vrm,
        confidence=text.confidence,
        found=detection.confidence,
        alike=sum(one.probability for one in text.candidates if folded(one.text) == folded(text.vrm)),
        box=(box.x, box.y, box.width, box.height),
    )


def _detection(quad: Quad, *, two_line: bool) -> Detection:
    corners = np.asarray(quad.corners)
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    box = Box(x=left, y=top, width=right - left, height=bottom - top)
    return Detection(box=box, quad=quad, confidence=1.0, two_line=two_line)


def _width(quad: Quad) -> float:
    corners = np.asarray(quad.corners)
    return float(np.linalg.norm(corners[1] + corners[2] - corners[0] - corners[3]) / 2)
