"""British plates beside those of `render_plate`: flags on bands, a screw that makes 1 1 an H, other characters.

`training.recogniser.mixed --variants` draws the first two, `--reshaped` the third (`training/reshaped.py`). They are no
part of `render_plate`, so that the hold-outs, the golden images and the sample roads of older seeds stay what they are.
Same seed, same plate.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np

from training.flags import FLAGS, LETTERS
from training.marks import Mark, random_british_mark
from training.plates import RenderedPlate, draw_plate, render_plate
from training.styles import BAND_BLUE, Colour, PlateStyle, random_british_style
from training.wear import worn

_FLAGGED_SHARE, _BOTH_SHARE = 0.6, 0.25
_LETTERED_SHARE, _BLUE_SHARE = 0.9, 0.8
_RESHAPED_SHARE, _TWO_LINE_SHARE = 0.7, 0.14
_ONES = "1I"
_SCREWS: tuple[Colour, ...] = ((30, 30, 30), (22, 20, 20), (45, 45, 48), (70, 60, 55))
_TWO_LINE_LEVELS = (0.265, 0.735)
"""How far down the middles of the two lines of characters are, as shares of the plate's height."""


def variant_plate(
    rng: np.random.Generator, pixels_per_mm: float, two_line_share: float = _TWO_LINE_SHARE, *, reshaped: bool = False
) -> RenderedPlate:
    """Return a random worn British plate with a flag, or with two ones and a screw between them, or with both."""
    mark = random_british_mark(rng)
    style = random_british_style(rng, two_line_share, mark.kind)
    if reshaped and rng.random() < _RESHAPED_SHARE:
        style = with_reshaped_characters(style)
    if rng.random() < _FLAGGED_SHARE:
        style = with_flag(rng, style)
    screwed = not style.flag or rng.random() < _BOTH_SHARE
    if screwed:
        mark = with_ones(rng, mark)
    plate = draw_plate(mark, style, pixels_per_mm)
    plate = replace(plate, pixels=worn(rng, plate.pixels, pixels_per_mm))
    return screwed_between_ones(rng, plate, pixels_per_mm) if screwed else plate


def mostly_reshaped_plate(rng: np.random.Generator, pixels_per_mm: float) -> RenderedPlate:
    """Return a plate as the corpus has them, British ones mostly with `training/reshaped.py`'s characters."""
    restyled = with_reshaped_characters if rng.random() < _RESHAPED_SHARE else None
    return render_plate(rng, pixels_per_mm, two_line_share=_TWO_LINE_SHARE, restyled=restyled)


def reshaped_british_plate(rng: np.random.Generator, pixels_per_mm: float) -> RenderedPlate:
    """Return a British plate, with `training/reshaped.py`'s characters unless a font sets it."""
    return render_plate(
        rng, pixels_per_mm, british_share=1.0, two_line_share=_TWO_LINE_SHARE, restyled=with_reshaped_characters
    )


def with_reshaped_characters(style: PlateStyle) -> PlateStyle:
    """Return `style` with characters nearer to real ones; a foreign one, or one set in a font, as it is."""
    if style.typeface.font or not style.name.startswith("gb"):
        return style
    return replace(style, typeface=replace(style.typeface, reshaped=True))


def with_flag(rng: np.random.Generator, style: PlateStyle) -> PlateStyle:
    """Return `style` with a band that bears a flag and mostly its letters; motorcycles' plates have no room for one."""
    if style.two_line and style.width < 250:
        return style
    name = FLAGS[int(rng.integers(0, len(FLAGS)))]
    letters = str(rng.choice(LETTERS[name])) if rng.random() < _LETTERED_SHARE else ""
    ground = BAND_BLUE if rng.random() < _BLUE_SHARE else style.ground
    return replace(style, name=f"{style.name}-{name}", band=ground, band_text=letters, flag=name)


def with_ones(rng: np.random.Generator, mark: Mark) -> Mark:
    """Return `mark` with two of its digits that stand side by side as ones; another mark where there are none."""
    while True:
        places = [
            (group, at) for group, text in enumerate(mark.groups) for at in range(1, len(text))
            if text[at - 1 : at + 1].isdigit()
        ]  # fmt: skip
        if places:
            group, at = places[int(rng.integers(0, len(places)))]
            text = mark.groups[group]
            changed = text[: at - 1] + "11" + text[at + 1 :]
            return replace(mark, groups=(*mark.groups[:group], changed, *mark.groups[group + 1 :]))
        mark = random_british_mark(rng)


def screwed_between_ones(rng: np.random.Generator, plate: RenderedPlate, pixels_per_mm: float) -> RenderedPlate:
    """Return `plate` with a dark cap between each two ones of one line, so wide that it touches both.

    The text stays what it was: 11, not H. A plate without such ones comes back as it is.
    """
    pixels = plate.pixels.copy()
    for x, line, gap in _between_ones(plate):
        level = 0.5 if len(plate.lines) == 1 else _TWO_LINE_LEVELS[line]
        y = level * pixels.shape[0] + float(rng.normal(0, 2.5)) * pixels_per_mm
        radius = max(1, round(gap * float(rng.uniform(0.62, 0.85))))
        at = round(x + float(rng.normal(0, 0.6)) * pixels_per_mm), round(y)
        colour = _SCREWS[int(rng.integers(0, len(_SCREWS)))]
        cv2.circle(pixels, at, radius, colour, -1, cv2.LINE_AA)
        if rng.random() < 0.4:
            cv2.circle(pixels, at, radius, (95, 95, 95), max(1, radius // 5), cv2.LINE_AA)
    return replace(plate, pixels=pixels)


def _between_ones(plate: RenderedPlate) -> list[tuple[float, int, float]]:
    """Return the middle, the line and the width in pixels of each gap between two ones of one group."""
    found = list[tuple[float, int, float]]()
    start = 0
    for line, text in enumerate(plate.lines):
        spans = plate.spans[start : start + len(text)]
        start += len(text)
        for (one, before), (other, after) in pairwise(zip(text, spans, strict=True)):
            gap = after[0] - before[1]
            # Where a group ends the gap is wider than three strokes: a cap there touches neither.
            if one in _ONES and other in _ONES and gap < 1.6 * (before[1] - before[0]):
                found.append(((before[1] + after[0]) / 2, line, gap))
    return found
