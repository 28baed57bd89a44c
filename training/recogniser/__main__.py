"""Trains the recogniser and exports it: `python -m training.recogniser --resume`."""

from __future__ import annotations

import argparse
import shutil
from datetime import UTC, datetime
from pathlib import Path

import cv2
import torch

from pipeline.errors import BadInput
from pipeline.recognise.network import HEIGHT, WIDTH, Network
from training.export import export, load_into
from training.learner import kept_mean
from training.openly_licensed import TEXT_RECOGNISER, downloaded
from training.recogniser.curve import draw_curve
from training.recogniser.loop import Plan, train
from training.recogniser.start import started

_WEIGHTS = Path("pipeline/recognise/weights/recogniser.onnx")


def main() -> None:
    """Train, or only export what the last checkpoint holds."""
    parser = argparse.ArgumentParser(prog="python -m training.recogniser", description=__doc__)
    parser.add_argument("--start", type=Path, help="PP-OCRv4 recogniser to begin with (default: downloaded)")
    parser.add_argument("--from-shipped", action="store_true", help="begin with the shipped weights instead")
    parser.add_argument(
        "--moved-by",
        type=float,
        default=1.0,
        metavar="SHARE",
        help="export the shipped weights moved by this share of the way to the trained ones",
    )
    parser.add_argument("--steps", type=int, default=Plan(work=Path()).steps)
    parser.add_argument("--batch", type=int, default=Plan(work=Path()).batch)
    parser.add_argument("--rate", type=float, default=Plan(work=Path()).rate)
    parser.add_argument("--seed", type=int, default=Plan(work=Path()).seed)
    parser.add_argument("--frozen-blocks", type=int, default=Plan(work=Path()).frozen_blocks)
    parser.add_argument("--shards", type=int, default=0, help="go through so many shards again and again (0: never)")
    parser.add_argument("--bfloat16", action="store_true", help="multiply in half precision (processors with AMX)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    parser.add_argument("--export-only", action="store_true", help="export the last checkpoint's mean and stop")
    parser.add_argument("--work", type=Path, default=Path("training/work/recogniser"))
    parser.add_argument("--backgrounds", type=Path, help="folder of pictures without plates")
    parser.add_argument("--real", type=Path, help="real patches made by training.recogniser.proposed")
    parser.add_argument("--real-share", type=float, default=Plan(work=Path()).real_share, help="of every batch")
    parser.add_argument("--real-worse", type=float, default=0.0, help="of these, share to be capped, and to be blurred")
    parser.add_argument("--weights", type=Path, default=_WEIGHTS, help="where the exported model goes")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    cv2.setNumThreads(chosen.threads)
    plan = Plan(
        work=chosen.work,
        steps=chosen.steps,
        batch=chosen.batch,
        rate=chosen.rate,
        seed=chosen.seed,
        backgrounds=chosen.backgrounds,
        real=chosen.real,
        real_share=chosen.real_share,
        real_worse=chosen.real_worse,
        frozen_blocks=chosen.frozen_blocks,
        shards=chosen.shards,
        bfloat16=chosen.bfloat16,
    )
    before = None
    if chosen.from_shipped or chosen.moved_by < 1:
        before = _began_from(plan.work, anew=not (chosen.resume or chosen.export_only))
    if chosen.export_only:
        mean = Network()
        mean.load_state_dict(kept_mean(plan.work / "checkpoint.pt"))
    else:
        network = (
            _loaded(before)
            if before and chosen.from_shipped
            else started(chosen.start or downloaded(TEXT_RECOGNISER, plan.work / "start"))
        )
        mean = train(network, plan, resume=chosen.resume)
    if before and chosen.moved_by < 1:
        mean = moved(_loaded(before), mean, chosen.moved_by)
    draw_curve(plan.work / "checkpoint.pt", plan.work / "loss.png")
    version = export(
        mean, torch.zeros(2, 3, HEIGHT, WIDTH), chosen.weights, name="recogniser", day=datetime.now(UTC).date(),
        outputs=["log_probabilities"],
    )  # fmt: skip
    print(version)


def moved(old: Network, new: Network, share: float) -> Network:
    """Return a network whose weights lie at `share` of the way from `old` to `new`: often better than both."""
    between = Network()
    before, after = old.state_dict(), new.state_dict()
    between.load_state_dict({name: torch.lerp(before[name], after[name], share) for name in before})
    return between


def _began_from(work: Path, *, anew: bool) -> Path:
    """Return the weights that the course in `work` began from: what was shipped then, of which it keeps a copy.

    The course ends by writing over the shipped ones. Killed after that and taken up again, it would otherwise move
    weights that are moved already. Raises BadInput for a course that is under way and whose copy is gone.
    """
    before = work / "before.onnx"
    if anew or not before.is_file():
        if not anew and (work / "checkpoint.pt").is_file():
            raise BadInput(f"{before} is gone: nobody can say what the course in {work} began from")
        work.mkdir(parents=True, exist_ok=True)
        partial = before.with_suffix(".partial")
        shutil.copyfile(_WEIGHTS, partial)
        partial.replace(before)
    return before


def _loaded(path: Path) -> Network:
    network = Network()
    load_into(network, path)
    return network


if __name__ == "__main__":
    main()
