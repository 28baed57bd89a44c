"""What a plate bears on a car: caps sit on it and cut strokes, and its text stays what it was."""

import numpy as np
import pytest

from training import fixings
from training.fixings import fixed
from training.plates import RenderedPlate, draw_british_plate


def plate() -> RenderedPlate:
    return draw_british_plate("AB12CDE", rear=True)


def only(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    for share in ("_CAPPED_SHARE", "_ON_STROKE_SHARE", "_CHIPPED_SHARE", "_COVERED_SHARE", "_FLASHED_SHARE"):
        monkeypatch.setattr(fixings, share, float(share == kind))


def changed(before: RenderedPlate, after: RenderedPlate) -> np.ndarray:
    return np.abs(before.pixels.astype(int) - after.pixels.astype(int)).max(axis=2) > 8


def test_the_same_seed_fixes_the_same_plate_and_leaves_the_drawing_alone() -> None:
    drawn = plate()
    first, again = (fixed(np.random.default_rng(4), drawn, 1.0) for _ in range(2))
    assert np.array_equal(first.pixels, again.pixels)
    assert first.text == drawn.text
    assert np.array_equal(drawn.pixels, plate().pixels)


def test_caps_cover_a_little_of_a_plate_and_come_in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "_CAPPED_SHARE")
    drawn = plate()
    for seed in range(20):
        places = changed(drawn, fixed(np.random.default_rng(seed), drawn, 1.0))
        assert 0 < places.mean() < 0.06
    both = [np.flatnonzero(changed(drawn, fixed(np.random.default_rng(seed), drawn, 1.0)).any(axis=0)) for seed in
            range(20)]  # fmt: skip
    assert sum(columns.min() < 260 < columns.max() for columns in both) >= 15


def test_a_cap_of_the_grounds_colour_takes_ink_away(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "_CAPPED_SHARE")
    monkeypatch.setattr(fixings, "_ON_STROKE_SHARE", 1.0)
    monkeypatch.setattr(fixings, "_KINDS", ((None, 1.0),))
    drawn = plate()
    inked = drawn.pixels[..., 2] < 60
    lost = [
        (inked & (fixed(np.random.default_rng(seed), drawn, 1.0).pixels[..., 2] > 120)).sum() for seed in range(20)
    ]  # fmt: skip
    assert sum(one > 20 for one in lost) >= 15


def test_a_frame_covers_edges_and_never_a_whole_character(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "_COVERED_SHARE")
    drawn = plate()
    for seed in range(20):
        places = changed(drawn, fixed(np.random.default_rng(seed), drawn, 1.0))
        assert places[:, 0].mean() > 0.9
        assert not places[25:85, 30:490].any()


def test_a_plate_without_ink_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "_CHIPPED_SHARE")
    bare = plate()
    bare.pixels[:] = 230
    assert np.array_equal(fixed(np.random.default_rng(1), bare, 1.0).pixels, bare.pixels)
