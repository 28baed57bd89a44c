"""What plates look like but for their mark: the legal British styles, makers' liberties, and the other countries'."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from training.glyphs import CAR, MOTORCYCLE
from training.pen import Measures
from training.typefaces import (
    BRITISH,
    BRITISH_HEAVY,
    BRITISH_LIGHT,
    DIN,
    FOREIGN,
    GROTESQUE,
    GROTESQUE_NARROW,
    SANS,
    SANS_CONDENSED,
    Typeface,
)

Colour = tuple[int, int, int]
WHITE, YELLOW, BLACK, SILVER, RED = (236, 238, 238), (30, 200, 245), (22, 20, 20), (200, 200, 200), (40, 30, 170)
_SHOW_FACES = (SANS, GROTESQUE, SANS_CONDENSED, GROTESQUE_NARROW, DIN)
_RELIEFS = ("shade", "shade", "gloss", "outline")
BAND_BLUE, BAND_GREEN = (150, 60, 10), (60, 150, 20)
_STICKERS: tuple[Colour, ...] = (
    (40, 120, 230),
    (60, 130, 60),
    (140, 90, 40),
    (90, 90, 90),
    (60, 60, 170),
    (30, 30, 30),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateStyle:
    """Everything about a plate but its mark. Millimetres; `band` is the colour of the strip at the left, if any, and
    `flag` one of `training/flags.py` on it.

    `slant` leans the characters by that share of their height. `relief` is how show plates give them depth: "shade" (a
    grey edge at the side), "gloss" (a pale line within the stroke), "outline" (a white edge).
    """

    name: str
    width: float
    height: float
    ground: Colour = WHITE
    ink: Colour = BLACK
    measures: Measures = CAR
    typeface: Typeface = BRITISH
    two_line: bool = False
    separator: str = " "
    sticker: Colour = BLACK
    border: float = 0.0
    band: Colour | None = None
    band_text: str = ""
    flag: str = ""
    footer: str = ""
    slant: float = 0.0
    relief: str = ""


def british_style(*, rear: bool, two_line: bool, motorcycle: bool = False) -> PlateStyle:
    """Return the legal style: 520 x 111, 285 x 203, or 228 x 165 for motorcycles, which only have two lines."""
    name = "rear" if rear else "front"
    ground = YELLOW if rear else WHITE
    if motorcycle:
        return PlateStyle(
            name=f"gb-motorcycle-{name}", width=228, height=165, ground=ground, measures=MOTORCYCLE, two_line=True
        )
    if two_line:
        return PlateStyle(name=f"gb-two-line-{name}", width=285, height=203, ground=ground, two_line=True)
    return PlateStyle(name=f"gb-{name}", width=520, height=111, ground=ground)


def random_british_style(rng: np.random.Generator, two_line_share: float, kind: str = "current") -> PlateStyle:
    """Return a style as makers print them; of trade and military marks mostly the colours that are theirs."""
    two_line = rng.random() < two_line_share
    style = british_style(rear=rng.random() < 0.5, two_line=two_line, motorcycle=two_line and rng.random() < 0.3)
    chance = rng.random()
    if chance < 0.05:
        style = replace(style, name="gb-black", ground=BLACK, ink=SILVER, border=3.0 if rng.random() < 0.5 else 0.0)
    elif chance < 0.30:
        style = replace(
            style, name=style.name + "-band", band=BAND_BLUE, band_text=str(rng.choice(["GB", "UK", "ENG", ""]))
        )
    elif chance < 0.37:
        style = replace(style, name=style.name + "-green-flash", band=BAND_GREEN)
    if kind == "trade" and rng.random() < 0.9:
        style = replace(style, name="gb-trade", ground=WHITE, ink=RED, band=None, border=3.0)
    elif kind == "military" and rng.random() < 0.7:
        style = replace(style, name="gb-military", ground=BLACK, ink=WHITE, band=None)
    if style.two_line and style.band is not None:
        style = replace(style, band=None)
    if rng.random() < 0.25:
        style = replace(style, border=float(rng.uniform(1.5, 3)))
    if rng.random() < 0.5 and not style.two_line:
        style = replace(style, footer=_some_words(rng))
    chance = rng.random()
    if chance < 0.30:
        typeface = (BRITISH_LIGHT, BRITISH_HEAVY)[int(rng.integers(0, 2))]
        style = replace(style, typeface=typeface)
    elif chance < 0.36:
        style = replace(style, typeface=_SHOW_FACES[int(rng.integers(0, len(_SHOW_FACES)))])
    chance = rng.random()
    if chance < 0.12:
        style = replace(style, relief=_RELIEFS[int(rng.integers(0, len(_RELIEFS)))])
    if rng.random() < 0.03:
        style = replace(style, slant=float(rng.choice([0.12, 0.2])))
    if rng.random() < 0.12:
        style = replace(style, footer="", width=_fitted(rng, style))
    return _respaced(rng, style)


def _fitted(rng: np.random.Generator, style: PlateStyle) -> float:
    """Return the width of a plate cut to its mark, as short marks often have; wider than legal is allowed too."""
    return style.width * float(rng.choice([0.65, 0.8, 0.9, 1.03]))


def _some_words(rng: np.random.Generator) -> str:
    letters = "ABCDEFGHIJKLMNOPRSTUVWXY"
    return " ".join(
        "".join(letters[i] for i in rng.integers(0, len(letters), rng.integers(3, 9)))
        for _ in range(rng.integers(1, 4))
    )


def _respaced(rng: np.random.Generator, style: PlateStyle) -> PlateStyle:
    """Return `style` with a maker's liberties: narrower gaps, no group gap, slightly smaller characters."""
    measures = style.measures
    # Few sizes, so that the masks of characters can be kept and used again.
    grown = float(rng.choice([0.92, 0.96, 1.0, 1.0, 1.04]))
    group_gap = measures.group_gap * float(rng.uniform(0.75, 1.15))
    gap = measures.gap * float(rng.uniform(0.75, 1.2))
    chance = rng.random()
    if chance < 0.08:
        group_gap = gap
    elif chance < 0.12:
        group_gap *= float(rng.uniform(1.3, 1.8))
    measures = replace(
        measures, height=measures.height * grown, width=measures.width * grown, gap=gap, group_gap=group_gap
    )
    return replace(style, measures=measures)


def random_foreign_style(rng: np.random.Generator, country: str, two_line_share: float) -> PlateStyle:
    two_line = rng.random() < two_line_share
    width, height = (300.0, 200.0) if two_line else (520.0, 112.0)
    ground, ink, separator, band = WHITE, BLACK, " ", BAND_BLUE if rng.random() < 0.85 else None
    if country == "NL":
        ground, separator = (YELLOW if rng.random() < 0.93 else (BAND_BLUE if rng.random() < 0.3 else WHITE)), "-"
        ink = WHITE if ground == BAND_BLUE else BLACK
    elif country == "B":
        ink, separator = RED, "-"
    elif country == "L":
        ground = YELLOW
    elif country in ("F", "IRL"):
        separator = "-"
        ground = YELLOW if country == "F" and rng.random() < 0.1 else WHITE
    elif country in ("D", "CZ"):
        separator = str(rng.choice(["8", "8", "o", " "]))
    elif country == "SK":
        separator = str(rng.choice(["c", "c", "c", "o", "-"]))
    elif country in ("H", "LT", "PL", "RO"):
        separator = str(rng.choice(["-", " ", " ", ".", "o"]))
    if rng.random() < 0.05:
        ground, ink = (BLACK, WHITE) if rng.random() < 0.5 else (YELLOW, BLACK)
    style = PlateStyle(
        name=f"eu-{country.lower()}",
        width=width,
        height=height,
        ground=ground,
        ink=ink,
        measures=replace(CAR, height=float(rng.choice([72, 75, 78, 81])), gap=float(rng.uniform(6, 13)), line_gap=14.0),
        typeface=FOREIGN[int(rng.integers(0, len(FOREIGN)))],
        two_line=two_line,
        separator=separator,
        sticker=_STICKERS[int(rng.integers(0, len(_STICKERS)))],
        border=float(rng.uniform(1.5, 3.5)) if rng.random() < 0.75 else 0.0,
        band=band,
        band_text=country if rng.random() < 0.9 else "",
    )
    separated = 40.0 if separator in "-o8c" else float(rng.uniform(18, 45))
    return replace(style, measures=replace(style.measures, group_gap=separated))
