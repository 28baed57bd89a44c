"""A course of the recogniser, from its command line to the exported file: stopped, gone on with, and done twice."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from pipeline.errors import BadInput
from pipeline.inference.weights import parameters_of
from pipeline.recognise.network import Network
from pipeline.recognise.opening import WEIGHTS
from training.export import load_into
from training.learner import kept_mean
from training.recogniser import __main__ as command
from training.recogniser import corpus, loop
from training.recogniser.corpus import Backgrounds, Shard
from training.recogniser.loop import Plan, train


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (corpus, loop):
        monkeypatch.setattr(module, "SHARD_SIZE", 8)


def a_network() -> Network:
    network = Network()
    load_into(network, WEIGHTS)
    return network


def test_a_course_that_was_stopped_ends_where_one_that_was_not_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plans = [Plan(work=tmp_path / name, steps=2, batch=2, checkpoint_every=1) for name in ("whole", "cut")]
    whole = train(a_network(), plans[0], resume=False).state_dict()
    batch = loop._batch
    asked: list[int] = []

    def stopped(plan: Plan, step: int, backgrounds: Backgrounds, real: Shard | None) -> tuple[torch.Tensor, list[str]]:
        asked.append(step)
        if asked == [0, 1]:
            raise KeyboardInterrupt
        return batch(plan, step, backgrounds, real)

    monkeypatch.setattr(loop, "_batch", stopped)
    with pytest.raises(KeyboardInterrupt):
        train(a_network(), plans[1], resume=True)
    resumed = train(a_network(), plans[1], resume=True).state_dict()
    assert asked == [0, 1, 1]
    start = a_network().state_dict()
    assert any(not torch.equal(whole[name], start[name]) for name in whole)
    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value, msg=name)


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *more: str) -> None:
    given = ("--resume", "--from-shipped", "--steps", "2", "--batch", "2", "--moved-by", "0.5", "--rate", "1")
    monkeypatch.setattr(command, "_WEIGHTS", folder / "shipped.onnx")
    monkeypatch.setattr(sys, "argv", ["training.recogniser", *given, "--work", str(folder / "work"), *more])
    command.main()


def test_a_course_killed_after_its_export_moves_the_weights_once_and_draws_its_curve(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shipped = tmp_path / "shipped.onnx"
    shutil.copyfile(WEIGHTS, shipped)
    before = parameters_of(shipped)
    run(monkeypatch, tmp_path)
    moved = parameters_of(shipped)
    curve = cv2.imread(str(tmp_path / "work" / "loss.png"))
    assert curve.size > 0
    assert curve.std() > 0
    # Killed here, before the recipe noted that the step is done: the step is taken again.
    run(monkeypatch, tmp_path)
    again = parameters_of(shipped)
    end = kept_mean(tmp_path / "work" / "checkpoint.pt")
    name = max(end, key=lambda one: float((end[one] - torch.from_numpy(before[one].copy())).abs().max()))
    halfway = (before[name] + end[name].numpy()) / 2
    assert np.abs(end[name].numpy() - before[name]).max() > 0.008
    assert np.allclose(moved[name], halfway, atol=1e-3, rtol=1e-3)
    assert all(np.array_equal(again[one], moved[one]) for one in moved)


def test_a_course_whose_beginning_is_lost_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copyfile(WEIGHTS, tmp_path / "shipped.onnx")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "checkpoint.pt").write_bytes(b"of another day")
    with pytest.raises(BadInput, match="began"):
        run(monkeypatch, tmp_path)
