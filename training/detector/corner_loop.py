"""Trains the corner network: batch norms while it trains, an average of its weights, checkpoints, a loss curve."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm  # type: ignore[import-untyped]

from pipeline.detect.corner_network import CornerNetwork, Layer
from pipeline.errors import IntegrityError
from training.detector.corner_samples import Windows, windows
from training.detector.loop import Course, begun, schedule, write_log
from training.detector.pool import read_pool
from training.learner import Learner, kept_mean

BATCH = 24
_PLATE_SHARE, _TWO_LINE_SHARE, _SPREAD_SHARE = 0.5, 0.1, 0.02
_AVERAGE_DECAY = 0.999
_CHECKPOINT_STEPS, _LOG_STEPS, _FRESH_POOL_STEPS = 200, 20, 500


def corner_losses(network: CornerNetwork, outputs: tuple[Tensor, Tensor, Tensor], batch: Windows) -> Tensor:
    """Return four losses: of the corners in plate heights, of the maps' spread, of `plate` and of `two_line`."""
    maps, plate, two_line = outputs
    chances = maps.softmax(dim=2)
    placed = torch.matmul(chances, network.places)
    counted = (batch.corner_weight > 0).sum().clamp(min=1)
    distance = torch.linalg.vector_norm(placed - batch.corners, dim=2).mean(dim=1)
    corner = (distance * batch.corner_weight).sum() / counted
    # A map with two peaks has its mean between them, where no corner is.
    apart = ((network.places[None, None] - batch.corners[:, :, None]) ** 2).sum(dim=3)
    spread = ((chances * apart).sum(dim=2).mean(dim=1) * batch.corner_weight).sum() / counted
    judged = functional.binary_cross_entropy_with_logits(plate, batch.plate)
    doubt = functional.binary_cross_entropy_with_logits(two_line, batch.two_line, reduction="none")
    lines = (doubt * batch.two_line_weight).sum() / batch.two_line_weight.sum().clamp(min=1.0)
    return torch.stack([corner, spread, judged, lines])


def train_corners(course: Course, resume: bool) -> CornerNetwork:
    """Train a corner network and return its average, with the norms still in it."""
    torch.manual_seed(course.seed)
    network = CornerNetwork(norm=True).train()
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=course.weight_decay)
    learner = Learner(course.checkpoint, network, optimiser, decay=_AVERAGE_DECAY)
    first = begun(learner, course, resume=resume)
    shares = torch.tensor([1.0, _SPREAD_SHARE, _PLATE_SHARE, _TWO_LINE_SHARE])
    sums, feed = torch.zeros(4), None
    for step in tqdm(range(first, course.steps), initial=first, total=course.steps, desc=course.name, mininterval=15):
        if feed is None or step % _FRESH_POOL_STEPS == 0:
            feed = windows(read_pool(course.work / "pool"), read_pool(course.work / "fooled"), course.seed, step, BATCH)
        for group in optimiser.param_groups:
            group["lr"] = course.rate * schedule(step, course.steps)
        batch = next(feed)
        losses = corner_losses(network, network.raw(batch.images), batch)
        if not bool(torch.isfinite(losses).all()):
            raise IntegrityError(f"the loss is not finite at step {step}: lower the rate and resume")
        learner.learn((losses * shares).sum(), step)
        sums += losses.detach()
        if (step + 1) % _LOG_STEPS == 0:
            names = ("corner", "spread", "plate", "two_line")
            write_log(course.log, step + 1, dict(zip(names, (sums / _LOG_STEPS).tolist(), strict=True)))
            sums.zero_()
        if (step + 1) % _CHECKPOINT_STEPS == 0 or step + 1 == course.steps:
            learner.keep(step + 1)
    return learner.mean


def load_corners(checkpoint: Path) -> CornerNetwork:
    """Return the averaged network of a checkpoint, its norms folded into the convolutions: what ships."""
    average = CornerNetwork(norm=True).eval()
    average.load_state_dict(kept_mean(checkpoint))
    return folded(average)


@torch.no_grad()
def folded(network: CornerNetwork) -> CornerNetwork:
    """Return the same function without batch norms."""
    plain = CornerNetwork().eval()
    plain.load_state_dict(network.state_dict(), strict=False)
    pairs = zip(_layers(plain), _layers(network), strict=True)
    for mine, theirs in pairs:
        norm = theirs.norm
        if norm is None or norm.running_mean is None or norm.running_var is None:
            continue
        assert mine.convolution.bias is not None
        assert theirs.convolution.bias is not None
        factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        mine.convolution.weight.copy_(theirs.convolution.weight * factor[:, None, None, None])
        mine.convolution.bias.copy_((theirs.convolution.bias - norm.running_mean) * factor + norm.bias)
    return plain


def _layers(network: CornerNetwork) -> list[Layer]:
    return [module for module in network.modules() if isinstance(module, Layer)]
