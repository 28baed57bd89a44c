"""Texts for real plates that carry none: proposed by the reader the training starts from, kept only where it is sure.

    python -m training.recogniser.proposed --reader READER.onnx --dashcam ro_dashcam --photos pl_photos

A plate is kept when at least four of five readings, each from a box moved a little, agree on a text that the country's
series allows, with a likelihood of 0.6 or more. With `--nearer`, plates that are too far away get the text that nearer
frames tell (`training/recogniser/nearer.py`), and what the detector's training holds out is left out. Look at the
contact sheet before training on them. No picture leaves the work folder. What is wrong there is named to `--struck` by
its print, which stands on the sheet too: what was read wrongly is nearly a real mark.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np

from pipeline.domain.plate import Box, Detection, Pixels, Quad
from pipeline.inference.session import open_session
from pipeline.recognise.eyes import Eye
from pipeline.recognise.recogniser import PlateRecogniser
from pipeline.recognise.rectify import flattened
from training.degrade import jittered
from training.detector.corpus import HELD_OUT_PART, HELD_OUT_RIDES
from training.marks import COUNTIES
from training.recogniser.nearer import from_nearer

_ROMANIAN = r"B\d{2,3}[A-Z]{3}|[A-Z]{2}\d{2}[A-Z]{3}"
_POLISH = r"[A-Z]{2}\d{4}[A-Z0-9]|[A-Z]{2}\d{3}[A-Z]{2}|[A-Z]{3}[A-Z0-9]\d{2}[A-Z0-9]{1,2}"
_SERIES = re.compile(f"{_ROMANIAN}|{_POLISH}")
_READINGS, _AGREEING, _LIKELIHOOD, _VARIANTS = 5, 4, 0.6, 6
_FAR_TIMES = 3
"""What nearer frames tell is shown so many times as often: there is little of it, and most to learn from."""
_SMALLEST_HEIGHT, _RIVAL_DIFFERENCES = 12, 2
_IN_COUNTY = re.compile(r"[A-Z]{2}\d{2}[A-Z]{3}")
_COUNTIES = frozenset(COUNTIES[i : i + 2] for i in range(0, len(COUNTIES), 2))
_SHEET_COLUMNS, _SHEET_ROWS = 7, 30


def main() -> None:
    """Propose and write `real.npy`, `real.json` and a contact sheet."""
    parser = argparse.ArgumentParser(prog="python -m training.recogniser.proposed")
    parser.add_argument("--reader", type=Path, required=True)
    parser.add_argument("--dashcam", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("training/work/recogniser/real"))
    parser.add_argument("--struck", nargs="*", default=[], metavar="PRINT", help="proposals that an eye found wrong")
    parser.add_argument("--nearer", action="store_true", help="far plates too, and none of the held-out pictures")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    recogniser = PlateRecogniser(Eye(open_session(chosen.reader)), version="", minimum_confidence=0.0, candidates=2)
    rng = np.random.default_rng(7)
    patches, texts = list[Pixels](), list[str]()
    rides, parts = (HELD_OUT_RIDES, (HELD_OUT_PART,)) if chosen.nearer else ((), ())
    plates = [*dashcam_rides(chosen.dashcam, rides)]
    plates += [("", pixels, quad) for pixels, quad in photo_plates(chosen.photos, parts)]
    proposals = list[str]()
    for _, pixels, quad in plates:
        text = proposal(rng, recogniser, pixels, quad)
        proposals.append(text)
        if text:
            patches += _variants(rng, pixels, quad)
            texts += [text] * _VARIANTS
    sound = zip(without_rivals(texts), texts, strict=True)
    kept = [keep and print_of(text) not in chosen.struck for keep, text in sound]
    patches = [patch for patch, keep in zip(patches, kept, strict=True) if keep]
    texts = [text for text, keep in zip(texts, kept, strict=True) if keep]
    if chosen.nearer:
        trusted = [text if text in texts else "" for text in proposals]
        told = from_nearer(recogniser, [plate[1:] for plate in plates], [plate[0] for plate in plates], trusted)
        for (_, pixels, quad), text in zip(plates, told, strict=True):
            if text:
                patches += _variants(rng, pixels, quad) * _FAR_TIMES
                texts += [text] * _VARIANTS * _FAR_TIMES
        print(f"{sum(map(bool, told))} of them told by nearer frames")
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    np.save(chosen.out.with_suffix(".npy"), np.stack(patches))
    chosen.out.with_suffix(".json").write_text(json.dumps(texts))
    cv2.imwrite(str(chosen.out.with_suffix(".png")), _sheet(patches[::_VARIANTS], texts[::_VARIANTS]))
    print(f"{len(texts) // _VARIANTS} entries from {len(plates)} plates kept")


def _variants(rng: np.random.Generator, pixels: Pixels, quad: Quad) -> list[Pixels]:
    return [flattened(pixels, jittered(rng, quad, 0.05), two_line=False) for _ in range(_VARIANTS)]


def print_of(text: str) -> str:
    """Return six digits that tell a proposal from the some hundred others, and no mark: several marks share them."""
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def without_rivals(texts: list[str]) -> list[bool]:
    """Tell which texts to keep: not those that differ in at most two places from one that was proposed more often.

    A plate is in many frames of a ride; what is read otherwise in a few of them is a misread.
    """
    votes = Counter(texts)
    beaten = {
        text
        for text in votes
        for other in votes
        if votes[other] > votes[text]
        and len(other) == len(text)
        and sum(a != b for a, b in zip(text, other, strict=True)) <= _RIVAL_DIFFERENCES
    }
    return [text not in beaten and not _in_no_county(text) for text in texts]


def in_series(text: str) -> bool:
    """Tell whether `text` may be a mark of the two countries, of a county that there is."""
    return bool(_SERIES.fullmatch(text)) and not _in_no_county(text)


def _in_no_county(text: str) -> bool:
    return text[:2] not in _COUNTIES and bool(_IN_COUNTY.fullmatch(text))


def proposal(rng: np.random.Generator, recogniser: PlateRecogniser, pixels: Pixels, quad: Quad) -> str:
    """Return the text the readings agree on, or nothing."""
    quads = [quad, *(jittered(rng, quad, 0.03) for _ in range(_READINGS - 1))]
    box = Box(x=0, y=0, width=1, height=1)
    plates = [(pixels, Detection(box=box, quad=one, confidence=1.0)) for one in quads]
    read = [text for text in recogniser.recognise(plates) if text]
    if not read:
        return ""
    [(best, count)] = Counter(str(text.vrm) for text in read).most_common(1)
    sure = max(text.confidence for text in read if text.vrm == best)
    return best if count >= _AGREEING and sure >= _LIKELIHOOD and _SERIES.fullmatch(best) else ""


def dashcam_plates(folder: Path, without: tuple[str, ...] = ()) -> Iterator[tuple[Pixels, Quad]]:
    """Yield the plates of a folder of frames with VOC annotations, but for the rides `without`."""
    for _, pixels, quad in dashcam_rides(folder, without):
        yield pixels, quad


def dashcam_rides(folder: Path, without: tuple[str, ...] = ()) -> Iterator[tuple[str, Pixels, Quad]]:
    """Yield the same with the name of the ride before each."""
    for notes in sorted(folder.rglob("*.xml")):
        ride = notes.name.split(".mp4")[0]
        if ride in without:
            continue
        root = ElementTree.parse(notes).getroot()
        name = notes.stem
        found = sorted(folder.rglob(f"{name}.jpg"))
        pixels = cv2.imread(str(found[0])) if found else None
        if pixels is None:
            continue
        for box in root.iter("bndbox"):
            x0, y0, x1, y1 = (float(box.findtext(key, "0")) for key in ("xmin", "ymin", "xmax", "ymax"))
            if y1 - y0 >= _SMALLEST_HEIGHT:
                yield ride, np.asarray(pixels, np.uint8), _upright(x0, y0, x1, y1)


def photo_plates(folder: Path, without: tuple[str, ...] = ()) -> Iterator[tuple[Pixels, Quad]]:
    """Yield the plates of a folder of photographs with a CSV of boxes in each part, but for the parts `without`."""
    for notes in sorted(folder.rglob("_annotations.csv")):
        if notes.parent.name in without:
            continue
        with notes.open(encoding="utf-8", newline="") as table:
            rows = list(csv.DictReader(table))
        for row in rows:
            if row["class"] != "license-plates":
                continue
            pixels = cv2.imread(str(notes.parent / row["filename"]))
            if pixels is not None:
                x0, y0, x1, y1 = (float(row[key]) for key in ("xmin", "ymin", "xmax", "ymax"))
                yield np.asarray(pixels, np.uint8), _upright(x0, y0, x1, y1)


def _upright(x0: float, y0: float, x1: float, y1: float) -> Quad:
    return Quad(corners=((x0, y0), (x1, y0), (x1, y1), (x0, y1)))


def _sheet(patches: list[Pixels], texts: list[str]) -> Pixels:
    tiles = []
    for patch, text in zip(patches, texts, strict=True):
        tile = np.pad(patch, ((0, 18), (0, 4), (0, 0)))
        caption = f"{text} {print_of(text)}"
        cv2.putText(tile, caption, (2, 62), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
        tiles.append(tile)
    tiles = tiles[: _SHEET_COLUMNS * _SHEET_ROWS]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % _SHEET_COLUMNS)
    rows = [np.hstack(tiles[i : i + _SHEET_COLUMNS]) for i in range(0, len(tiles), _SHEET_COLUMNS)]
    return np.asarray(np.vstack(rows), np.uint8)


if __name__ == "__main__":
    main()
