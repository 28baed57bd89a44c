"""Trains the small network on what the large one reads: `python -m training.recogniser.student --resume`.

The loss of a patch is CTC on its true text, and, where the teacher reads it right or nobody knows the text, the
divergence of every step from the teacher's posterior. The first two fifths of the steps take only what the teacher is
sure of. Passes over the same shards differ, because patches are lit and moved anew each time. Same seed, same run; an
interrupted run continues from its last checkpoint.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from tqdm import tqdm  # type: ignore[import-untyped]

from pipeline.recognise.opening import SMALL_WEIGHTS, WEIGHTS
from pipeline.recognise.rectify import HEIGHT, WIDTH
from pipeline.recognise.small_network import SmallNetwork, Unit
from training.export import export
from training.learner import Learner, Learning, kept_mean
from training.recogniser.corpus import SHARD_SIZE, Backgrounds, shard, shard_path
from training.recogniser.curve import draw_curve
from training.recogniser.loop import ctc_loss
from training.recogniser.teaching import Lesson, best_paths, lesson, real_patches, taught, varied

_WARM_UP = 100
_CTC_SHARE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One training run of the small network. `shards` are gone through again and again until `steps` are done."""

    work: Path
    shards_folder: Path
    teacher: Path = WEIGHTS
    steps: int = 12_000
    batch: int = 32
    rate: float = 1.5e-3
    seed: int = 1
    shards: int = 60
    pictures: Path | None = None
    real_share: float = 0.1
    checkpoint_every: int = 100
    mean_decay: float = 0.998
    easy_share: float = 0.4
    """The share of the steps, from the first on, that take only what the teacher is sure of."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.recogniser.student", description=__doc__)
    base = Course(work=Path("training/work/student"), shards_folder=Path("training/work/recogniser/shards"))
    parser.add_argument("--work", type=Path, default=base.work)
    parser.add_argument("--shards-folder", type=Path, default=base.shards_folder, help="shared with the teacher's run")
    parser.add_argument("--teacher", type=Path, default=base.teacher)
    parser.add_argument("--pictures", type=Path, help="folder whose `train` holds the permitted pictures")
    parser.add_argument("--steps", type=int, default=base.steps)
    parser.add_argument("--batch", type=int, default=base.batch)
    parser.add_argument("--rate", type=float, default=base.rate)
    parser.add_argument("--seed", type=int, default=base.seed)
    parser.add_argument("--shards", type=int, default=base.shards)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    parser.add_argument("--export-only", action="store_true", help="export the last checkpoint's mean and stop")
    parser.add_argument("--weights", type=Path, default=SMALL_WEIGHTS, help="where the exported model goes")
    chosen = vars(parser.parse_args())
    torch.set_num_threads(chosen["threads"])
    cv2.setNumThreads(chosen["threads"])
    course = Course(**{key: chosen[key] for key in Course.__dataclass_fields__ if key in chosen})
    if chosen["export_only"]:
        mean = SmallNetwork(normed=True)
        mean.load_state_dict(kept_mean(course.work / "checkpoint.pt"))
    else:
        mean = teach(course, resume=chosen["resume"])
    draw_curve(course.work / "checkpoint.pt", course.work / "loss.png")
    version = export(
        folded(mean), torch.zeros(2, 3, HEIGHT, WIDTH), chosen["weights"], name="small-recogniser",
        day=datetime.now(UTC).date(), outputs=["log_probabilities"],
    )  # fmt: skip
    print(version)


def teach(course: Course, *, resume: bool) -> SmallNetwork:
    """Train by `course` and return the running mean of the network's weights."""
    torch.manual_seed(course.seed)
    return taken(course, SmallNetwork(normed=True), Lessons(course), resume=resume)


def taken(course: Course, network: Learning, lessons: Lessons, *, resume: bool) -> Learning:
    """Take `network` through `lessons` and return the running mean of its weights."""
    network.to(memory_format=torch.channels_last)
    learnt = [value for value in network.parameters() if value.requires_grad]
    optimiser = torch.optim.AdamW(learnt, lr=course.rate, weight_decay=0.02)
    learner = Learner(course.work / "checkpoint.pt", network, optimiser, decay=course.mean_decay)
    first = learner.resume() if resume else 0
    if not first:
        learner.keep(0)
    network.train()
    bar = tqdm(range(first, course.steps), initial=first, total=course.steps, mininterval=10)
    for step in bar:
        patches, texts, posteriors = lessons.batch(step)
        for group in optimiser.param_groups:
            group["lr"] = course.rate * min(1.0, (step + 1) / _WARM_UP) * 0.5 * (
                1 + math.cos(math.pi * min(1.0, step / course.steps))
            )  # fmt: skip
        loss = distilled(network(patches.contiguous(memory_format=torch.channels_last)), texts, posteriors)
        learner.learn(loss, step)
        learner.losses.append(float(loss.detach()))
        if (step + 1) % course.checkpoint_every == 0 or step + 1 == course.steps:
            learner.keep(step + 1)
            bar.set_postfix(loss=f"{np.mean(learner.losses[-200:]):.3f}")
    return learner.mean


def distilled(log_probabilities: Tensor, texts: list[str | None], posteriors: Tensor) -> Tensor:
    """Return the loss of a batch; see the module's docstring."""
    read = best_paths(posteriors.numpy())
    trusted = torch.tensor([text is None or text == proposed for text, proposed in zip(texts, read, strict=True)])
    known = [index for index, text in enumerate(texts) if text is not None]
    divergence = (posteriors.exp() * (posteriors - log_probabilities)).sum(dim=2).sum(dim=1)
    loss = (divergence * trusted).mean()
    if known:
        truth = [text for text in texts if text is not None]
        loss = loss + _CTC_SHARE * ctc_loss(log_probabilities[known], truth) * (len(known) / len(texts))
    return loss


class Lessons:
    """The batches of a course, by step."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._backgrounds = Backgrounds(course.pictures / "train" / "backgrounds" if course.pictures else None)
        self._open: tuple[int, Lesson] | None = None
        self._real: Lesson | None = None
        if course.pictures and course.real_share:
            path = course.work / "real.npy"
            patches = real_patches(course.pictures / "train", path)
            self._real = Lesson(
                patches=patches, texts=(None,) * len(patches), posteriors=taught(path, patches, course.teacher)
            )

    def batch(self, step: int) -> tuple[Tensor, list[str | None], Tensor]:
        """Return patches, texts and the teacher's posteriors."""
        course = self._course
        rng = np.random.default_rng([course.seed, step])
        count = round(course.batch * course.real_share) if self._real else 0
        rendered = self._lesson(step // (SHARD_SIZE // (course.batch - count)) % course.shards)
        easy = step < course.easy_share * course.steps
        parts = [_drawn(rng, rendered, course.batch - count, easy=easy)]
        if self._real:
            parts.append(_drawn(rng, self._real, count, easy=easy))
        patches = np.concatenate([varied(rng, one) for one, _, _ in parts])
        texts = [text for _, ones, _ in parts for text in ones]
        posteriors = torch.from_numpy(np.concatenate([one for _, _, one in parts]).astype(np.float32))
        return torch.from_numpy(patches), texts, posteriors

    def some(self, count: int) -> Tensor:
        """Return as many patches as the network takes them: five sixths drawn, the others real if there are any."""
        rng = np.random.default_rng(self._course.seed)
        parts = [_drawn(rng, self._lesson(0), count - count // 6, easy=False)[0]]
        parts += [_drawn(rng, self._real, count // 6, easy=False)[0]] if self._real else []
        return torch.from_numpy(np.concatenate(parts).transpose(0, 3, 1, 2).astype(np.float32))

    def _lesson(self, index: int) -> Lesson:
        if self._open is None or self._open[0] != index:
            course = self._course
            rendered = shard(course.shards_folder, course.seed, index, self._backgrounds)
            path = shard_path(course.shards_folder, course.seed, index)
            self._open = index, lesson(path, rendered, course.teacher)
        return self._open[1]


def _drawn(
    rng: np.random.Generator, source: Lesson, count: int, *, easy: bool
) -> tuple[np.ndarray, list[str | None], np.ndarray]:
    some = source.easy if easy and len(source.easy) else np.arange(len(source.texts))
    chosen = np.sort(some[rng.integers(0, len(some), count)])
    return source.patches[chosen], [source.texts[i] for i in chosen], source.posteriors[chosen]


def folded(network: SmallNetwork) -> SmallNetwork:
    """Return the same network with its batch norms folded into the convolutions."""
    plain = SmallNetwork()
    with torch.no_grad():
        for old, new in zip(network.trunk, plain.trunk, strict=True):
            if isinstance(old, Unit) and isinstance(new, Unit) and isinstance(old.norm, nn.BatchNorm2d):
                new.convolution = fuse_conv_bn_eval(old.convolution.eval(), old.norm.eval())
        plain.head.load_state_dict(network.head.state_dict())
    return plain.eval()


if __name__ == "__main__":
    main()
