"""Draws plates: a given British mark as the regulations want it, or a random plate of any kind seen on British roads.

Pictures are blue-green-red, 8 bit, the whole plate and nothing else; `quad` is its corners in pixels. Everything random
comes from the generator given, so that the same seed draws the same plate.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels, Quad
from pipeline.domain.vrm import parse_vrm
from training.band import draw_band
from training.ink import draw_character, leaning
from training.marks import Mark, doubled, random_british_mark, random_foreign_mark, respaced
from training.pen import Measures
from training.separators import draw_separator
from training.styles import PlateStyle, british_style, random_british_style, random_foreign_style
from training.typefaces import character_mask
from training.wear import worn

_RESPACED_SHARE, _DOUBLED_SHARE = 0.08, 0.1
_GROUPED = re.compile(
    r"([A-Z]{2}\d{2})([A-Z]{3})|([A-Z]\d{1,3})([A-Z]{3})|([A-Z]{3})(\d{1,3}[A-Z])|([A-Z]+)(\d+)|(\d+)([A-Z]+)"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RenderedPlate:
    """One drawn plate. `lines` holds the characters line by line, `text` all of them; `country` is a sign like GB.

    `kind` is the mark's. `spans` are the left and right edges of the characters in pixels, in the text's order.
    """

    pixels: Pixels
    quad: Quad
    width_mm: float
    height_mm: float
    text: str
    lines: tuple[str, ...]
    two_line: bool
    style: str
    country: str
    kind: str
    spans: tuple[tuple[float, float], ...] = ()


def draw_british_plate(
    vrm: str, rear: bool = False, two_line: bool = False, pixels_per_mm: float = 1.0, motorcycle: bool = False
) -> RenderedPlate:
    """Return the clean legal plate of `vrm`: white in front, yellow behind. Raises BadInput for what is no VRM."""
    groups = groups_of(parse_vrm(vrm))
    mark = Mark(groups=groups, country="GB", kind="given")
    return draw_plate(mark, british_style(rear=rear, two_line=two_line, motorcycle=motorcycle), pixels_per_mm)


def groups_of(text: str) -> tuple[str, ...]:
    """Return `text` parted where a British plate has its space."""
    match = _GROUPED.fullmatch(text)
    return tuple(group for group in match.groups() if group) if match else (text,)


def draw_plate(mark: Mark, style: PlateStyle, pixels_per_mm: float) -> RenderedPlate:
    """Return the plate of `mark` in `style`. Marks too long for the plate are set narrower, as makers do."""
    height, width = round(style.height * pixels_per_mm), round(style.width * pixels_per_mm)
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = style.ground
    left = draw_band(canvas, style, pixels_per_mm)
    if style.border:
        thick = max(1, round(style.border * pixels_per_mm))
        cv2.rectangle(canvas, (thick, thick), (width - 1 - thick, height - 1 - thick), style.ink, thick)
    if style.footer:
        scale = 0.35 * pixels_per_mm
        at = (round(width * 0.5 - len(style.footer) * 9 * scale), height - max(2, round(2.5 * pixels_per_mm)))
        cv2.putText(canvas, style.footer, at, cv2.FONT_HERSHEY_SIMPLEX, scale, style.ink, 1, cv2.LINE_AA)
    rows = _rows(mark.groups, two_line=style.two_line)
    step = style.measures.height + style.measures.line_gap
    top = (style.height - step * len(rows) + style.measures.line_gap) / 2
    spans = list[tuple[float, float]]()
    for index, row in enumerate(rows):
        spans += _draw_row(canvas, row, style, (left, top + index * step), pixels_per_mm)
    corners = ((0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height)))
    return RenderedPlate(
        pixels=canvas,
        quad=Quad(corners=corners),
        width_mm=style.width,
        height_mm=style.height,
        text=mark.text,
        lines=tuple("".join(row) for row in rows),
        two_line=len(rows) > 1,
        style=style.name,
        country=mark.country,
        kind=mark.kind,
        spans=tuple(spans),
    )


def _rows(groups: tuple[str, ...], *, two_line: bool) -> list[tuple[str, ...]]:
    if not two_line:
        return [groups]
    if len(groups) == 1:
        cut = (len(groups[0]) + 1) // 2
        groups = tuple(part for part in (groups[0][:cut], groups[0][cut:]) if part)
    return [groups[:1], groups[1:]] if len(groups) > 1 else [groups]


def _draw_row(
    canvas: NDArray[np.uint8], row: tuple[str, ...], style: PlateStyle, at: tuple[float, float], pixels_per_mm: float
) -> list[tuple[float, float]]:
    """Draw the characters of a line; return where each begins and ends, in pixels."""
    spans = list[tuple[float, float]]()
    measures = style.measures
    character = Measures(height=measures.height, width=measures.width, stroke=measures.stroke)
    masks = [[character_mask(style.typeface, c, pixels_per_mm, character) for c in group] for group in row]
    if style.slant and style.typeface.reshaped:
        # Leaning characters are wider. The first drawings are set as if they were not: what older seeds draw stays.
        masks = [[leaning(mask, style.slant, whole=True) for mask in group] for group in masks]
    gap, group_gap = measures.gap * pixels_per_mm, measures.group_gap * pixels_per_mm
    ink_width = sum(mask.shape[1] for group in masks for mask in group)
    spaces = gap * sum(len(group) - 1 for group in masks) + group_gap * (len(masks) - 1)
    room = (style.width - at[0]) * pixels_per_mm - 2 * min(measures.margin, 7.0) * pixels_per_mm
    squeeze = min(1.0, room / (ink_width + spaces))
    x = at[0] * pixels_per_mm + ((style.width - at[0]) * pixels_per_mm - (ink_width + spaces) * squeeze) / 2
    y = round(at[1] * pixels_per_mm)
    for index, group in enumerate(masks):
        if index:
            middle = x - gap * squeeze + (group_gap + gap) * squeeze / 2
            draw_separator(canvas, style, (middle - gap * squeeze / 2, y), pixels_per_mm)
            x += (group_gap - gap) * squeeze
        for mask in group:
            narrow = leaning(mask, style.slant) if style.slant and not style.typeface.reshaped else mask
            if squeeze < 1.0:
                size = max(1, round(narrow.shape[1] * squeeze)), mask.shape[0]
                narrow = np.asarray(cv2.resize(narrow, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
            draw_character(canvas, narrow, (round(x), y), style, pixels_per_mm)
            spans.append((x, x + narrow.shape[1]))
            x += narrow.shape[1] + gap * squeeze
    return spans


def render_plate(
    rng: np.random.Generator,
    pixels_per_mm: float = 1.0,
    british_share: float = 0.65,
    two_line_share: float = 0.12,
    wear: float = 1.0,
    restyled: Callable[[PlateStyle], PlateStyle] | None = None,
) -> RenderedPlate:
    """Return a random plate. `wear` scales dirt, screws and fading; 0 gives a new plate. `restyled` may change its
    style once that is chosen.
    """
    if rng.random() < british_share:
        mark = random_british_mark(rng)
        style = random_british_style(rng, two_line_share, mark.kind)
        if rng.random() < _RESPACED_SHARE:
            mark = respaced(rng, mark)
    else:
        mark = random_foreign_mark(rng)
        style = random_foreign_style(rng, mark.country, two_line_share)
    if rng.random() < _DOUBLED_SHARE:
        mark = doubled(rng, mark)
    plate = draw_plate(mark, restyled(style) if restyled else style, pixels_per_mm)
    return replace(plate, pixels=worn(rng, plate.pixels, pixels_per_mm, wear)) if wear else plate
