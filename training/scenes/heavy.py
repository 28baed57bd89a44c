"""The panels of lorries and motorcycles, drawn in metres as one looks at them."""

from __future__ import annotations

import numpy as np

from training.scenes.bodywork import AMBER, BLACK, CHROME, COARSE, FINE, GLASS, RED, TYRE, times
from training.scenes.surfaces import Colour, Panel

LORRY_WIDTH, CAB_HEIGHT, BOX_HEIGHT, CAB_LENGTH, LORRY_LENGTH = 2.4, 2.65, 3.35, 1.55, 7.6
LORRY_FRONT_PLATE, LORRY_REAR_PLATE = 0.55, 0.62
BIKE_WIDTH, BIKE_HEIGHT, BIKE_PLATE = 0.86, 1.66, 0.66
"""Metres; the plate figures are the height of its middle above the road."""


def cab_panel(rng: np.random.Generator, colour: Colour) -> Panel:
    """Return the front of a lorry's cab: screen, grille, lamps, mirrors. The room for the plate is left clear."""
    w, h = LORRY_WIDTH, CAB_HEIGHT
    panel = Panel(w, h, 260.0)
    panel.box(0.1, 0.0, 0.42, 0.5, TYRE, both=True, round_by=0.05)
    panel.box(0.3, 0.25, w - 0.3, 0.5, BLACK)
    panel.box(0.03, 0.38, w - 0.03, h, colour, round_by=0.14)
    panel.shade(0.7, 1.05, 0.8)
    panel.box(0.03, 0.36, w - 0.03, 0.78, (62, 62, 63), round_by=0.06)
    panel.box(0.12, 0.5, 0.52, 0.7, (85, 85, 84), both=True, round_by=0.03)
    panel.disc(0.25, 0.6, 0.085, 0.075, (248, 250, 250), 1.0, both=True)
    panel.disc(0.42, 0.6, 0.05, 0.05, (215, 215, 212), 0.5, both=True)
    panel.box(0.05, 0.72, 0.2, 0.77, AMBER, 0.2, both=True)
    panel.box(0.5, 0.84, w - 0.5, 1.42, times(colour, 0.45), round_by=0.05)
    for y in np.arange(0.9, 1.4, 0.09):
        panel.line((0.54, float(y)), (w - 0.54, float(y)), 0.03, (40, 40, 41))
    panel.disc(w / 2, 1.48, 0.09, 0.06, CHROME)
    panel.box(0.14, 1.56, w - 0.14, 2.38, GLASS, round_by=0.08)
    panel.polygon([(0.2, 2.05), (w * 0.55, 1.9), (w - 0.2, 2.34), (0.2, 2.34)], times(GLASS, 1.7))
    panel.disc(w * 0.72, 1.72, 0.26, 0.14, (34, 28, 30))
    panel.disc(w * 0.72, 1.93, 0.1, 0.13, (58, 66, 88))
    panel.line((0.3, 1.6), (w * 0.5, 1.66), 0.02, BLACK)
    panel.line((w * 0.54, 1.6), (w - 0.35, 1.66), 0.02, BLACK)
    panel.box(0.0, 1.6, 0.12, 2.1, (28, 28, 29), both=True, round_by=0.03)
    name = (225, 225, 225) if sum(colour) < 330 else (70, 50, 40)
    for index in range(int(rng.integers(5, 9))):
        x = 0.75 + index * 0.13
        panel.box(x, 2.46, x + 0.08, 2.56, name)
    return panel


def doors_panel(rng: np.random.Generator, colour: Colour) -> Panel:
    """Return the rear of a box lorry: two doors, lamps, underrun bar. The room for the plate is left clear."""
    w, h = LORRY_WIDTH, BOX_HEIGHT
    panel = Panel(w, h, 220.0)
    panel.box(0.08, 0.0, 0.52, 0.62, TYRE, both=True, round_by=0.05)
    panel.box(0.1, 0.36, w - 0.1, 0.52, (45, 45, 46))
    panel.box(0.05, 0.52, w - 0.05, 0.98, (52, 52, 53))
    panel.box(0.08, 0.56, 0.48, 0.7, RED, 0.55, both=True)
    panel.box(0.3, 0.56, 0.38, 0.7, AMBER, 0.2, both=True)
    panel.box(0.02, 0.98, w - 0.02, h, colour)
    panel.shade(0.8, 1.02, 0.9)
    for x in (0.4, 0.85):
        panel.line((x, 1.02), (x, h - 0.06), 0.035, times(colour, 0.55), both=True)
        panel.box(x - 0.05, 1.4, x + 0.05, 1.46, times(colour, 0.4), both=True)
    panel.line((w / 2, 1.0), (w / 2, h - 0.03), 0.018, times(colour, 0.35))
    for x in np.arange(0.14, 0.78, 0.13):
        stripe = (30, 40, 190) if round(x / 0.13) % 2 else (60, 205, 235)
        panel.polygon([(x, 0.74), (x + 0.1, 0.74), (x + 0.16, 0.94), (x + 0.06, 0.94)], stripe, 0.4, both=True)
    if rng.random() < 0.6:
        panel.box(0.6, 2.2, w - 0.6, 2.75, (150, 90, 40), round_by=0.1)
        panel.box(0.75, 2.38, w - 0.75, 2.57, (235, 235, 235))
    return panel


def box_side_panel(colour: Colour) -> Panel:
    """Return the side of a box lorry with its wheels; the cab is at the left."""
    panel = Panel(LORRY_LENGTH, BOX_HEIGHT, 70.0)
    panel.box(0.02, 0.45, CAB_LENGTH - 0.05, CAB_HEIGHT, times(colour, 0.85), round_by=0.1)
    panel.box(0.25, 1.55, CAB_LENGTH - 0.3, 2.3, GLASS, round_by=0.08)
    panel.box(CAB_LENGTH, 0.95, LORRY_LENGTH, BOX_HEIGHT, (205, 208, 208))
    panel.box(CAB_LENGTH, 0.6, LORRY_LENGTH, 0.95, (48, 48, 49))
    panel.box(CAB_LENGTH + 1.0, 1.7, LORRY_LENGTH - 1.0, 2.6, (150, 100, 50))
    panel.shade(0.75, 1.0)
    for x in (0.95, LORRY_LENGTH - 1.6):
        panel.disc(x, 0.5, 0.5, 0.5, TYRE)
        panel.disc(x, 0.5, 0.26, 0.26, (120, 120, 122))
    return panel


def bike_panel(rng: np.random.Generator, colour: Colour, rear: bool) -> Panel:
    """Return a motorcycle with its rider, from behind or from ahead; only the rear has room for a plate."""
    w, h, m = BIKE_WIDTH, BIKE_HEIGHT, BIKE_WIDTH / 2
    panel = Panel(w, h, FINE)
    leather = [(30, 30, 32), (52, 40, 34), (40, 44, 60)][int(rng.integers(0, 3))]
    panel.box(m - 0.08, 0.0, m + 0.08, 0.62, TYRE, round_by=0.07)
    panel.box(m - 0.2, 0.18, m - 0.12, 0.34, CHROME, round_by=0.03)
    panel.box(m - 0.24, 0.28, m - 0.12, 0.36, BLACK, both=True)
    panel.polygon([(m - 0.3, 0.36), (m - 0.14, 0.36), (m - 0.12, 0.85), (m - 0.24, 0.85)], leather, both=True)
    panel.polygon(
        [(m - 0.17, 0.78), (m + 0.17, 0.78), (m + 0.21, 1.28), (m + 0.08, 1.4), (m - 0.08, 1.4), (m - 0.21, 1.28)],
        leather,
    )
    panel.polygon([(m - 0.21, 1.28), (m - 0.12, 1.3), (m - 0.3, 0.92), (m - 0.37, 0.96)], leather, both=True)
    panel.shade(0.85, 1.15, 0.9)
    panel.line((0.02, 0.98), (0.16, 0.96), 0.035, BLACK, both=True)
    panel.disc(0.05, 1.12, 0.055, 0.035, (40, 40, 42), both=True)
    panel.disc(m, 1.5, 0.125, 0.155, colour)
    if not rear:
        panel.box(m - 0.1, 1.44, m + 0.1, 1.54, (60, 52, 46), round_by=0.04)
        panel.polygon(
            [(m - 0.2, 0.6), (m + 0.2, 0.6), (m + 0.26, 0.95), (m + 0.12, 1.14), (m - 0.12, 1.14), (m - 0.26, 0.95)],
            colour,
        )
        panel.polygon([(m - 0.12, 0.98), (m + 0.12, 0.98), (m + 0.09, 1.14), (m - 0.09, 1.14)], times(GLASS, 1.6))
        panel.disc(m, 0.83, 0.1, 0.085, (248, 250, 250), 1.0)
        panel.box(m - 0.09, 0.42, m + 0.09, 0.6, times(colour, 0.8), round_by=0.05)
        return panel
    panel.line((m - 0.15, 1.3), (m, 0.85), 0.012, times(leather, 1.5), both=True)
    panel.polygon([(m - 0.16, 0.76), (m + 0.16, 0.76), (m + 0.1, 0.93), (m - 0.1, 0.93)], colour)
    panel.box(m - 0.08, 0.8, m + 0.08, 0.87, RED, 0.9, round_by=0.02)
    panel.disc(m - 0.19, 0.78, 0.04, 0.026, AMBER, 0.2, both=True)
    panel.box(m - 0.05, 0.5, m + 0.05, 0.8, BLACK)
    return panel


def bulkhead_panel(colour: Colour) -> Panel:
    """Return what is seen of the box above the cab, from ahead."""
    panel = Panel(LORRY_WIDTH, BOX_HEIGHT - CAB_HEIGHT + 0.4, COARSE)
    panel.box(0.0, 0.0, panel.width, panel.height, colour, round_by=0.05)
    panel.shade(0.75, 1.0, 0.95)
    return panel
