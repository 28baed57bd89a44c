"""A run that was interrupted goes on from its checkpoint as if it had not been."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from training.learner import Learner, kept_mean


def a_learner(checkpoint: Path) -> Learner[nn.Module]:
    torch.manual_seed(3)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(36, 1))
    return Learner(checkpoint, network, torch.optim.AdamW(network.parameters(), lr=0.05))


def taught(learner: Learner[nn.Module], steps: range) -> Learner[nn.Module]:
    for step in steps:
        images = torch.randn(8, 1, 5, 5, generator=torch.Generator().manual_seed(step))
        loss = (learner.network(images)[:, 0] - images.mean(dim=(1, 2, 3))).square().mean()
        learner.learn(loss, step)
        learner.losses.append(float(loss.detach()))
    return learner


def test_without_a_checkpoint_a_run_begins_at_its_first_step(tmp_path: Path) -> None:
    assert a_learner(tmp_path / "none.pt").resume() == 0


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(tmp_path: Path) -> None:
    whole = taught(a_learner(tmp_path / "whole.pt"), range(10))
    taught(a_learner(tmp_path / "cut.pt"), range(6)).keep(6)
    resumed = a_learner(tmp_path / "cut.pt")
    assert resumed.resume() == 6
    taught(resumed, range(6, 10)).keep(10)
    assert resumed.losses == whole.losses
    for name, value in whole.mean.state_dict().items():
        assert torch.equal(kept_mean(tmp_path / "cut.pt")[name], value), name


def test_the_mean_follows_weights_and_batch_statistics(tmp_path: Path) -> None:
    learner = a_learner(tmp_path / "run.pt")
    before = {name: value.clone() for name, value in learner.mean.state_dict().items()}
    taught(learner, range(5))
    moved = {name for name, value in learner.mean.state_dict().items() if not torch.equal(value, before[name])}
    assert {"0.weight", "3.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"} <= moved
    assert not learner.mean.training
