"""Train the plate detector: `python -m training.detector render|teach|mine|slim|corners|export…|quantise|measure`.

Everything it makes goes to the work folder (training/work/detector), except the weights, which `export-rough` and
`export-corners` write to `pipeline/detect/weights`.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

import cv2
import torch

from pipeline.detect.detector import CORNER_WEIGHTS, WEIGHTS
from training.detector import commands

_WORK = Path(__file__).parents[1] / "work" / "detector"


def main() -> None:
    """Do what the command line says."""
    arguments = _parsed()
    cv2.setNumThreads(arguments.threads)
    torch.set_num_threads(arguments.threads)
    arguments.work.mkdir(parents=True, exist_ok=True)
    arguments.run(arguments)


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.detector", description=__doc__)
    parser.add_argument("--work", type=Path, default=_WORK)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    added = parser.add_subparsers(required=True)

    render = added.add_parser("render", help="render the pool of scenes")
    render.add_argument("--pictures", type=Path, required=True, help="folder with ro_dashcam, pl_photos, backgrounds")
    render.add_argument("--shards", type=int, default=23)
    render.set_defaults(run=commands.render)

    teach = _course(added, "teach", "train the large network, from the text detector or from an earlier run", 2200)
    teach.add_argument("--start", type=Path, help="checkpoint of an earlier run")
    teach.add_argument("--text-detector", type=Path, help="ch_PP-OCRv4_det_infer.onnx")
    teach.set_defaults(run=commands.teach)

    slim = _course(added, "slim", "cut the shipped network out of the large one and train it on", 0, 5e-4, 0.5)
    slim.add_argument("--large", type=Path, help="checkpoint of the large network")
    slim.add_argument("--start", type=Path, help="checkpoint of an earlier run")
    slim.set_defaults(run=commands.slim)

    corners = _course(added, "corners", "train the corner network", 4500, rate=2e-3)
    corners.set_defaults(run=commands.corners)

    mine = added.add_parser("mine", help="collect what rough weights get wrong, for the next steps of training")
    mine.add_argument("--weights", type=Path, default=WEIGHTS)
    mine.add_argument("--pictures", type=Path, required=True)
    mine.add_argument("--round", type=int, default=0)
    mine.add_argument("--scenes", type=int, default=800)
    mine.add_argument("--confidence", type=float, default=0.25)
    mine.set_defaults(run=commands.mine)

    for name, to, run in (
        ("export-large", None, commands.export_large),
        ("export-rough", WEIGHTS, commands.export_rough),
        ("export-corners", CORNER_WEIGHTS, commands.export_corners),
    ):
        exporting = added.add_parser(name, help="write a checkpoint as the weights every runtime reads")
        exporting.add_argument("checkpoint", type=Path)
        exporting.add_argument("--to", type=Path, default=to, required=to is None)
        exporting.add_argument("--day", type=date.fromisoformat, required=True, help="for the version, as 2026-11-23")
        exporting.set_defaults(run=run)

    quantise = added.add_parser("quantise", help="note in rough weights how to search in 8 bits")
    quantise.add_argument("--weights", type=Path, default=WEIGHTS)
    quantise.add_argument("--pictures", type=Path, required=True)
    quantise.add_argument("--scenes", type=int, default=240)
    quantise.add_argument("--real", type=int, default=160)
    quantise.set_defaults(run=commands.quantise)

    measure = added.add_parser("measure", help="recall, false finds and corners on what was held out")
    measure.add_argument("--weights", type=Path, help="default: the shipped ones")
    measure.add_argument("--corner-weights", type=Path)
    measure.add_argument("--pictures", type=Path, required=True)
    measure.add_argument("--measure", type=Path, nargs="*", default=[], help="folders with labels.csv and images")
    measure.add_argument("--confidence", type=float, help="default: that of video, and that of photographs")
    measure.add_argument("--scenes", type=int, default=300)
    measure.add_argument("--misses", action="store_true")
    measure.set_defaults(run=commands.measure)
    return parser.parse_args()


def _course(
    added: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    says: str,
    steps: int,
    rate: float = 1.5e-3,
    trunk_share: float = 0.3,
) -> argparse.ArgumentParser:
    parser = added.add_parser(name, help=says)
    parser.add_argument("--name", default=name)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument(
        "--trunk-share", type=float, default=trunk_share, help="of the rate, for what was trained before"
    )
    parser.add_argument("--resume", action="store_true")
    return parser


if __name__ == "__main__":
    main()
