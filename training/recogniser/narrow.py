"""Cuts a narrower network out of the shipped one and teaches it to read as that one does.

    python -m training.recogniser.narrow --pictures DATA --resume

The cut is `pruning.py`'s, on drawn and real patches; the blocks before it stay as they were and are not trained. Losses
and lessons are the small network's (`student.py`), without its easy beginning. With `--steps 0` it is only cut.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

import cv2
import torch

from pipeline.recognise.network import LARGE, NARROW, Network
from pipeline.recognise.opening import WEIGHTS
from pipeline.recognise.rectify import HEIGHT, WIDTH
from training.export import export, load_into
from training.learner import kept_mean
from training.recogniser.curve import draw_curve
from training.recogniser.pruning import pruned
from training.recogniser.student import Course, Lessons, taken

_FITTED_ON = 480
_UNCUT_BLOCKS = 5


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.recogniser.narrow", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("training/work/narrow"))
    parser.add_argument("--shards-folder", type=Path, default=Path("training/work/recogniser-second/shards"))
    parser.add_argument("--teacher", type=Path, default=WEIGHTS)
    parser.add_argument("--pictures", type=Path, help="folder whose `train` holds the permitted pictures")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shards", type=int, default=30)
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint")
    parser.add_argument("--export-only", action="store_true", help="export the last checkpoint's mean and stop")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="where the exported model goes")
    chosen = vars(parser.parse_args())
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    course = Course(**{key: chosen[key] for key in Course.__dataclass_fields__ if key in chosen}, easy_share=0.0)
    if chosen["export_only"]:
        mean = Network(NARROW)
        mean.load_state_dict(kept_mean(course.work / "checkpoint.pt"))
    else:
        mean = narrowed(course, resume=chosen["resume"])
    if course.steps:
        draw_curve(course.work / "checkpoint.pt", course.work / "loss.png")
    version = export(
        mean, torch.zeros(2, 3, HEIGHT, WIDTH), chosen["weights"], name="recogniser", day=datetime.now(UTC).date(),
        outputs=["log_probabilities"],
    )  # fmt: skip
    print(version)


def narrowed(course: Course, *, resume: bool) -> Network:
    """Cut and teach by `course`; return the running mean of the network's weights."""
    torch.manual_seed(course.seed)
    lessons = Lessons(course)
    if resume and (course.work / "checkpoint.pt").is_file():
        network = Network(NARROW)
    else:
        large = Network(LARGE)
        load_into(large, course.teacher)
        network = pruned(large.eval(), NARROW, lessons.some(_FITTED_ON))
    for part in (network.stem, *network.blocks[:_UNCUT_BLOCKS]):
        part.requires_grad_(False)
    return taken(course, network, lessons, resume=resume)


if __name__ == "__main__":
    main()
