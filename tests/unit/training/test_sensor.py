"""What a camera leaves of a picture: noise that is finer and smoother than independent noise on each pixel."""

import numpy as np
import pytest

from training import sensor
from training.sensor import developed


def without_coding(monkeypatch: pytest.MonkeyPatch) -> None:
    for share in ("_VIDEO_SHARE", "_CODED_SHARE", "_SHARPENED_SHARE"):
        monkeypatch.setattr(sensor, share, 0.0)


def noise(level: float, seed: int) -> np.ndarray:
    """Return what is added to an even picture of this level."""
    return developed(np.random.default_rng(seed), np.full((40, 160, 3), level, np.float32)).astype(float) - level


def test_the_same_seed_gives_the_same_picture_of_the_same_size() -> None:
    canvas = np.full((31, 77, 3), 120, np.float32)
    for seed in range(12):
        first, again = (developed(np.random.default_rng(seed), canvas) for _ in range(2))
        assert np.array_equal(first, again)
        assert first.shape == canvas.shape
        assert first.dtype == np.uint8
    assert (canvas == 120).all()


def test_noise_is_small_and_grows_with_the_light(monkeypatch: pytest.MonkeyPatch) -> None:
    without_coding(monkeypatch)
    dark, bright = (np.mean([noise(level, seed).std() for seed in range(30)]) for level in (15.0, 200.0))
    assert 0.3 < dark < bright < 8


def test_colours_are_softer_than_light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neighbours differ less in colour than in light, against the spread of each."""
    without_coding(monkeypatch)
    monkeypatch.setattr(sensor, "_SMOOTHED_SHARE", 0.0)
    shown = [noise(120.0, seed) for seed in range(30)]
    shown = [one for one in shown if one.std() > 2]
    light = [one.mean(axis=2) for one in shown]
    colour = [one[..., 0] - one[..., 2] for one in shown]
    roughness = [np.mean([np.diff(one, axis=1).std() / one.std() for one in kind]) for kind in (light, colour)]
    assert len(shown) >= 10
    assert roughness[1] < 0.9 * roughness[0]


def test_edges_stay_where_they_are() -> None:
    canvas = np.zeros((40, 160, 3), np.float32)
    canvas[:, 80:] = 220
    for seed in range(20):
        columns = developed(np.random.default_rng(seed), canvas).mean(axis=(0, 2))
        assert columns[:74].mean() < 40
        assert columns[86:].mean() > 180
