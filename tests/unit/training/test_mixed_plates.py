"""The mixture of the course on fixings and on what bears no mark."""

import numpy as np
import pytest

from pipeline.domain.plate import Quad
from training.recogniser import mixed
from training.recogniser.corpus import Backgrounds
from training.recogniser.mixed import Mixture

UNREAD = np.full((2, 48, 192, 3), 77, np.uint8)


def test_a_few_patches_bear_nothing_to_read_and_the_same_seed_draws_the_same() -> None:
    drawn = [Mixture(UNREAD)(np.random.default_rng(seed), Backgrounds(None)) for seed in range(60)]
    again, text = Mixture(UNREAD)(np.random.default_rng(7), Backgrounds(None))
    assert 2 <= sum(not text for _, text in drawn) <= 20
    assert all(patch.shape == (48, 192, 3) and patch.dtype == np.uint8 for patch, _ in drawn)
    assert np.array_equal(again, drawn[7][0])
    assert text == drawn[7][1]


def test_what_was_mined_is_shown_without_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed, "_UNREADABLE", 1.0)
    monkeypatch.setattr(mixed, "_MINED_SHARE", 1.0)
    patch, text = Mixture(UNREAD)(np.random.default_rng(3), Backgrounds(None))
    assert text == ""
    assert patch.std() < 20


def test_of_a_plate_beyond_the_edge_less_than_half_shows() -> None:
    quad = Quad(corners=((0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (0.0, 20.0)))
    for seed in range(40):
        corners = np.asarray(mixed._cut_off(np.random.default_rng(seed), quad).corners)
        low, high = np.maximum(corners.min(axis=0), 0), np.minimum(corners.max(axis=0), [100, 20])
        assert np.prod(np.maximum(high - low, 0)) < 0.6 * 2000


def test_lifelike_plates_are_drawn_instead_of_most_others_and_the_rest_bears_nothing_as_often() -> None:
    mixture = Mixture(UNREAD, lifelike=True)
    drawn = [mixture(np.random.default_rng(seed), Backgrounds(None)) for seed in range(60)]
    plain = [Mixture(UNREAD)(np.random.default_rng(seed), Backgrounds(None)) for seed in range(60)]
    again, text = mixture(np.random.default_rng(7), Backgrounds(None))
    assert 2 <= sum(not text for _, text in drawn) <= 20
    assert np.array_equal(again, drawn[7][0])
    assert text == drawn[7][1]
    assert sum(not np.array_equal(one[0], other[0]) for one, other in zip(drawn, plain, strict=True)) >= 30
