"""Fits the temperatures, writes them into the weights, and shows what each threshold of the second look costs.

    python -m training.recogniser.calibrate

Everything is chosen on rendered plates of part 0 of the hold-out and reported on part 1. The temperature is the one
with the least expected calibration error of the best text's confidence, after re-ranking.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import helper

from pipeline.domain.posterior import CharacterPosterior
from pipeline.inference.session import open_session
from pipeline.inference.settings import InferenceSettings
from pipeline.inference.weights import metadata_of
from pipeline.recognise.eyes import Eye, Look, tempered
from pipeline.recognise.opening import SMALL_WEIGHTS, TEMPERATURE_KEY, WEIGHTS
from training.recogniser.corpus import Backgrounds
from training.recogniser.heldout import Answers, HeldOut, answers_of, calibration_error, held_out, looks_of

_TEMPERATURES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.45, 1.6, 1.8, 2.0)
_THRESHOLDS = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995)


def main() -> None:
    """Fit, write and report."""
    parser = argparse.ArgumentParser(prog="python -m training.recogniser.calibrate")
    parser.add_argument("--large", type=Path, default=WEIGHTS)
    parser.add_argument("--small", type=Path, default=SMALL_WEIGHTS)
    parser.add_argument("--work", type=Path, default=Path("training/work/recogniser/hold-out"))
    parser.add_argument("--backgrounds", type=Path, help="folder of pictures without plates")
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--quickest", action="store_true", help="in bfloat16 where the processor multiplies it")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    parts = [held_out(chosen.work, part, chosen.count, Backgrounds(chosen.backgrounds)) for part in (0, 1)]
    # the product reads in the quickest precision, and another temperature may fit there
    precision = InferenceSettings(runtime="openvino", threads=1).quickest if chosen.quickest else "float32"
    read = {}
    for path in (chosen.large, chosen.small):
        if not path.is_file():
            continue
        eye = Eye(open_session(path, precision=precision))
        fit, report = (looks_of(eye, part.patches) for part in parts)
        temperature = fitted(fit, parts[0])
        note_temperature(path, temperature)
        read[path] = [answers_of(at_temperature(looks, temperature)) for looks in (fit, report)]
        plain = answers_of(report)
        print(json.dumps({
            "weights": path.name, "precision": precision, "temperature": temperature,
            "exact": share(read[path][1], parts[1]),
            "calibration_error": round(calibration_error(*graded(read[path][1], parts[1])), 4),
            "before": round(calibration_error(*graded(plain, parts[1])), 4),
        }))  # fmt: skip
    if len(read) == 2:
        large, small = read.values()
        for part, (first, second) in enumerate(zip(small, large, strict=True)):
            for threshold in _THRESHOLDS:
                print(json.dumps({"part": part, **settled(first, second, parts[part], threshold)}))


def fitted(looks: list[Look], held: HeldOut) -> float:
    """Return the temperature with the least calibration error."""
    errors = [
        calibration_error(*graded(answers_of(at_temperature(looks, one)), held)) for one in _TEMPERATURES
    ]  # fmt: skip
    return _TEMPERATURES[int(np.argmin(errors))]


def at_temperature(looks: list[Look], temperature: float) -> list[Look]:
    rows = tempered(np.stack([look.posterior.log_probabilities for look in looks]), temperature)
    return [
        Look(
            posterior=CharacterPosterior(log_probabilities=row),
            two_line=look.two_line,
            legible=look.legible,
            likelihood=float(row.max(axis=1).sum()),
        )
        for look, row in zip(looks, rows, strict=True)
    ]


def graded(answers: Answers, held: HeldOut) -> tuple[np.ndarray, np.ndarray]:
    """Return the confidences of what was read as a plate, and whether each is right."""
    read = np.array([bool(text) for text in answers.texts])
    return answers.confidences[read], answers.right(held.texts)[read]


def share(answers: Answers, held: HeldOut) -> float:
    plates = held.widths > 0
    return round(float(answers.right(held.texts)[plates].mean()), 4)


def settled(first: Answers, second: Answers, held: HeldOut, threshold: float) -> dict[str, float]:
    """Return how well both together read, and the share that needs the second look."""
    plates = held.widths > 0
    unsure = first.confidences < threshold
    right = np.where(unsure, second.right(held.texts), first.right(held.texts))
    confidences = np.where(unsure, second.confidences, first.confidences)
    return {
        "threshold": threshold,
        "second_looks": round(float(unsure[plates].mean()), 4),
        "exact": round(float(right[plates].mean()), 4),
        "calibration_error": round(calibration_error(confidences[plates], right[plates]), 4),
    }


def note_temperature(path: Path, temperature: float) -> None:
    """Write `temperature` into the metadata of the model."""
    model = onnx.load(str(path))
    helper.set_model_props(model, {**metadata_of(path), TEMPERATURE_KEY: f"{temperature:g}"})
    partial = path.with_suffix(".partial")
    partial.write_bytes(model.SerializeToString())
    partial.replace(path)


if __name__ == "__main__":
    main()
