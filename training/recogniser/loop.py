"""The training loop: CTC, AdamW with a warm-up and a cosine to nothing, a running mean of the weights, checkpoints.

Batch norms are folded into the network and so stay frozen. The same seed and the same shards give the same run; an
interrupted run continues from its last checkpoint with the state of optimiser, mean and step. The stem and the first
blocks stay as they are: what real pictures taught them is worth more than what drawn ones could, and it saves a third
of the time.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from tqdm import tqdm  # type: ignore[import-untyped]

from pipeline.domain.plate import Pixels
from pipeline.domain.posterior import ALPHABET, BLANK
from pipeline.recognise.network import Network
from pipeline.recognise.rectify import HEIGHT, WIDTH
from training.degrade import blurred
from training.fixings import with_fixings
from training.learner import Learner
from training.precision import half, memory_kept
from training.recogniser.corpus import SHARD_SIZE, Backgrounds, Shard, shard
from training.recogniser.teaching import varied

_WARM_UP = 100
_REAL_PIXELS_PER_MM, _CHARACTER_SHARE = 0.36, 0.6
"""Of patches of plates of one line: 520 mm are 0.96 of their width, characters 0.6 of their height."""
WORST_LOSS = 8.0
"""A patch whose text is less likely than e^-8 teaches guessing, not reading: it is left out of its batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One training run. `real_share` is the share of every batch drawn from real patches, if there are any.

    The stem and the first `frozen_blocks` are not trained.
    """

    work: Path
    steps: int = 1600
    batch: int = 16
    rate: float = 2e-4
    seed: int = 1
    checkpoint_every: int = 50
    mean_decay: float = 0.998
    backgrounds: Path | None = None
    real: Path | None = None
    real_share: float = 0.08
    real_worse: float = 0.0
    """The share of the real patches that bear more caps, and the share that are made smaller and moved."""
    frozen_blocks: int = 5
    shards: int = 0
    """After so many shards the first comes again, lit and moved otherwise. 0: there are as many as are needed."""
    bfloat16: bool = False
    """Multiply in bfloat16: twice as fast where the processor has instructions for it (AMX), slower elsewhere."""


def encoded(texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the texts as one row of classes and their lengths."""
    classes = [ALPHABET.index(character) + 1 for text in texts for character in text]
    return torch.tensor(classes, dtype=torch.long), torch.tensor([len(text) for text in texts], dtype=torch.long)


def ctc_loss(log_probabilities: torch.Tensor, texts: list[str], worst: float = math.inf) -> torch.Tensor:
    """Return the mean over the batch of minus the log likelihood of the texts; from `worst` on it counts as 0."""
    targets, lengths = encoded(texts)
    steps = torch.full((len(texts),), log_probabilities.shape[1], dtype=torch.long)
    losses = functional.ctc_loss(
        log_probabilities.transpose(0, 1), targets, steps, lengths, BLANK, reduction="none", zero_infinity=True
    )
    return torch.where(losses < worst, losses, 0.0).mean()


def train(network: Network, plan: Plan, *, resume: bool) -> Network:
    """Train `network` by `plan` and return the running mean of its weights."""
    torch.manual_seed(plan.seed)
    plan.work.mkdir(parents=True, exist_ok=True)
    network.to(memory_format=torch.channels_last)
    for part in (network.stem, *network.blocks[: plan.frozen_blocks]):
        part.requires_grad_(False)
    memory_kept()
    optimiser = torch.optim.AdamW(_groups(network), lr=plan.rate)
    learner = Learner(plan.work / "checkpoint.pt", network, optimiser, decay=plan.mean_decay)
    first = learner.resume() if resume else 0
    backgrounds = Backgrounds(plan.backgrounds)
    real = _real(plan.real)
    network.train()
    answered = half(network) if plan.bfloat16 else network
    bar = tqdm(range(first, plan.steps), initial=first, total=plan.steps, mininterval=10)
    for step in bar:
        patches, texts = _batch(plan, step, backgrounds, real)
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, plan)
        loss = ctc_loss(answered(patches).float(), texts, WORST_LOSS)
        learner.learn(loss, step)
        learner.losses.append(float(loss.detach()))
        if (step + 1) % plan.checkpoint_every == 0 or step + 1 == plan.steps:
            learner.keep(step + 1)
            bar.set_postfix(loss=f"{np.mean(learner.losses[-200:]):.3f}")
    return learner.mean


def rate_at(step: int, plan: Plan) -> float:
    """Return the learning rate of a step."""
    warm = min(1.0, (step + 1) / _WARM_UP)
    return plan.rate * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, step / plan.steps)))


def _groups(network: Network) -> list[dict[str, object]]:
    learnt = [value for value in network.parameters() if value.requires_grad]
    decayed = [value for value in learnt if value.ndim > 1]
    free = [value for value in learnt if value.ndim <= 1]
    return [{"params": decayed, "weight_decay": 0.01}, {"params": free, "weight_decay": 0.0}]


def _batch(plan: Plan, step: int, backgrounds: Backgrounds, real: Shard | None) -> tuple[torch.Tensor, list[str]]:
    rng = np.random.default_rng([plan.seed, step])
    count = round(plan.batch * plan.real_share) if real else 0
    rendered = plan.batch - count
    per_shard = SHARD_SIZE // rendered
    place = step // per_shard
    again, index = divmod(place, plan.shards) if plan.shards else (0, place)
    source = shard(plan.work / "shards", plan.seed, index, backgrounds)
    start = (step % per_shard) * rendered
    patches: list[NDArray[np.generic]] = [source.patches[start : start + rendered]]
    if again:
        patches = [varied(rng, source.patches[start : start + rendered]).transpose(0, 2, 3, 1)]
    texts = list(source.texts[start : start + rendered])
    if real:
        chosen = rng.integers(0, len(real.texts), count)
        patches.append(np.stack([_varied(rng, real.patches[i], plan.real_worse) for i in chosen]))
        texts += [real.texts[i] for i in chosen]
    stacked = torch.from_numpy(np.concatenate(patches).astype(np.float32))
    return stacked.permute(0, 3, 1, 2), texts


def _varied(rng: np.random.Generator, patch: Pixels, worse: float = 0.0) -> Pixels:
    """Return a real patch moved and lit a little otherwise, because there are few of them.

    So large a share of them as `worse` bears more caps, the same share is smaller and moved.
    """
    if worse and rng.random() < worse:
        patch = with_fixings(rng, patch, _REAL_PIXELS_PER_MM)
    moved = np.roll(patch, (int(rng.integers(-2, 3)), int(rng.integers(-4, 5))), axis=(0, 1)).astype(np.float32)
    if worse and rng.random() < worse:
        size = np.array([WIDTH, HEIGHT]) * float(rng.uniform(0.3, 0.8))
        small = cv2.resize(moved, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
        small = blurred(rng, np.asarray(small, np.float32), size[1] * _CHARACTER_SHARE)
        moved = np.asarray(cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), np.float32)
    moved = (moved - 110) * float(rng.uniform(0.7, 1.25)) + 110 + float(rng.normal(0, 15))
    return np.clip(moved + rng.normal(0, rng.uniform(0, 6), moved.shape), 0, 255).astype(np.uint8)


def _real(path: Path | None) -> Shard | None:
    if path is None or not path.with_suffix(".json").is_file():
        return None
    return Shard(
        patches=np.load(path.with_suffix(".npy")), texts=tuple(json.loads(path.with_suffix(".json").read_text()))
    )
