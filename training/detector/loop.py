"""The training loop: AdamW, warm-up and cosine, an exponential average of the weights, checkpoints, a loss curve."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm  # type: ignore[import-untyped]

from pipeline.detect.network import Plan, PlateNetwork
from pipeline.errors import IntegrityError
from training.detector.batches import batches
from training.detector.losses import finite, losses_of
from training.detector.pool import read_pool
from training.learner import Learner, kept_mean

_WARM_UP_STEPS = 150
_AVERAGE_DECAY = 0.998
_CHECKPOINT_STEPS = 200
_LOG_STEPS = 20
_FRESH_POOL_STEPS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How one run trains. `rate` is for the new layers; the pretrained trunk takes `trunk_share` of it.

    A share of 0 freezes the trunk, which more than halves the work of a step.
    """

    work: Path
    name: str
    steps: int
    seed: int = 0
    rate: float = 1.5e-3
    trunk_share: float = 0.3
    weight_decay: float = 1e-4

    @property
    def checkpoint(self) -> Path:
        return self.work / f"{self.name}.pt"

    @property
    def log(self) -> Path:
        return self.work / f"{self.name}.csv"


def train(course: Course, network: PlateNetwork, resume: bool) -> PlateNetwork:
    """Train `network` and return its averaged self. With `resume`, go on from the run's last checkpoint, if any."""
    torch.manual_seed(course.seed)
    network.train()
    network.trunk.requires_grad_(course.trunk_share > 0)
    optimiser = torch.optim.AdamW(
        [
            {"params": network.trunk.parameters(), "share": course.trunk_share},
            {"params": [*network.neck.parameters(), *network.heads.parameters()], "share": 1.0},
        ],
        weight_decay=course.weight_decay,
    )
    learner = Learner(course.checkpoint, network, optimiser, decay=_AVERAGE_DECAY)
    first = begun(learner, course, resume=resume)
    sums = torch.zeros(3)
    feed = None
    for step in tqdm(range(first, course.steps), initial=first, total=course.steps, desc=course.name, mininterval=15):
        if feed is None or step % _FRESH_POOL_STEPS == 0:
            # The pool may still be growing.
            feed = batches(read_pool(course.work / "pool"), read_pool(course.work / "hard"), course.seed, step)
        for group in optimiser.param_groups:
            group["lr"] = course.rate * group["share"] * schedule(step, course.steps)
        batch = next(feed)
        losses = losses_of(network.raw(batch.images), batch)
        if not finite(losses):
            raise IntegrityError(f"the loss is not finite at step {step}: lower the rate and resume")
        learner.learn(losses.total, step)
        sums += torch.stack([losses.centre, losses.corner, losses.two_line]).detach()
        if (step + 1) % _LOG_STEPS == 0:
            parts = dict(zip(("centre", "corner", "two_line"), (sums / _LOG_STEPS).tolist(), strict=True))
            write_log(course.log, step + 1, parts)
            sums.zero_()
        if (step + 1) % _CHECKPOINT_STEPS == 0 or step + 1 == course.steps:
            learner.keep(step + 1)
    return learner.mean


def begun(learner: Learner[Any], course: Course, *, resume: bool) -> int:
    """Return the first step to do. A run that begins anew begins its table of losses anew."""
    first = learner.resume() if resume else 0
    if not first:
        course.log.unlink(missing_ok=True)
    return first


def load_average(checkpoint: Path, plan: Plan) -> PlateNetwork:
    """Return the averaged network of a checkpoint."""
    network = PlateNetwork(plan).eval()
    network.load_state_dict(kept_mean(checkpoint))
    return network


def schedule(step: int, steps: int) -> float:
    if step < _WARM_UP_STEPS:
        return (step + 1) / _WARM_UP_STEPS
    share = (step - _WARM_UP_STEPS) / max(1, steps - _WARM_UP_STEPS)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share))


def write_log(path: Path, step: int, losses: dict[str, float]) -> None:
    """Append the losses to the table at `path`."""
    fresh = not path.exists()
    with path.open("a", newline="") as stream:
        writer = csv.writer(stream)
        if fresh:
            writer.writerow(["step", *losses])
        writer.writerow([step, *(f"{loss:.5f}" for loss in losses.values())])


def draw_curve(log: Path, picture: Path) -> None:
    """Draw the losses in `log` over the steps."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with log.open(newline="") as stream:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(stream)]
    figure, axis = pyplot.subplots(figsize=(8, 4))
    for part in [key for key in rows[0] if key != "step"]:
        axis.semilogy([row["step"] for row in rows], [row[part] for row in rows], label=part)
    axis.set_xlabel("step")
    axis.set_ylabel("loss")
    axis.legend()
    figure.tight_layout()
    figure.savefig(picture, dpi=100)
    pyplot.close(figure)
