"""Sets weights of the recogniser side by side, to choose by: nothing of it is trained on, and none of it is `eval`.

    python -m training.recogniser.choose --pictures DATA SHIPPED.onnx OTHER.onnx …

Drawn plates of both parts of the hold-out, with fixings, cut at an end, lifelike, with the characters of
`training/reshaped.py`, and with flags or screws between ones (`training/variants.py`), in one look each; real boxes
of the permitted pictures as in photographs and cut out upright, right when read in a series of their country (nobody
knows their texts), those of the held-out rides and photographs apart; and what is read in held-out backgrounds. Each
line also says how many were won and lost against the first weights.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.cropped import CropReader
from pipeline.detect.detector import open_corners, open_detector
from pipeline.detect.settings import DetectSettings
from pipeline.domain.plate import Box, Detection, Pixels, Quad
from pipeline.inference.settings import InferenceSettings
from pipeline.reading import is_credible
from pipeline.recognise.opening import open_eye, open_recogniser
from pipeline.recognise.recogniser import PlateRecogniser
from pipeline.recognise.settings import RecogniseSettings
from training.detector.corpus import HELD_OUT_PART, HELD_OUT_RIDES, backgrounds, read_picture
from training.fixings import fixed
from training.recogniser.calibrate import graded
from training.recogniser.corpus import Backgrounds, Draw, measured_sample
from training.recogniser.hard import found_or_cut_out
from training.recogniser.heldout import SEED, HeldOut, answers_of, calibration_error, held_out, looks_of
from training.recogniser.mixed import lifelike_sample, variant_sample
from training.recogniser.partly import partly_seen
from training.recogniser.proposed import dashcam_rides, in_series, photo_plates
from training.variants import reshaped_british_plate

_DRAWN, _FIXED, _PARTLY, _LIFELIKE, _RESHAPED, _VARIANTS = 1500, 1500, 800, 1500, 1500, 800
_LEAST_FIND = 0.25
Found = tuple[Pixels, Detection]


def main() -> None:
    """Measure each and print a line of JSON for it."""
    parser = argparse.ArgumentParser(prog="python -m training.recogniser.choose")
    parser.add_argument("weights", type=Path, nargs="+")
    parser.add_argument("--pictures", type=Path, required=True, help="folder whose `train` holds the permitted ones")
    parser.add_argument("--work", type=Path, default=Path("training/work/recogniser/hold-out"))
    parser.add_argument("--quickest", action="store_true", help="in bfloat16 where the processor multiplies it")
    parser.add_argument(
        "--fresh", action="store_true", help="other drawn plates: to report what was chosen on the first"
    )
    parser.add_argument("--only", nargs="*", default=[], help="names of sets (default: all)")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    inference = InferenceSettings(
        runtime="openvino", threads=1, precision="auto" if chosen.quickest else "float32"
    )  # fmt: skip
    train = chosen.pictures / "train"
    drawn = dict(_drawn_sets(chosen.work, Backgrounds(train / "backgrounds"), chosen.only, fresh=chosen.fresh))
    wanted = not chosen.only or "real" in chosen.only
    real, is_held_out = _real_boxes(train) if wanted else ([], np.zeros(0, np.bool_))
    places = _places(train) if wanted else []
    corners = open_corners(DetectSettings(), inference)
    first: dict[str, NDArray[np.bool_]] = {}
    for path in chosen.weights:
        right, told = dict[str, NDArray[np.bool_]](), dict[str, Any]()
        for name, held in drawn.items():
            answers = answers_of(looks_of(open_eye(path, inference), held.patches))
            right[name] = answers.right(held.texts)[np.array([bool(text) for text in held.texts])]
            told[f"{name}_calibration_error"] = round(calibration_error(*graded(answers, held)), 4)
        if wanted:
            reader = open_recogniser(
                RecogniseSettings(weights=str(path), minimum_confidence=0.0), inference, still=True
            )  # fmt: skip
            right["real"] = np.array([in_series(text) for text in _texts(reader, real)])
            right["held_out"] = right["real"][is_held_out]
            crops = CropReader(reader, corners, sure_from=RecogniseSettings().look_around_below)
            right["crops"] = np.array([in_series(text) for text in _cut_out(crops, real)])
            right["held_out_crops"] = right["crops"][is_held_out]
            told |= _in_backgrounds(path, places, inference)
        first = first or right
        for name, ones in right.items():
            told[name] = int(ones.sum()), len(ones)
            told[f"{name}_won_lost"] = int((ones & ~first[name]).sum()), int((~ones & first[name]).sum())
        print(json.dumps({"weights": str(path), **told}), flush=True)


def _drawn_sets(work: Path, pictures: Backgrounds, only: list[str], *, fresh: bool) -> Iterator[tuple[str, HeldOut]]:
    if not only or "drawn" in only:
        one, two = (held_out(work, part, _DRAWN, pictures) for part in ((2, 3) if fresh else (0, 1)))
        yield (
            "drawn",
            HeldOut(
                patches=np.concatenate([one.patches, two.patches]),
                texts=one.texts + two.texts,
                widths=np.concatenate([one.widths, two.widths]),
            ),
        )
    others = (
        ("fixings", _FIXED, _with_fixings),
        ("partly", _PARTLY, partly_seen),
        ("lifelike", _LIFELIKE, lifelike_sample),
        ("reshaped", _RESHAPED, _with_reshaped_characters),
        ("variants", _VARIANTS, variant_sample),
    )
    for name, count, draw in others:
        if not only or name in only:
            yield name, _kept(work / f"{name}-{count}{'-fresh' * fresh}", count, draw, pictures)


def _with_fixings(rng: np.random.Generator, pictures: Backgrounds) -> tuple[Pixels, str]:
    return measured_sample(rng, pictures, found=found_or_cut_out, changed=fixed)[:2]


def _with_reshaped_characters(rng: np.random.Generator, pictures: Backgrounds) -> tuple[Pixels, str]:
    return measured_sample(rng, pictures, found=found_or_cut_out, drawn=reshaped_british_plate)[:2]


def _kept(stem: Path, count: int, draw: Draw, pictures: Backgrounds) -> HeldOut:
    """Return `count` plates that `draw` draws, kept on disk; what it draws without a text is left out.

    Names of one length share their random numbers: such sets are of other plates, but not independent.
    """
    if not stem.with_suffix(".json").is_file():
        rng = np.random.default_rng([SEED, count, len(stem.name)])
        drawn = list[tuple[Pixels, str]]()
        while len(drawn) < count:
            one = draw(rng, pictures)
            drawn += [one] if one[1] else []
        stem.parent.mkdir(parents=True, exist_ok=True)
        np.save(stem.with_suffix(".npy"), np.stack([patch for patch, _ in drawn]))
        stem.with_suffix(".json").write_text(json.dumps([text for _, text in drawn]))
    texts = tuple(json.loads(stem.with_suffix(".json").read_text()))
    return HeldOut(patches=np.load(stem.with_suffix(".npy")), texts=texts, widths=np.ones(len(texts)))


def _real_boxes(train: Path) -> tuple[list[Found], NDArray[np.bool_]]:
    """Return the boxes of the permitted pictures as finds, and which of them are held out."""
    found, held = list[tuple[Pixels, Quad]](), list[bool]()
    for ride, pixels, quad in dashcam_rides(train / "ro_dashcam"):
        found.append((pixels, quad))
        held.append(ride in HELD_OUT_RIDES)
    parts = ("train", "test", HELD_OUT_PART)
    for part in parts:
        photos = [*photo_plates(train / "pl_photos", tuple(other for other in parts if other != part))]
        found += photos
        held += [part == HELD_OUT_PART] * len(photos)
    box = Box(x=0, y=0, width=1, height=1)
    return [(pixels, Detection(box=box, quad=quad, confidence=1.0)) for pixels, quad in found], np.array(held)


def _places(train: Path) -> list[Found]:
    """Return where a detector is fooled in held-out backgrounds."""
    settings = replace(DetectSettings(), still_minimum_confidence=_LEAST_FIND)
    detector = open_detector(settings, InferenceSettings(runtime="openvino", threads=1), still=True)
    pictures = [read_picture(path) for path in backgrounds(train, True)]
    return [(pixels, found) for pixels in pictures for found in detector.detect([pixels])[0]]


def _texts(reader: PlateRecogniser, plates: list[Found]) -> list[str]:
    return ["" if text is None else str(text.vrm) for plate in plates for text in reader.recognise([plate])]


def _cut_out(reader: CropReader, plates: list[Found]) -> list[str]:
    texts = []
    for pixels, found in plates:
        low, high = (np.rint(one).astype(int) for one in (found.quad.corners[0], found.quad.corners[2]))
        text = reader.read(pixels[max(low[1], 0) : high[1], max(low[0], 0) : high[0]])[1]
        texts.append("" if text is None else str(text.vrm))
    return texts


def _in_backgrounds(path: Path, places: list[Found], inference: InferenceSettings) -> dict[str, int]:
    reader = open_recogniser(RecogniseSettings(weights=str(path)), inference, still=True)
    read = [(found, text) for plate in places for text in reader.recognise([plate]) if text for found in [plate[1]]]
    least = DetectSettings().still_minimum_confidence
    false = sum(found.confidence >= least and is_credible(found, text) for found, text in read)
    return {"finds_in_backgrounds": len(places), "with_a_text": len(read), "false_reads": false}


if __name__ == "__main__":
    main()
