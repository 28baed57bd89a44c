"""Things that a careless detector takes for plates: signs, lettering, grilles, blank panels, screens.

Drawn into pictures as hard negatives. None is a row of plate characters on a plain panel of a plate's proportions.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.domain.plate import Pixels

_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)
_SIGN_GROUNDS = ((150, 70, 10), (60, 120, 20), (40, 30, 180), (20, 60, 110), (200, 190, 180), (30, 30, 30))


def draw_decoys(rng: np.random.Generator, pixels: Pixels, count: int) -> None:
    """Draw `count` decoys at random places of `pixels`, in place."""
    for _ in range(count):
        chosen = _DRAWERS[int(rng.integers(0, len(_DRAWERS)))]
        width = float(np.exp(rng.uniform(np.log(24), np.log(220))))
        at = float(rng.uniform(0, pixels.shape[1])), float(rng.uniform(0, pixels.shape[0]))
        chosen(rng, pixels, at, width)


def _word(rng: np.random.Generator, fewest: int, most: int) -> str:
    first, last = (97, 123) if rng.random() < 0.55 else (65, 91)
    return "".join(chr(int(code)) for code in rng.integers(first, last, int(rng.integers(fewest, most))))


def _write(
    rng: np.random.Generator, pixels: Pixels, text: str, at: tuple[float, float], height: float, colour: list[float]
) -> None:
    font = _FONTS[int(rng.integers(0, len(_FONTS)))]
    thick = max(1, round(height / float(rng.uniform(6, 14))))
    cv2.putText(pixels, text, (round(at[0]), round(at[1])), font, height / 22, colour, thick, cv2.LINE_AA)


def _lettering(rng: np.random.Generator, pixels: Pixels, at: tuple[float, float], width: float) -> None:
    """Words straight on whatever is there: shop fronts, vans, captions."""
    colour = rng.uniform(0, 255, 3).tolist()
    for line in range(int(rng.integers(1, 4))):
        height = width / float(rng.uniform(4, 9))
        _write(rng, pixels, _word(rng, 4, 12), (at[0], at[1] + line * height * 1.6), height, colour)


def _sign(rng: np.random.Generator, pixels: Pixels, at: tuple[float, float], width: float) -> None:
    """A direction or shop sign: several lines, or a colour no plate has."""
    height = width * float(rng.choice([0.35, 0.6, 0.9, 1.3]))
    ground = np.asarray(_SIGN_GROUNDS[int(rng.integers(0, len(_SIGN_GROUNDS)))]) * rng.uniform(0.5, 1.2)
    left, top = round(at[0]), round(at[1])
    cv2.rectangle(pixels, (left, top), (round(left + width), round(top + height)), np.clip(ground, 0, 255).tolist(), -1)
    ink = [235.0, 235.0, 235.0] if ground.mean() < 120 else [30.0, 30.0, 30.0]
    lines = max(2, round(height / width * float(rng.uniform(3, 6))))
    for line in range(lines):
        level = top + (line + 0.75) * height / lines
        _write(rng, pixels, _word(rng, 3, 9), (left + width * 0.06, level), height / lines * 0.5, ink)


def _panel(rng: np.random.Generator, pixels: Pixels, at: tuple[float, float], width: float) -> None:
    """A blank light or dark panel of a plate's proportions, perhaps with a pictogram."""
    height = width / float(rng.uniform(1.5, 6))
    level = float(rng.uniform(0, 255))
    tint = np.clip(level + rng.normal(0, 18, 3), 0, 255).tolist()
    left, top = round(at[0]), round(at[1])
    cv2.rectangle(pixels, (left, top), (round(left + width), round(top + height)), tint, -1)
    if rng.random() < 0.5:
        ink = (255.0 - np.asarray(tint)).tolist()
        middle = (round(left + width * 0.5), round(top + height * 0.5))
        if rng.random() < 0.5:
            cv2.circle(pixels, middle, max(2, round(height * 0.3)), ink, -1, cv2.LINE_AA)
        else:
            start, end = (round(left + width * 0.15), middle[1]), (round(left + width * 0.85), middle[1])
            cv2.arrowedLine(pixels, start, end, ink, max(1, round(height * 0.12)), cv2.LINE_AA)


def _stripes(rng: np.random.Generator, pixels: Pixels, at: tuple[float, float], width: float) -> None:
    """Grilles, vents, railings, bar codes, kerb markings."""
    height = width / float(rng.uniform(0.8, 7))
    step = max(2.0, width / float(rng.uniform(6, 30)))
    dark, light = rng.uniform(0, 110), rng.uniform(90, 255)
    left, top = round(at[0]), round(at[1])
    right, bottom = round(left + width), round(top + height)
    cv2.rectangle(pixels, (left, top), (right, bottom), [dark] * 3, -1)
    upright = rng.random() < 0.6
    for start in np.arange(0, width if upright else height, step):
        thick = max(1, round(step * float(rng.uniform(0.2, 0.7))))
        first = (round(left + start), top) if upright else (left, round(top + start))
        last = (first[0] + thick, bottom) if upright else (right, first[1] + thick)
        cv2.rectangle(pixels, first, (min(last[0], right), min(last[1], bottom)), [light] * 3, -1)


def _lamps(rng: np.random.Generator, pixels: Pixels, at: tuple[float, float], width: float) -> None:
    """A row of bright lamps or windows."""
    count = int(rng.integers(2, 8))
    tint = [float(rng.uniform(120, 255)), float(rng.uniform(150, 255)), 255.0]
    size = max(1, round(width / count / 3))
    for index in range(count):
        middle = (round(at[0] + (index + 0.5) * width / count), round(at[1]))
        if rng.random() < 0.5:
            cv2.circle(pixels, middle, size, tint, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(pixels, (middle[0] - size, middle[1] - size), (middle[0] + size, middle[1] + size), tint, -1)


_DRAWERS = (_lettering, _lettering, _sign, _sign, _panel, _stripes, _stripes, _lamps)
