"""What is on the contact sheet: headings, and below each drawn plates with their captions. The same every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from pipeline.domain.plate import Pixels
from training import light
from training.bolts import bolted
from training.codec import as_video
from training.degrade import Hardship, as_jpeg, grainy, moved, photographed, unfocused
from training.fixings import fixed
from training.flags import FLAGS
from training.grounds import uneven
from training.marks import Mark, random_british_mark, random_foreign_mark, respaced
from training.mounting import held, recessed, under_lamps
from training.plates import RenderedPlate, draw_plate
from training.sensor import developed
from training.styles import PlateStyle, british_style, random_british_style, random_foreign_style
from training.typefaces import BRITISH, BRITISH_HEAVY, BRITISH_LIGHT
from training.variants import screwed_between_ones, with_flag, with_reshaped_characters
from training.wear import worn

Cell = tuple[str, Pixels]
Floats = light.Floats
_PIXELS_PER_MM = 0.75
_MARK = Mark(groups=("AB12", "CDE"), country="GB", kind="current")
_ONES = Mark(groups=("AB11", "CDE"), country="GB", kind="current")
_RESHAPED_MARKS = (("BD23", "SGR"), ("KX45", "WPY"), ("RG67", "BDS"), ("SD90", "BKX"), ("GB59", "DWP"), ("YS46", "RDG"))
_TRIES, _SEEDS, _CHARACTER_HEIGHT = 4000, 12, 40


def sections() -> list[tuple[str, list[Cell]]]:
    """Return the sheet's headings with their cells."""
    return [
        ("British series", _series()),
        ("Plates as makers print them", _styles()),
        ("Flags on bands", _flags()),
        ("Characters nearer to real ones (the first drawing above, training/reshaped.py below)", _reshaped()),
        ("What plates gather", _worn()),
        ("Light and weather", _lit()),
        ("Lens, chip and codec", _taken()),
        ("As photographed, by the height of the characters in pixels", _photographed()),
        ("Other countries", _foreign()),
    ]


def _series() -> list[Cell]:
    rng = np.random.default_rng(3)
    marks = dict[str, Mark]()
    for _ in range(_TRIES):
        mark = random_british_mark(rng)
        marks.setdefault(mark.kind, mark)
    cells = []
    for place, (kind, mark) in enumerate(sorted(marks.items())):
        style = british_style(rear=place % 2 == 1, two_line=False)
        if kind in ("trade", "military"):
            style = _style(lambda one, kind=kind: one.name == f"gb-{kind}", kind)
        cells.append((kind, _drawn(mark, style)))
    return cells


def _style(wanted: Callable[[PlateStyle], bool], kind: str = "current", two_lines: float = 0.0) -> PlateStyle:
    """Return the first random style that is as wanted."""
    rng = np.random.default_rng(8)
    return next(style for style in (random_british_style(rng, two_lines, kind) for _ in range(_TRIES)) if wanted(style))


def _drawn(mark: Mark, style: PlateStyle) -> Pixels:
    return draw_plate(mark, style, _PIXELS_PER_MM).pixels


def _styles() -> list[Cell]:
    legal = british_style(rear=False, two_line=False)
    own = (BRITISH, BRITISH_LIGHT, BRITISH_HEAVY)
    faces = dict.fromkeys(
        style.typeface
        for style in (random_british_style(np.random.default_rng(seed), 0.0) for seed in range(600))
        if style.typeface not in own
    )
    lettered = {
        "front": legal,
        "rear": british_style(rear=True, two_line=False),
        "two lines": british_style(rear=True, two_line=True),
        "motorcycle": british_style(rear=True, two_line=True, motorcycle=True),
        "silver on black": _style(lambda one: one.name == "gb-black"),
        "green flash": _style(lambda one: one.name.endswith("green-flash")),
        "blue band": _style(lambda one: one.band_text == "GB"),
        "maker's line": _style(lambda one: bool(one.footer) and not one.band),
        "thin strokes": replace(legal, typeface=BRITISH_LIGHT),
        "thick strokes": replace(legal, typeface=BRITISH_HEAVY),
        "leaning": _style(lambda one: one.slant > 0),
        "cut short": _style(lambda one: one.width < 400 and not one.band),
        "no group gap": _style(lambda one: one.measures.group_gap == one.measures.gap and not one.band),
        **{f"relief: {relief}": replace(legal, relief=relief) for relief in ("shade", "gloss", "outline")},
        **{f"show font: {face.name}": replace(legal, typeface=face) for face in faces},
    }
    cells = [(caption, _drawn(_MARK, style)) for caption, style in lettered.items()]
    return [*cells, ("respaced", _drawn(respaced(np.random.default_rng(2), _MARK), legal))]


def _flags() -> list[Cell]:
    found = dict[str, Cell]()
    for seed in range(200):
        for two_line in (False, True):
            style = with_flag(np.random.default_rng(seed), british_style(rear=seed % 2 == 1, two_line=two_line))
            caption = f"{style.flag}, two lines" if two_line else style.flag
            found.setdefault(caption, (caption, _drawn(_MARK, style)))
    return [found[f"{flag}{lines}"] for lines in ("", ", two lines") for flag in FLAGS]


def _reshaped() -> list[Cell]:
    legal = british_style(rear=False, two_line=False)
    nearer = with_reshaped_characters(legal)
    marks = [Mark(groups=groups, country="GB", kind="current") for groups in _RESHAPED_MARKS]
    return [(" ".join(mark.groups), _drawn(mark, style)) for style in (legal, nearer) for mark in marks]


def _worn() -> list[Cell]:
    plate = draw_plate(_MARK, british_style(rear=True, two_line=False), _PIXELS_PER_MM)
    ones = draw_plate(_ONES, british_style(rear=True, two_line=False), _PIXELS_PER_MM)
    changes: tuple[tuple[str, Callable[[np.random.Generator], Pixels], tuple[int, ...]], ...] = (
        ("wear", lambda rng: worn(rng, plate.pixels, _PIXELS_PER_MM, 1.5), (1, 4)),
        ("caps, frames, glare", lambda rng: fixed(rng, plate, _PIXELS_PER_MM).pixels, (2, 5, 9)),
        ("caps that hardly show", lambda rng: bolted(rng, plate, _PIXELS_PER_MM).pixels, (2, 3)),
        ("uneven ground", lambda rng: uneven(rng, plate, _PIXELS_PER_MM).pixels, (1, 2, 3)),
        ("a screw between 1 and 1", lambda rng: screwed_between_ones(rng, ones, _PIXELS_PER_MM).pixels, (1, 2)),
    )
    return [(caption, change(np.random.default_rng(seed))) for caption, change, seeds in changes for seed in seeds]


def _on_a_car(plate: RenderedPlate | None = None) -> Floats:
    """Return a plate with something around it."""
    plate = plate or draw_plate(_MARK, british_style(rear=True, two_line=False), 0.5)
    return cv2.copyMakeBorder(plate.pixels, 16, 16, 16, 16, cv2.BORDER_CONSTANT, value=(120, 95, 85)).astype(np.float32)


def _clipped(canvas: Floats) -> Pixels:
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _lit() -> list[Cell]:
    kinds: tuple[tuple[str, Callable[[np.random.Generator, Floats], Floats]], ...] = (
        ("infrared", light.infrared),
        ("night", light.by_night),
        ("no colour", lambda rng, canvas: light.without_colour(canvas)),
        ("shadow", light.shadowed),
        ("glare", light.glared),
        ("rain", light.rained_on),
    )
    return [(caption, _clipped(_clearest(make, _on_a_car()))) for caption, make in kinds]


def _clearest(make: Callable[[np.random.Generator, Floats], Floats], canvas: Floats) -> Floats:
    """Return what `make` changes most of a few: rain and codecs may hardly show."""
    made = [make(np.random.default_rng(seed), canvas) for seed in range(_SEEDS)]
    return max(made, key=lambda one: float(np.abs(_clipped(one).astype(int) - canvas).mean()))


def _taken() -> list[Cell]:
    canvas, tall = _on_a_car(), _CHARACTER_HEIGHT
    corners = np.array([[16, 16], [276, 16], [276, 72], [16, 72]], np.float64)
    rng = np.random.default_rng
    plate = draw_plate(_MARK, british_style(rear=True, two_line=False), _PIXELS_PER_MM)
    return [
        ("out of focus", _clipped(unfocused(rng(1), canvas, tall, 2.0))),
        ("moved", _clipped(moved(rng(4), canvas, tall, 2.0))),
        ("noise", _clipped(grainy(rng(6), canvas, 2.0))),
        ("noise that a camera developed", developed(rng(3), canvas, 3.0)),
        ("JPEG", _clipped(_clearest(lambda one, drawn: as_jpeg(one, _clipped(drawn)), canvas))),
        ("H.264", _clipped(_clearest(lambda one, drawn: as_video(one, _clipped(drawn)), canvas))),
        ("a holder", held(rng(2), plate.pixels, _PIXELS_PER_MM)[0]),
        ("a recess", _clipped(recessed(rng(2), canvas, corners))),
        ("lamps", _clipped(under_lamps(rng(2), canvas, corners))),
    ]


def _photographed() -> list[Cell]:
    cells = []
    for tall in (8, 10, 14, 20, 28, 40):
        for two_line in (False, True):
            style = british_style(rear=two_line, two_line=two_line)
            rng = np.random.default_rng(tall + two_line)
            plate = draw_plate(_MARK, style, _PIXELS_PER_MM)
            plate = replace(plate, pixels=worn(rng, plate.pixels, _PIXELS_PER_MM))
            size = Hardship(smallest_character=tall, largest_character=tall)
            cells.append((f"{tall}", photographed(rng, plate, hardship=size)[0]))
    return cells


def _foreign() -> list[Cell]:
    rng = np.random.default_rng(4)
    countries = sorted({random_foreign_mark(rng).country for _ in range(_TRIES)})
    cells = []
    for country in countries:
        mark, style = random_foreign_mark(rng, country), random_foreign_style(rng, country, 0.12)
        cells.append((country, _drawn(mark, style)))
    return cells
