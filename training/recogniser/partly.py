"""Plates of which the picture's edge, a post or another vehicle leaves only a part: the text is what can be seen.

A character counts as seen from 0.72 of its width on and as hidden up to 0.28; nothing is cut in between, because
nobody could say what such a plate bears. More than half of the characters are left, four at least: of what shows less
the course says that it bears nothing. Same seed, same patch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from pipeline.domain.plate import Pixels, Quad
from pipeline.recognise.rectify import WIDTH
from training.fixings import fixed
from training.plates import RenderedPlate
from training.recogniser.corpus import Backgrounds, any_plate, measured_sample

_SEEN_FROM, _SEEN_TO, _HIDDEN_TO = 0.72, 0.97, 0.28
_LEAST, _MOST_HIDDEN = 4, 4
_THROUGH_SEEN_SHARE, _FIXED_SHARE, _STRETCHED_SHARE, _SMEARED_SHARE = 0.5, 0.3, 0.45, 0.35
_MARGIN, _ERROR = 0.02, 0.03
"""What a patch shows beside its plate as a share of its width, and how far its corners are off, of its height."""
Span = tuple[float, float]


def partly_seen(
    rng: np.random.Generator,
    backgrounds: Backgrounds,
    whole: Callable[[np.random.Generator, float], RenderedPlate] = any_plate,
) -> tuple[Pixels, str]:
    """Return the patch of a plate of `whole` that is cut at one end, and the text that is left of it."""
    drawn = list[RenderedPlate]()

    def noted(rng: np.random.Generator, plate: RenderedPlate, pixels_per_mm: float) -> RenderedPlate:
        drawn.append(plate)
        return fixed(rng, plate, pixels_per_mm) if rng.random() < _FIXED_SHARE else plate

    patch, text, _ = measured_sample(rng, backgrounds, found=_nearly, changed=noted, drawn=whole)
    if not drawn or drawn[0].two_line or len(text) <= _LEAST:
        return patch, text
    wide = drawn[0].pixels.shape[1]
    spans = [
        (_MARGIN + (1 - 2 * _MARGIN) * left / wide, _MARGIN + (1 - 2 * _MARGIN) * right / wide)
        for left, right in drawn[0].spans
    ]
    if rng.random() < 0.5:
        shown, kept = cut(rng, patch, text, spans)
        return shown, text[:kept]
    mirrored = [(1 - right, 1 - left) for left, right in reversed(spans)]
    shown, kept = cut(rng, np.asarray(patch[:, ::-1]), text, mirrored)
    return np.ascontiguousarray(shown[:, ::-1]), text[len(text) - kept :]


def cut(rng: np.random.Generator, patch: Pixels, text: str, spans: Sequence[Span]) -> tuple[Pixels, int]:
    """Return `patch` without its right end and how many characters are left of `text`.

    `spans` are where the characters are, from left to right, as shares of the patch's width.
    """
    kept = max(len(text) - int(rng.integers(0, _MOST_HIDDEN + 1)), _LEAST, len(text) // 2 + 1)
    if kept == len(text) or rng.random() < _THROUGH_SEEN_SHARE:
        (left, right), share = spans[kept - 1], float(rng.uniform(_SEEN_FROM, _SEEN_TO))
    else:
        (left, right), share = spans[kept], float(rng.uniform(0, _HIDDEN_TO))
    edge = int(np.clip(round((left + (right - left) * share) * WIDTH), 1, WIDTH - 1))
    chance = rng.random()
    if chance < _STRETCHED_SHARE:
        whole = (WIDTH, patch.shape[0])
        return np.asarray(cv2.resize(np.ascontiguousarray(patch[:, :edge]), whole), np.uint8), kept
    shown = patch.copy()
    if chance < _STRETCHED_SHARE + _SMEARED_SHARE:
        shown[:, edge:] = patch[:, edge - 1 : edge]
    else:
        plain = rng.uniform(5, 235) + rng.normal(0, 12, 3) + rng.normal(0, 4, shown[:, edge:].shape)
        shown[:, edge:] = np.clip(plain, 0, 255).astype(np.uint8)
    return shown, kept


def _nearly(rng: np.random.Generator, quad: Quad) -> Quad:
    """Return `quad` with its corners off a little, so that it is known where in the patch the characters are."""
    corners = np.asarray(quad.corners)
    tall = float(np.linalg.norm(corners[3] - corners[0]))
    a, b, c, d = ((float(x), float(y)) for x, y in corners + rng.normal(0, _ERROR, (4, 2)) * tall)
    return Quad(corners=(a, b, c, d))
