"""Caps in the colour of ground or ink: they touch strokes, cover little, and hardly stand out."""

import numpy as np
import pytest

from training import bolts
from training.bolts import bolted, with_bolts
from training.plates import RenderedPlate, draw_british_plate


def plate() -> RenderedPlate:
    return draw_british_plate("AB12CDE", rear=True)


def touching(monkeypatch: pytest.MonkeyPatch, *, inked: bool) -> list[np.ndarray]:
    monkeypatch.setattr(bolts, "_PAIR_SHARE", 0.0)
    monkeypatch.setattr(bolts, "_TOUCHING_SHARE", 1.0)
    monkeypatch.setattr(bolts, "_INK_SHARE", float(inked))
    return [bolted(np.random.default_rng(seed), plate(), 1.0).pixels for seed in range(30)]


def test_the_same_seed_bolts_the_same_plate_and_leaves_the_drawing_alone() -> None:
    drawn = plate()
    first, again = (bolted(np.random.default_rng(4), drawn, 1.0) for _ in range(2))
    assert np.array_equal(first.pixels, again.pixels)
    assert first.text == drawn.text
    assert np.array_equal(drawn.pixels, plate().pixels)


def test_a_cap_of_the_grounds_colour_takes_ink_away(monkeypatch: pytest.MonkeyPatch) -> None:
    inked = plate().pixels[..., 2] < 60
    lost = [int((inked & (one[..., 2] > 150)).sum()) for one in touching(monkeypatch, inked=False)]
    assert sum(count > 20 for count in lost) >= 25


def test_a_cap_of_the_characters_colour_grows_a_stroke(monkeypatch: pytest.MonkeyPatch) -> None:
    ground = plate().pixels[..., 2] > 200
    grown = [int((ground & (one[..., 2] < 110)).sum()) for one in touching(monkeypatch, inked=True)]
    assert sum(count > 20 for count in grown) >= 25


def test_caps_cover_a_little_of_a_plate() -> None:
    for seed in range(30):
        pixels = bolted(np.random.default_rng(seed), plate(), 1.0).pixels
        assert (np.abs(pixels.astype(int) - plate().pixels).max(axis=2) > 8).mean() < 0.06


def test_a_cap_of_the_grounds_colour_hardly_shows_on_bare_ground(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bolts, "_PAIR_SHARE", 1.0)
    monkeypatch.setattr(bolts, "_TOUCHING_SHARE", 0.0)
    monkeypatch.setattr(bolts, "_INK_SHARE", 0.0)
    ground = plate().pixels[..., 2] > 200
    for seed in range(30):
        shown = bolted(np.random.default_rng(seed), plate(), 1.0).pixels[..., 2].astype(int)
        differs = np.abs(shown - plate().pixels[..., 2])[ground]
        assert np.median(differs[differs > 0]) < 45


def test_a_dark_plate_has_light_ink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bolts, "_PAIR_SHARE", 0.0)
    monkeypatch.setattr(bolts, "_TOUCHING_SHARE", 1.0)
    monkeypatch.setattr(bolts, "_INK_SHARE", 1.0)
    negative = 255 - draw_british_plate("AB12CDE").pixels
    ground = negative.max(axis=2) < 60
    grown = [
        int((ground & (with_bolts(np.random.default_rng(seed), negative, 1.0).min(axis=2) > 150)).sum())
        for seed in range(30)
    ]
    assert sum(count > 20 for count in grown) >= 25


def test_a_plate_without_ink_stays_as_it_is() -> None:
    bare = np.full((111, 520, 3), 230, np.uint8)
    assert np.array_equal(with_bolts(np.random.default_rng(1), bare, 1.0), bare)
