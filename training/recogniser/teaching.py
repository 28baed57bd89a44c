"""What the small network is taught with: rendered plates, and real ones without texts, as the large network reads them.

The large network's posteriors are kept beside each shard, in half precision, under its version: what it has read once
is not read again. Real plates are those of the permitted sets; the rides that the detector's training holds out are
held out here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import openvino
from numpy.typing import NDArray

from pipeline.domain.plate import Quad
from pipeline.domain.posterior import ALPHABET, BLANK
from pipeline.inference.weights import model_version_of
from pipeline.recognise.rectify import HEIGHT, WIDTH, flattened
from training.degrade import jittered
from training.detector.corpus import HELD_OUT_RIDES
from training.recogniser.corpus import Shard
from training.recogniser.proposed import dashcam_plates, photo_plates

_BATCH = 16
_VARIANTS = 6
_SURE = 0.6
Posteriors = NDArray[np.float16]


@dataclass(frozen=True, kw_only=True, eq=False)
class Lesson:
    """Patches, their texts (None where nobody knows) and what the teacher makes of them, N x 24 x 37."""

    patches: NDArray[np.uint8]
    texts: tuple[str | None, ...]
    posteriors: Posteriors

    @cached_property
    def easy(self) -> NDArray[np.intp]:
        """Where the teacher is sure of what it reads."""
        return np.flatnonzero(np.exp(self.posteriors.max(axis=2).sum(axis=1, dtype=np.float32)) >= _SURE)


def taught(path: Path, patches: NDArray[np.uint8], teacher: Path) -> Posteriors:
    """Return the teacher's posteriors of `patches`, which are kept beside `path`."""
    kept = path.with_name(f"{path.stem}-{model_version_of(teacher)}.npy")
    if kept.is_file():
        return np.asarray(np.load(kept))
    # Not through the session of the pipeline: that binds its thread to one core, where it starves beside other work.
    model = openvino.Core().compile_model(
        str(teacher), "CPU", {"INFERENCE_NUM_THREADS": 1, "ENABLE_CPU_PINNING": False}
    )
    read = []
    for start in range(0, len(patches), _BATCH):
        batch = patches[start : start + _BATCH].transpose(0, 3, 1, 2).astype(np.float32)
        read.append(model([np.ascontiguousarray(batch)])[0].astype(np.float16))
    posteriors = np.concatenate(read)
    np.save(kept, posteriors)
    return posteriors


def lesson(path: Path, rendered: Shard, teacher: Path) -> Lesson:
    """Return the shard kept at `path` with what the teacher makes of it."""
    return Lesson(patches=rendered.patches, texts=rendered.texts, posteriors=taught(path, rendered.patches, teacher))


def real_patches(train: Path, kept: Path) -> NDArray[np.uint8]:
    """Return patches of all real plates in the permitted sets but those of the held-out rides, each several times."""
    if kept.is_file():
        return np.asarray(np.load(kept))
    rng = np.random.default_rng(7)
    frames = (one for one in dashcam_plates(train / "ro_dashcam", without=HELD_OUT_RIDES))
    patches = [
        flattened(pixels, jittered(rng, quad), two_line=_is_high(quad))
        for pixels, quad in [*frames, *photo_plates(train / "pl_photos")]
        for _ in range(_VARIANTS)
    ]
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.save(kept, np.stack(patches))
    return np.stack(patches)


def _is_high(quad: Quad) -> bool:
    corners = np.asarray(quad.corners)
    wide, tall = corners.max(axis=0) - corners.min(axis=0)
    return bool(wide < 1.9 * tall)


def best_paths(posteriors: NDArray[np.float32]) -> list[str]:
    """Return the text of every posterior's likeliest path."""
    texts = []
    for path in posteriors.argmax(axis=2):
        changes = path[np.insert(path[1:] != path[:-1], 0, True)]
        texts.append("".join(ALPHABET[column - 1] for column in changes if column != BLANK))
    return texts


def varied(rng: np.random.Generator, patches: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the patches as the network's input, each lit, moved and blurred a little otherwise than last time."""
    canvas = patches.astype(np.float32)
    count = len(canvas)
    gain = np.exp(rng.normal(0, 0.2, (count, 1, 1, 1))) * np.exp(rng.normal(0, 0.07, (count, 1, 1, 3)))
    canvas = (canvas - 110) * gain.astype(np.float32) + (110 + rng.normal(0, 18, (count, 1, 1, 1))).astype(np.float32)
    moves = np.stack([rng.integers(-2, 3, count), rng.integers(-3, 4, count)], axis=1)
    for index, (down, right) in enumerate(moves):
        canvas[index] = np.roll(canvas[index], (int(down), int(right)), axis=(0, 1))
        chance = rng.random()
        if chance < 0.1:
            canvas[index] = cv2.GaussianBlur(canvas[index], (0, 0), float(rng.uniform(0.6, 1.8)))
        elif chance < 0.25:
            canvas[index] += rng.standard_normal((HEIGHT, WIDTH, 1), np.float32) * float(rng.uniform(2, 12))
        elif chance < 0.3:
            canvas[index] = 255 - canvas[index]
    return np.ascontiguousarray(np.clip(canvas, 0, 255).transpose(0, 3, 1, 2), np.float32)
