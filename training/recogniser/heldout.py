"""Rendered plates that are never trained on, with their widths: for calibration and for measuring.

Part 0 is for fitting temperatures and choosing the threshold of the second look, part 1 for reporting.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm  # type: ignore[import-untyped]

from pipeline.recognise.eyes import Eye, Look
from pipeline.recognise.rectify import HEIGHT, WIDTH
from pipeline.recognise.rerank import reranked
from training.recogniser.corpus import Backgrounds, measured_sample

SEED = 990_001
WIDTHS = (0, 60, 90, 120, 180, 1000)
_CANDIDATES, _BINS = 5, 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldOut:
    """Patches, their texts (empty: no plate) and the widths of the plates in pixels (0: no plate)."""

    patches: NDArray[np.uint8]
    texts: tuple[str, ...]
    widths: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """What a network made of patches: `confidences` and whether each text is right, counted as the product counts."""

    texts: tuple[str, ...]
    confidences: NDArray[np.float64]

    def right(self, truth: tuple[str, ...]) -> NDArray[np.bool_]:
        return np.array([text == true for text, true in zip(self.texts, truth, strict=True)])


def held_out(folder: Path, part: int, count: int, backgrounds: Backgrounds) -> HeldOut:
    """Return `count` samples of `part`, rendering and keeping them when they are not on disk yet."""
    stem = folder / f"seed-{SEED}-part-{part}-{count}"
    if stem.with_suffix(".json").is_file():
        notes = json.loads(stem.with_suffix(".json").read_text())
        return HeldOut(patches=np.load(stem.with_suffix(".npy")), texts=tuple(notes[0]), widths=np.array(notes[1]))
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([SEED, part])
    patches, texts, widths = np.empty((count, HEIGHT, WIDTH, 3), np.uint8), list[str](), list[float]()
    for place in tqdm(range(count), mininterval=5, desc="hold-out"):
        patches[place], text, width = measured_sample(rng, backgrounds)
        texts.append(text)
        widths.append(width)
    np.save(stem.with_suffix(".npy"), patches)
    stem.with_suffix(".json").write_text(json.dumps([texts, widths]))
    return HeldOut(patches=patches, texts=tuple(texts), widths=np.array(widths))


def looks_of(eye: Eye, patches: NDArray[np.uint8]) -> list[Look]:
    """Return the look of `eye` at each patch."""
    return [look for at in tqdm(range(0, len(patches), 16), mininterval=5, desc="reading")
            for look in eye.looks(patches[at : at + 16], [False] * len(patches[at : at + 16]))]  # fmt: skip


def answers_of(looks: list[Look]) -> Answers:
    """Return the best texts after re-ranking, as the recogniser gives them."""
    best = [reranked(look.posterior.candidates(_CANDIDATES), look.posterior)[0] for look in looks]
    return Answers(texts=tuple(one.text for one in best), confidences=np.array([one.probability for one in best]))


def calibration_error(confidences: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over ten bins of equal width (Naeini et al. 2015)."""
    bins = np.clip((confidences * _BINS).astype(int), 0, _BINS - 1)
    return float(
        sum(
            abs(float(right[bins == one].mean()) - float(confidences[bins == one].mean())) * float((bins == one).mean())
            for one in range(_BINS)
            if (bins == one).any()
        )
    )
