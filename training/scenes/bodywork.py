"""The panels of cars and vans: nose, tail, bonnet, screen, roof and sides, drawn in metres as one looks at them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.scenes.surfaces import Colour, Panel

FINE, COARSE = 380.0, 150.0
"""Pixels a metre of panels that face the camera, and of those seen at a slant."""
BLACK: Colour = (18, 18, 18)
TYRE: Colour = (26, 26, 27)
GLASS: Colour = (52, 46, 40)
CHROME: Colour = (190, 190, 192)
RED: Colour = (28, 22, 165)
AMBER: Colour = (20, 120, 225)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a car or van measures, in metres; `nose` is the height of its front panel, `tail` of its rear one."""

    width: float
    length: float
    nose: float
    bonnet: float
    scuttle: float
    screen: float
    roof: float
    roof_width: float
    tail: float
    tail_screen: float
    wheel: float = 0.32
    boxy: bool = False


HATCHBACK = Shape(
    width=1.76,
    length=4.1,
    nose=0.76,
    bonnet=0.95,
    scuttle=0.97,
    screen=0.8,
    roof=1.45,
    roof_width=1.12,
    tail=0.96,
    tail_screen=0.45,
)
SALOON = Shape(
    width=1.82,
    length=4.7,
    nose=0.74,
    bonnet=1.15,
    scuttle=0.95,
    screen=0.85,
    roof=1.41,
    roof_width=1.08,
    tail=0.98,
    tail_screen=0.75,
)
TALL = Shape(
    width=1.88,
    length=4.5,
    nose=0.94,
    bonnet=0.95,
    scuttle=1.13,
    screen=0.7,
    roof=1.68,
    roof_width=1.26,
    tail=1.12,
    tail_screen=0.38,
    wheel=0.36,
)
VAN = Shape(
    width=1.98,
    length=5.1,
    nose=1.04,
    bonnet=0.5,
    scuttle=1.25,
    screen=0.7,
    roof=1.98,
    roof_width=1.7,
    tail=1.94,
    tail_screen=0.0,
    wheel=0.34,
    boxy=True,
)


def times(colour: Colour, by: float) -> Colour:
    return (min(colour[0] * by, 255), min(colour[1] * by, 255), min(colour[2] * by, 255))


def nose_panel(rng: np.random.Generator, shape: Shape, colour: Colour) -> Panel:
    """Return the front: tyres, bumper, grille, headlamps. The room for the plate is left clear."""
    panel = Panel(shape.width, shape.nose, FINE)
    w, top, middle = shape.width, shape.nose, shape.width / 2
    panel.box(0.09, 0.0, 0.31, 0.34, TYRE, both=True, round_by=0.04)
    panel.box(0.12, 0.1, w - 0.12, 0.34, BLACK)
    skin = [
        (0.05, 0.21),
        (0.01, 0.36),
        (0.02, top - 0.2),
        (0.09, top - 0.05),
        (0.2, top),
        (w - 0.2, top),
        (w - 0.09, top - 0.05),
        (w - 0.02, top - 0.2),
        (w - 0.01, 0.36),
        (w - 0.05, 0.21),
    ]
    panel.polygon(skin, colour)
    panel.shade(0.55, 1.06, 0.72)
    lamp = top - 0.1
    style = int(rng.integers(0, 3))
    reach = (0.44, 0.5, 0.36)[style]
    drop = (0.15, 0.11, 0.19)[style]
    lens = [(0.06, lamp + 0.03), (reach, lamp - 0.02), (reach - 0.05, lamp - drop), (0.08, lamp - drop + 0.04)]
    panel.polygon(lens, (72, 70, 68), both=True)
    panel.disc(0.08 + (reach - 0.1) * 0.33, lamp - drop * 0.42, 0.065, 0.048, (248, 250, 250), 1.0, both=True)
    panel.disc(0.08 + (reach - 0.1) * 0.78, lamp - drop * 0.5, 0.045, 0.035, (215, 215, 212), 0.5, both=True)
    panel.line((0.1, lamp - drop + 0.03), (reach - 0.06, lamp - drop + 0.012), 0.014, (235, 235, 232), both=True)
    inner, high, low = reach + 0.04, lamp - 0.005, lamp - drop + 0.02
    panel.polygon([(inner, high), (w - inner, high), (w - inner - 0.06, low), (inner + 0.06, low)], BLACK)
    for step in range(1, 4):
        y = low + (high - low) * step / 4
        inset = inner + 0.06 * (1 - step / 4) + 0.02
        panel.line((inset, y), (w - inset, y), 0.008, (95, 95, 96))
    panel.disc(middle, (high + low) / 2 + 0.01, 0.06, 0.052, CHROME)
    panel.disc(middle, (high + low) / 2 + 0.01, 0.042, 0.036, (95, 88, 84))
    mouth = plate_level(shape, rear=False) - 0.085
    panel.polygon([(0.36, mouth), (w - 0.36, mouth), (w - 0.44, 0.235), (0.44, 0.235)], (24, 24, 25))
    for y in np.arange(0.26, mouth - 0.01, 0.025):
        panel.line((0.45, float(y)), (w - 0.45, float(y)), 0.006, (48, 48, 49))
    panel.box(0.1, 0.26, 0.27, 0.36, (34, 34, 35), both=True, round_by=0.03)
    panel.disc(0.185, 0.31, 0.04, 0.034, (120, 122, 124), both=True)
    panel.line((0.04, top - 0.24), (0.3, top - 0.28), 0.006, times(colour, 0.5), both=True)
    return panel


def tail_panel(rng: np.random.Generator, shape: Shape, colour: Colour) -> Panel:
    """Return the rear: bumper, tailgate or doors, lamps. The room for the plate is left clear."""
    panel = Panel(shape.width, shape.tail, FINE if not shape.boxy else 260.0)
    w, top = shape.width, shape.tail
    panel.box(0.09, 0.0, 0.31, 0.34, TYRE, both=True, round_by=0.04)
    panel.box(0.12, 0.12, w - 0.12, 0.34, BLACK)
    edge = 0.04 if shape.boxy else 0.07
    panel.polygon(
        [
            (0.05, 0.24),
            (0.01, 0.42),
            (0.02, top - edge),
            (edge + 0.03, top),
            (w - edge - 0.03, top),
            (w - 0.02, top - edge),
            (w - 0.01, 0.42),
            (w - 0.05, 0.24),
        ],
        colour,
    )
    panel.shade(0.62, 1.02, 0.78)
    panel.line((0.03, 0.52), (w - 0.03, 0.52), 0.008, times(colour, 0.45))
    panel.box(0.3, 0.25, w - 0.3, 0.34, (38, 38, 39), round_by=0.03)
    if shape.boxy:
        panel.line((w / 2, 0.52), (w / 2, top), 0.012, times(colour, 0.4))
        panel.box(0.02, 0.62, 0.13, 1.12, RED, 0.55, both=True, round_by=0.03)
        panel.box(0.02, 0.8, 0.13, 0.92, AMBER, 0.2, both=True)
        if rng.random() < 0.7:
            panel.box(0.24, 1.26, w / 2 - 0.09, 1.78, GLASS, both=True, round_by=0.06)
            panel.polygon([(0.28, 1.3), (0.42, 1.3), (0.7, 1.74), (0.5, 1.74)], times(GLASS, 1.6), both=True)
        panel.box(w / 2 + 0.05, 0.98, w / 2 + 0.2, 1.03, BLACK, round_by=0.02)
        for y in (0.7, 1.1, 1.7):
            panel.box(0.14, y, 0.2, y + 0.08, times(colour, 0.6), both=True)
        return panel
    lamp = top - 0.1
    if rng.random() < 0.5:
        panel.polygon(
            [(0.04, lamp - 0.02), (0.42, lamp - 0.04), (0.4, lamp - 0.17), (0.05, lamp - 0.2)], RED, 0.5, True
        )
        panel.box(0.1, lamp - 0.16, 0.24, lamp - 0.11, (225, 228, 230), 0.1, both=True)
        panel.box(0.25, lamp - 0.16, 0.36, lamp - 0.11, AMBER, 0.1, both=True)
    else:
        panel.polygon([(0.03, lamp + 0.02), (0.22, lamp), (0.2, lamp - 0.26), (0.05, lamp - 0.3)], RED, 0.5, True)
        panel.box(0.07, lamp - 0.2, 0.17, lamp - 0.15, (225, 228, 230), 0.1, both=True)
        panel.box(0.07, lamp - 0.14, 0.17, lamp - 0.09, AMBER, 0.1, both=True)
    panel.disc(w / 2, lamp + 0.0, 0.05, 0.045, CHROME)
    level = plate_level(shape, rear=True)
    panel.box(w / 2 - 0.3, level - 0.085, w / 2 + 0.3, level + 0.1, times(colour, 0.62), round_by=0.03)
    panel.line((w / 2 - 0.27, level + 0.09), (w / 2 + 0.27, level + 0.09), 0.015, (60, 60, 62))
    panel.disc(0.32, 0.2, 0.05, 0.03, (70, 70, 72))
    return panel


def plate_level(shape: Shape, rear: bool) -> float:
    """Return the height of the middle of the plate above the road."""
    if rear:
        return 0.42 if shape.boxy else shape.tail - 0.29
    return shape.nose - 0.34


def bonnet_panel(shape: Shape, colour: Colour, far_width: float) -> Panel:
    """Return the bonnet (or boot lid), wider towards the viewer."""
    panel = Panel(shape.width, max(shape.bonnet, 0.1), COARSE)
    w, h, inset = shape.width, panel.height, (shape.width - far_width) / 2
    panel.polygon(
        [(0.2, 0.0), (w - 0.2, 0.0), (w - 0.03, 0.16), (w - 0.03, h), (0.03, h), (0.03, 0.16)], times(colour, 0.8)
    )
    panel.polygon([(0.18, 0.0), (w - 0.18, 0.0), (w - inset, h), (inset, h)], colour)
    panel.polygon([(0.14, 0.02), (0.2, 0), (inset + 0.06, h), (inset, h)], times(colour, 0.8), both=True)
    panel.line((0.42, 0.0), (0.36, h), 0.02, times(colour, 1.12), both=True)
    panel.line((0.45, 0.0), (0.39, h), 0.02, times(colour, 0.86), both=True)
    panel.shade(0.88, 1.06)
    panel.box(inset, h - 0.06, w - inset, h, (30, 30, 30))
    return panel


def screen_panel(rng: np.random.Generator, shape: Shape, colour: Colour, near_width: float, occupied: bool) -> Panel:
    """Return a windscreen or rear window between the pillars, narrower at its top."""
    slant = float(np.hypot(shape.roof - shape.scuttle, shape.screen))
    panel = Panel(near_width, slant, 200.0)
    inset, w, h = (near_width - shape.roof_width) / 2, near_width, slant
    panel.polygon([(0.0, 0.0), (w, 0.0), (w - inset, h), (inset, h)], times(colour, 0.85))
    rim = 0.07
    glass = [(rim, 0.03), (w - rim, 0.03), (w - inset - rim, h - 0.04), (inset + rim, h - 0.04)]
    panel.polygon(glass, GLASS)
    sky = [(rim + 0.02, h * 0.55), (w * 0.5, h * 0.4), (w - inset - rim, h - 0.04), (inset + rim, h - 0.04)]
    panel.polygon(sky, times(GLASS, 1.75))
    panel.polygon([(w * 0.62, 0.03), (w * 0.7, 0.03), (w * 0.8, h - 0.05), (w * 0.7, h - 0.05)], times(GLASS, 1.5))
    if occupied:
        seats = [w * 0.7] if rng.random() < 0.6 else [w * 0.7, w * 0.3]
        for x in seats:
            panel.disc(x, h * 0.18, 0.2, h * 0.22, (34, 28, 30))
            panel.disc(x, h * 0.5, 0.085, 0.13, (58, 66, 88))
        panel.box(w / 2 - 0.11, h - 0.16, w / 2 + 0.11, h - 0.09, (16, 16, 16), round_by=0.02)
        panel.line((w * 0.2, 0.05), (w * 0.5, 0.1), 0.016, BLACK)
        panel.line((w * 0.55, 0.05), (w * 0.85, 0.11), 0.016, BLACK)
    else:
        panel.line((w / 2, 0.03), (w * 0.68, 0.12), 0.018, BLACK)
    return panel


def roof_panel(shape: Shape, colour: Colour) -> Panel:
    """Return the roof."""
    panel = Panel(shape.roof_width, roof_length(shape), COARSE)
    panel.box(0.0, 0.0, panel.width, panel.height, colour, round_by=0.1)
    panel.line((0.08, 0.0), (0.08, panel.height), 0.03, times(colour, 0.6), both=True)
    return panel


def roof_length(shape: Shape) -> float:
    return shape.length - shape.bonnet - shape.screen - (0.05 if shape.boxy else 0.55)


def side_panel(shape: Shape, colour: Colour) -> Panel:
    """Return the lower side with wheels; the front is at the left."""
    panel = Panel(shape.length, shape.scuttle, COARSE)
    length, top = shape.length, shape.scuttle
    ramp = min(shape.bonnet, 1.0)
    panel.polygon(
        [
            (0.02, 0.24),
            (0.0, shape.nose - 0.05),
            (ramp, top),
            (length - 0.05, top),
            (length, 0.3),
            (length - 0.1, 0.2),
            (0.1, 0.2),
        ],
        colour,
    )
    panel.shade(0.6, 1.05)
    for x in (shape.length * 0.19, shape.length * 0.8):
        panel.disc(x, shape.wheel + 0.02, shape.wheel + 0.06, shape.wheel + 0.06, BLACK)
        panel.disc(x, shape.wheel, shape.wheel, shape.wheel, TYRE)
        panel.disc(x, shape.wheel, shape.wheel * 0.65, shape.wheel * 0.65, (140, 140, 142))
        panel.disc(x, shape.wheel, shape.wheel * 0.2, shape.wheel * 0.2, (60, 60, 60))
    for share in (0.3, 0.52, 0.72):
        panel.line((length * share, 0.24), (length * share, top), 0.012, times(colour, 0.5))
    panel.line((0.3, top - 0.22), (length - 0.2, top - 0.16), 0.02, times(colour, 1.15))
    return panel


def window_panel(shape: Shape, colour: Colour) -> Panel:
    """Return the upper side between screen and tail; the front is at the left."""
    span = shape.length - shape.bonnet - 0.05
    panel = Panel(span, float(np.hypot(shape.roof - shape.scuttle, (shape.width - shape.roof_width) / 2)), COARSE)
    h, end = panel.height, 0.0 if shape.boxy else 0.5
    panel.polygon([(0.0, 0.0), (shape.screen, h), (span - end, h), (span, 0.0)], times(colour, 0.9))
    glass_end = shape.screen + 0.7 if shape.boxy else span - end - 0.1
    panel.polygon(
        [(0.22, 0.04), (shape.screen + 0.06, h - 0.06), (glass_end, h - 0.06), (glass_end + 0.1, 0.04)], GLASS
    )
    if not shape.boxy:
        panel.box(span * 0.48, 0.0, span * 0.48 + 0.08, h, BLACK)
    return panel
