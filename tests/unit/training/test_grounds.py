"""The ground of a drawn plate is as uneven as a real one's, and its mark stays where it was."""

import numpy as np
import pytest

from training import grounds
from training.grounds import uneven
from training.plates import RenderedPlate, draw_british_plate

MIDDLE = np.s_[20:-20, 40:-40]
SHARES = ("_LAMPS_SHARE", "_LIP_SHARE", "_BLOOM_SHARE", "_DIRT_SHARE", "_MOTTLED_SHARE", "_BLURRED_SHARE")


def plate() -> RenderedPlate:
    return draw_british_plate("AB12CDE")


def only(monkeypatch: pytest.MonkeyPatch, *kinds: str) -> None:
    for share in SHARES:
        monkeypatch.setattr(grounds, share, float(share in kinds))


def ground_of(pixels: np.ndarray) -> np.ndarray:
    """Return the levels of what is no ink in the undamaged drawing, with NaN elsewhere."""
    return np.where(plate().pixels.min(axis=2) > 200, pixels.mean(axis=2), np.nan)


def test_the_same_seed_lights_the_same_plate_and_leaves_the_drawing_alone() -> None:
    drawn = plate()
    first, again = (uneven(np.random.default_rng(4), drawn, 1.0) for _ in range(2))
    assert np.array_equal(first.pixels, again.pixels)
    assert first.text == drawn.text
    assert first.pixels.shape == drawn.pixels.shape
    assert first.pixels.dtype == np.uint8
    assert np.array_equal(drawn.pixels, plate().pixels)


def test_grounds_are_mostly_uneven() -> None:
    spreads = [float(np.nanstd(ground_of(uneven(np.random.default_rng(seed), plate(), 1.0).pixels))) for seed in
               range(30)]  # fmt: skip
    assert np.nanstd(ground_of(plate().pixels)) < 2
    assert sum(spread > 6 for spread in spreads) >= 20


def test_below_lamps_the_upper_edge_is_brighter_than_the_foot(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "_LAMPS_SHARE")
    lit = [ground_of(uneven(np.random.default_rng(seed), plate(), 1.0).pixels) for seed in range(30)]
    assert sum(np.nanmean(one[:12]) > np.nanmean(one[-12:]) + 10 for one in lit) >= 25


def test_dirt_is_thickest_at_the_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "_DIRT_SHARE")
    shown = [ground_of(uneven(np.random.default_rng(seed), plate(), 1.0).pixels) for seed in range(30)]
    foot, left, middle = (np.nanmean([one[part] for one in shown]) for part in (np.s_[-6:], np.s_[:, :8], MIDDLE))
    assert foot < middle - 10
    assert left < middle - 10


def test_where_light_blooms_ink_is_paler(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "_BLOOM_SHARE")
    inked = plate().pixels.max(axis=2) < 60
    paler = [uneven(np.random.default_rng(seed), plate(), 1.0).pixels[inked].max() for seed in range(20)]
    assert sum(level > 80 for level in paler) >= 10


def test_ink_stays_darker_than_the_ground_beside_it() -> None:
    inked = plate().pixels.max(axis=2) < 60
    for seed in range(30):
        lit = uneven(np.random.default_rng(seed), plate(), 1.0).pixels.mean(axis=2)
        assert lit[inked].mean() < 0.75 * np.nanmean(ground_of(lit[..., None]))
