"""Reads pictures with true boxes and writes JSON lines, or measures on rendered plates that were not trained on.

    python -m training.recogniser.evaluate --labels FOLDER/labels.csv --images FOLDER/images > read.jsonl
    python -m training.recogniser.evaluate --drawn 1500 --backgrounds FOLDER

Without a box in the labels the whole picture is the plate. Real labelled pictures are measured with, never tuned on.
`--weights` measures one network alone; else the recogniser reads as it is shipped.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from pipeline.domain.plate import Box, Detection, Quad
from pipeline.domain.vrm import Vrm, fold_vrm
from pipeline.inference.settings import InferenceSettings
from pipeline.recognise.opening import SMALL_WEIGHTS, WEIGHTS, open_eye, open_recogniser
from pipeline.recognise.recogniser import PlateRecogniser
from pipeline.recognise.settings import RecogniseSettings
from training.recogniser.calibrate import graded
from training.recogniser.corpus import Backgrounds
from training.recogniser.heldout import WIDTHS, Answers, HeldOut, answers_of, calibration_error, held_out, looks_of

_ON_ONE_THREAD = InferenceSettings(runtime="openvino", threads=1)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m training.recogniser.evaluate")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--drawn", type=int, default=0, help="how many plates of the hold-out to read")
    parser.add_argument("--backgrounds", type=Path, help="folder of pictures without plates")
    parser.add_argument("--work", type=Path, default=Path("training/work/recogniser/hold-out"))
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    if chosen.labels:
        read_labelled(_recogniser(chosen.weights), chosen.labels, chosen.images)
    if chosen.drawn:
        held = held_out(chosen.work, 1, chosen.drawn, Backgrounds(chosen.backgrounds))
        for line in lines_of(_answers(chosen.weights, held), held):
            print(line)


def _recogniser(weights: Path | None) -> PlateRecogniser:
    if weights is None:
        return open_recogniser(RecogniseSettings(minimum_confidence=0.0), _ON_ONE_THREAD)
    return PlateRecogniser(open_eye(weights, _ON_ONE_THREAD), version="", minimum_confidence=0.0, candidates=5)


def _answers(weights: Path | None, held: HeldOut) -> Answers:
    threshold = RecogniseSettings().second_look_below
    if weights or threshold >= 1:
        return answers_of(looks_of(open_eye(weights or WEIGHTS, _ON_ONE_THREAD), held.patches))
    first = answers_of(looks_of(open_eye(SMALL_WEIGHTS, _ON_ONE_THREAD), held.patches))
    unsure = np.flatnonzero(first.confidences < threshold)
    second = answers_of(looks_of(open_eye(WEIGHTS, _ON_ONE_THREAD), held.patches[unsure]))
    texts, confidences = list(first.texts), first.confidences.copy()
    confidences[unsure] = second.confidences
    for place, text in zip(unsure, second.texts, strict=True):
        texts[place] = text
    return Answers(texts=tuple(texts), confidences=confidences)


def lines_of(answers: Answers, held: HeldOut) -> list[str]:
    """Return what was measured, the plates by their width."""
    right, plates = answers.right(held.texts), held.widths > 0
    folded = np.array([fold_vrm(Vrm(text)) == fold_vrm(Vrm(true))
                       for text, true in zip(answers.texts, held.texts, strict=True)])  # fmt: skip
    confidences, read_right = graded(answers, held)
    lines = [
        f"plates {plates.sum()}: exact {right[plates].mean():.3f}, folded {folded[plates].mean():.3f}",
        f"no plates {(~plates).sum()}: left empty {right[~plates].mean():.3f}",
        f"calibration error {calibration_error(confidences, read_right):.3f}",
    ]
    for low, high in pairwise(WIDTHS):
        these = plates & (held.widths >= low) & (held.widths < high)
        lines.append(f"{low} to {high} px wide, {these.sum()}: exact {right[these].mean():.3f}, "
                     f"folded {folded[these].mean():.3f}")  # fmt: skip
    return lines


def read_labelled(recogniser: PlateRecogniser, labels: Path, images: Path) -> None:
    """Print one line for every labelled plate: file, what was read, with which confidence; then the time of one."""
    spent = []
    for row in csv.DictReader(labels.open(encoding="utf-8")):
        pixels = cv2.imread(str(images / row["file"]))
        if pixels is None:
            print(f"{row['file']} cannot be read", file=sys.stderr)
            continue
        high, wide = pixels.shape[:2]
        x, y, w, h = (float(row[key]) for key in "xywh") if row.get("w") else (0.0, 0.0, float(wide), float(high))
        corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
        found = Detection(box=Box(x=x, y=y, width=w, height=h), quad=Quad(corners=corners), confidence=1.0)
        started = time.process_time()
        [text] = recogniser.recognise([(np.asarray(pixels, np.uint8), found)])
        spent.append(time.process_time() - started)
        read, confidence = (text.vrm, text.confidence) if text else ("", 0.0)
        print(json.dumps({"file": row["file"], "vrm": read, "confidence": round(confidence, 3)}))
    print(f"{1000 * float(np.median(spent)):.1f} ms of the processor a plate", file=sys.stderr)


if __name__ == "__main__":
    main()
