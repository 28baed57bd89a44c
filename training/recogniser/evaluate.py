"""Reads pictures with true boxes and writes JSON lines, or measures on rendered plates that were not trained on.

    python -m training.recogniser.evaluate --labels FOLDER/labels.csv --images FOLDER/images > read.jsonl
    python -m training.recogniser.evaluate --rendered 1

Without a box in the labels the whole picture is the plate. Real labelled pictures are measured with, never tuned on.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import cv2
import numpy as np

from pipeline.domain.plate import Box, Detection, Quad
from pipeline.domain.posterior import CharacterPosterior
from pipeline.domain.vrm import Vrm, fold_vrm
from pipeline.inference.session import Runtime, open_session
from pipeline.recognise.eyes import Eye
from pipeline.recognise.opening import WEIGHTS
from pipeline.recognise.recogniser import PlateRecogniser
from training.recogniser.corpus import Backgrounds, shard

_HOLD_OUT_SEED = 990_000


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m training.recogniser.evaluate")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--rendered", type=int, default=0, help="how many shards of the hold-out to read")
    parser.add_argument("--work", type=Path, default=Path("training/work/recogniser/hold-out"))
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    if chosen.labels:
        read_labelled(chosen.weights, chosen.labels, chosen.images)
    for index in range(chosen.rendered):
        print(json.dumps(read_rendered(chosen.weights, chosen.work, index)))


def read_labelled(weights: Path, labels: Path, images: Path) -> None:
    """Print one line for every labelled plate: file, what was read, with which confidence."""
    recogniser = PlateRecogniser(Eye(open_session(weights)), version="", minimum_confidence=0.0, candidates=3)
    for row in csv.DictReader(labels.open(encoding="utf-8")):
        pixels = cv2.imread(str(images / row["file"]))
        if pixels is None:
            print(f"{row['file']} cannot be read", file=sys.stderr)
            continue
        high, wide = pixels.shape[:2]
        x, y, w, h = (float(row[key]) for key in "xywh") if row.get("w") else (0.0, 0.0, float(wide), float(high))
        corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
        found = Detection(box=Box(x=x, y=y, width=w, height=h), quad=Quad(corners=corners), confidence=1.0)
        [text] = recogniser.recognise([(np.asarray(pixels, np.uint8), found)])
        read, confidence = (text.vrm, text.confidence) if text else ("", 0.0)
        print(json.dumps({"file": row["file"], "vrm": read, "confidence": round(confidence, 3)}))


def read_rendered(weights: Path, work: Path, index: int) -> dict[str, float]:
    """Return how many patches of a hold-out shard are read, and how far confidence is from the share read right."""
    held = shard(work, _HOLD_OUT_SEED, index, Backgrounds(None))
    session = open_session(weights, Runtime.OPENVINO)
    exact, folded, empty, confidences = [], [], [], []
    for start in range(0, len(held.texts), 16):
        patches = held.patches[start : start + 16].transpose(0, 3, 1, 2).astype(np.float32)
        [posteriors] = session.run(np.ascontiguousarray(patches))
        for posterior, text in zip(posteriors, held.texts[start : start + 16], strict=True):
            best = CharacterPosterior(log_probabilities=posterior).candidates(1)[0]
            if not text:
                empty.append(best.text == "")
                continue
            exact.append(best.text == text)
            folded.append(fold_vrm(Vrm(best.text)) == fold_vrm(Vrm(text)))
            confidences.append(best.probability)
    bins = np.clip((np.asarray(confidences) * 10).astype(int), 0, 9)
    gaps = [
        abs(float(np.mean(np.asarray(exact)[bins == one])) - float(np.mean(np.asarray(confidences)[bins == one])))
        * float(np.mean(bins == one))
        for one in range(10)
        if np.any(bins == one)
    ]
    return {
        "plates": len(exact),
        "exact": float(np.mean(exact)),
        "folded": float(np.mean(folded)),
        "no_plate": len(empty),
        "no_plate_empty": float(np.mean(empty)) if empty else 1.0,
        "calibration_error": float(sum(gaps)),
    }


if __name__ == "__main__":
    main()
