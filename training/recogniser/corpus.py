"""What the recogniser learns from: patches of rendered plates and of what is no plate, in shards on disk.

Shard k of a seed is always the same, so a run can be resumed, and what is rendered once is kept. A shard holds patches
(N x 48 x 192 x 3, blue-green-red) and texts; the empty text marks what is no plate. A patch is cut with the same
function as at run time, from a quad that is off as a detector's is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels, Quad
from pipeline.recognise.rectify import HEIGHT, WIDTH, flattened
from training.degrade import ORDINARY, Hardship, blurred, jittered, lit, photographed, sensed
from training.plates import RenderedPlate, render_plate
from training.typefaces import FOREIGN, character_mask

SHARD_SIZE = 2048
_PIXELS_PER_MM = 0.75
_NO_PLATE_SHARE, _WORDS_SHARE, _TWO_LINE_SHARE = 0.05, 0.35, 0.14
_LEAST_CONTRAST, _PHOTOGRAPHS = 14.0, 3
"""What nobody can read teaches guessing: such photographs are mostly taken again."""
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPRSTUVWXYZ0123456789"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shard:
    """Patches and their texts, in one order."""

    patches: NDArray[np.uint8]
    texts: tuple[str, ...]


class Backgrounds:
    """Pictures without plates, drawn at random but for those `without`; without a folder there are none."""

    def __init__(self, folder: Path | None, *, without: Collection[Path] = ()) -> None:
        paths = sorted(folder.rglob("*.jp*g")) if folder else []
        self._paths = [path for path in paths if path not in without] if without else paths

    def picture(self, rng: np.random.Generator) -> Pixels | None:
        """Return a random part of a random picture, or None."""
        if not self._paths:
            return None
        pixels = cv2.imread(str(self._paths[int(rng.integers(len(self._paths)))]), cv2.IMREAD_REDUCED_COLOR_2)
        if pixels is None:
            return None
        high, wide = pixels.shape[:2]
        tall = int(rng.uniform(0.08, 0.6) * high) + 1
        broad = min(wide, int(tall * rng.uniform(1.2, 5)) + 1)
        y, x = int(rng.integers(0, high - tall + 1)), int(rng.integers(0, wide - broad + 1))
        return np.asarray(pixels[y : y + tall, x : x + broad], np.uint8)


Draw = Callable[[np.random.Generator, Backgrounds], tuple[Pixels, str]]


def shard_path(folder: Path, seed: int, index: int) -> Path:
    """Return where the patches of a shard are; the texts are beside them."""
    return folder / f"seed-{seed}-shard-{index:04d}.npy"


def shard(folder: Path, seed: int, index: int, backgrounds: Backgrounds, draw: Draw | None = None) -> Shard:
    """Return shard `index`, rendering and keeping it when it is not on disk yet.

    `draw` returns a patch and its text (default: `sample`). A shard's name does not tell it: another one wants another
    seed.
    """
    patches_path = shard_path(folder, seed, index)
    texts_path = patches_path.with_suffix(".json")
    if texts_path.is_file():
        return Shard(patches=np.load(patches_path, mmap_mode="r"), texts=tuple(json.loads(texts_path.read_text())))
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, index])
    patches = np.empty((SHARD_SIZE, HEIGHT, WIDTH, 3), np.uint8)
    texts = []
    for place in range(SHARD_SIZE):
        patches[place], text = (draw or sample)(rng, backgrounds)
        texts.append(text)
    # Another process may render the same shard: whole files appear, and one is like the other.
    partial = patches_path.with_name(f"{patches_path.stem}-{os.getpid()}.npy")
    np.save(partial, patches)
    partial.replace(patches_path)
    texts_path.write_text(json.dumps(texts))
    return Shard(patches=patches, texts=tuple(texts))


def sample(rng: np.random.Generator, backgrounds: Backgrounds) -> tuple[Pixels, str]:
    """Return one patch and its text."""
    patch, text, _ = measured_sample(rng, backgrounds)
    return patch, text


def any_plate(rng: np.random.Generator, pixels_per_mm: float) -> RenderedPlate:
    """Return a plate as the corpus has them."""
    return render_plate(rng, pixels_per_mm, two_line_share=_TWO_LINE_SHARE)


def measured_sample(
    rng: np.random.Generator,
    backgrounds: Backgrounds,
    found: Callable[[np.random.Generator, Quad], Quad] = jittered,
    changed: Callable[[np.random.Generator, RenderedPlate, float], RenderedPlate] | None = None,
    hardship: Hardship = ORDINARY,
    drawn: Callable[[np.random.Generator, float], RenderedPlate] = any_plate,
) -> tuple[Pixels, str, float]:
    """Return one patch, its text and the plate's width in the picture it was cut from, in pixels; 0 for no plate.

    `found` makes the quad that the patch is cut from out of the true one; `drawn` draws the plate and `changed` makes
    another one out of it, both told the pixels to a millimetre.
    """
    if rng.random() < _NO_PLATE_SHARE:
        return no_plate(rng, backgrounds), "", 0.0
    plate = drawn(rng, _PIXELS_PER_MM)
    if changed:
        plate = changed(rng, plate, _PIXELS_PER_MM)
    scene = backgrounds.picture(rng) if rng.random() < 0.15 else None
    for _ in range(_PHOTOGRAPHS):
        pixels, quad = photographed(rng, plate, scene, hardship)
        patch = flattened(pixels, found(rng, quad), two_line=plate.two_line)
        if _contrast(patch) >= _LEAST_CONTRAST:
            break
    corners = np.asarray(quad.corners)
    return patch, plate.text, float(np.linalg.norm(corners[1] - corners[0]))


def _contrast(patch: Pixels) -> float:
    """Return the spread of the patch's middle in levels of grey, without what is noise."""
    grey = cv2.GaussianBlur(patch.mean(axis=2)[8:-8, 20:-20], (0, 0), 2.0)
    low, high = np.percentile(grey, (5, 95))
    return float(high - low)


def no_plate(rng: np.random.Generator, backgrounds: Backgrounds) -> Pixels:
    """Return a patch of a background, of a flat surface or of writing that is no plate."""
    scene = backgrounds.picture(rng)
    if scene is None or rng.random() < _WORDS_SHARE:
        tall = int(rng.integers(24, 90))
        canvas = np.empty((tall, int(tall * rng.uniform(2.5, 6)), 3), np.float32)
        canvas[:] = rng.uniform(0, 255) + rng.normal(0, 30, 3)
        if rng.random() < 0.75:
            _write(rng, canvas)
        scene = sensed(rng, blurred(rng, lit(rng, np.clip(canvas, 0, 255)), tall * 0.7))
    high, wide = scene.shape[:2]
    corners = ((0.0, 0.0), (float(wide), 0.0), (float(wide), float(high)), (0.0, float(high)))
    return flattened(scene, Quad(corners=corners), two_line=wide < 1.9 * high)


def _write(rng: np.random.Generator, canvas: NDArray[np.float32]) -> None:
    """Write a word in small letters (a model's name, a dealer, a telephone number) on `canvas`."""
    typeface = FOREIGN[int(rng.integers(0, len(FOREIGN) - 1))]
    scale = canvas.shape[0] * float(rng.uniform(0.25, 0.7)) / 79
    ink = rng.uniform(0, 255) + rng.normal(0, 30, 3)
    small = _LETTERS[:26]
    word = "".join(small[i] for i in rng.integers(0, 26, int(rng.integers(3, 14))))
    if rng.random() < 0.3:
        word = "".join(_LETTERS[i] for i in rng.integers(0, len(_LETTERS), 18))
        scale *= 0.5
    x, y = int(canvas.shape[1] * rng.uniform(0.02, 0.3)), int(canvas.shape[0] * rng.uniform(0.1, 0.4))
    for letter in word:
        mask = character_mask(typeface, letter, round(scale, 1) or 0.1)
        if x + mask.shape[1] >= canvas.shape[1] or y + mask.shape[0] >= canvas.shape[0]:
            return
        share = mask[..., None].astype(np.float32) / 255
        part = canvas[y : y + mask.shape[0], x : x + mask.shape[1]]
        part[:] = part * (1 - share) + ink * share
        x += mask.shape[1] + round(8 * scale)
