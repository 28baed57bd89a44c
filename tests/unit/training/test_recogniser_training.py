"""The recogniser's corpus and loss: deterministic, and the same sums as the posterior's own."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.domain.posterior import CharacterPosterior
from pipeline.recognise.rectify import HEIGHT, WIDTH
from training.recogniser import corpus, loop
from training.recogniser.corpus import Backgrounds, sample, shard
from training.recogniser.loop import Plan, ctc_loss, rate_at
from training.recogniser.proposed import in_series, without_rivals


def test_the_same_seed_makes_the_same_sample() -> None:
    (first, text), (again, same) = (sample(np.random.default_rng(21), Backgrounds(None)) for _ in range(2))
    assert first.shape == (HEIGHT, WIDTH, 3)
    assert np.array_equal(first, again)
    assert text == same


def test_a_shard_is_rendered_once_and_then_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "SHARD_SIZE", 3)
    first = shard(tmp_path, 1, 0, Backgrounds(None))
    stamps = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again = shard(tmp_path, 1, 0, Backgrounds(None))
    assert np.array_equal(first.patches, again.patches)
    assert first.texts == again.texts == tuple(json.loads((tmp_path / "seed-1-shard-0000.json").read_text()))
    assert stamps == {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}


def test_after_the_last_shard_the_first_comes_again_but_lit_and_moved_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "SHARD_SIZE", 4)
    monkeypatch.setattr(loop, "SHARD_SIZE", 4)
    plan = Plan(work=tmp_path, batch=2, shards=1)
    first, later = (loop._batch(plan, step, Backgrounds(None), None) for step in (1, 3))
    again = loop._batch(plan, 3, Backgrounds(None), None)
    assert first[1] == later[1]
    assert first[0].shape == later[0].shape
    assert not torch.equal(first[0], later[0])
    assert torch.equal(later[0], again[0])
    assert len(list((tmp_path / "shards").glob("*.npy"))) == 1


def test_some_samples_are_no_plate_and_bear_no_text() -> None:
    rng = np.random.default_rng(2)
    texts = [sample(rng, Backgrounds(None))[1] for _ in range(150)]
    assert 1 <= texts.count("") <= 20


def test_the_loss_is_minus_the_log_likelihood_of_the_posterior() -> None:
    scores = torch.randn(3, 24, 37, generator=torch.Generator().manual_seed(1)) * 2
    rows = scores.log_softmax(dim=2)
    texts = ["AB12CDE", "", "1100O"]
    expected = [
        -CharacterPosterior(log_probabilities=rows[i].numpy()).log_likelihood(text) for i, text in enumerate(texts)
    ]
    assert float(ctc_loss(rows, texts)) == pytest.approx(float(np.mean(expected)), rel=1e-4)


def test_the_learning_rate_warms_up_and_ends_at_nothing() -> None:
    plan = Plan(work=Path(), steps=1000, rate=1e-3)
    assert rate_at(0, plan) < 2e-5
    assert rate_at(150, plan) > 9e-4
    assert rate_at(1000, plan) == pytest.approx(0.0)


def test_a_rare_reading_close_to_a_common_one_is_no_label() -> None:
    assert without_rivals(["B123ABD", "B123ABD", "B123ABO", "B45XYZ"]) == [True, True, False, True]


def test_a_county_that_does_not_exist_is_no_label() -> None:
    assert without_rivals(["LF12ABC", "IF12ABD"]) == [False, True]


def test_a_mark_in_a_series_is_of_a_county_that_there_is() -> None:
    assert [in_series(text) for text in ("IF12ABC", "B123ABD", "WX1234C", "LF12ABC", "B12", "")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


def test_real_patches_can_be_made_worse_and_the_same_seed_makes_them_so_alike() -> None:
    patch = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    patch[10:38, 20:170:12] = 30
    plain, worse, again = (loop._varied(np.random.default_rng(3), patch, share) for share in (0.0, 1.0, 1.0))
    assert worse.shape == patch.shape
    assert np.array_equal(worse, again)
    assert np.abs(np.diff(worse.astype(float), axis=1)).mean() < np.abs(np.diff(plain.astype(float), axis=1)).mean()
