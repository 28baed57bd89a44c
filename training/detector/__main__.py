"""Train the plate detector: `python -m training.detector render|train|export|mine|evaluate`.

Everything it makes goes to the work folder (training/work/detector), except the weights, which `export` writes to
`pipeline/detect/weights`.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import torch

from pipeline.detect.detector import WEIGHTS, open_detector
from pipeline.detect.network import PlateNetwork
from pipeline.detect.settings import DetectSettings
from pipeline.inference.settings import InferenceSettings
from training.detector.corpus import backgrounds, dashcam, photos
from training.detector.evaluate import evaluate, measured_set, without_plates
from training.detector.evaluate_drawn import evaluate_drawn
from training.detector.loop import Course, draw_curve, load_average, train
from training.detector.mining import fooled_by_backgrounds, mistaken_scenes, unsure_boxes
from training.detector.pool import render_pool, write_shard
from training.detector.pretrained import load_trunk, verify
from training.detector.scenes import SceneMaker
from training.export import export

_WORK = Path(__file__).parents[1] / "work" / "detector"
_UNSURE = "unsure.json"


def main() -> None:
    """Do what the command line says."""
    arguments = _parsed()
    cv2.setNumThreads(arguments.threads)
    torch.set_num_threads(arguments.threads)
    arguments.work.mkdir(parents=True, exist_ok=True)
    arguments.run(arguments)


def _render(arguments: argparse.Namespace) -> None:
    root = arguments.pictures
    frames = dashcam(root, False, unsure=arguments.work / _UNSURE)
    maker = SceneMaker(frames, photos(root, False), backgrounds(root, False))
    render_pool(maker, arguments.work / "pool", arguments.shards, arguments.seed)


def _train(arguments: argparse.Namespace) -> None:
    course = Course(
        work=arguments.work,
        name=arguments.name,
        steps=arguments.steps,
        seed=arguments.seed,
        rate=arguments.rate,
        trunk_share=arguments.trunk_share,
    )
    network = PlateNetwork()
    if arguments.start:
        network = load_average(arguments.start)
    elif arguments.text_detector:
        print(f"trunk differs from the original by {verify(arguments.text_detector):.1e} at most")
        load_trunk(network.trunk, arguments.text_detector)
    train(course, network, arguments.resume)
    draw_curve(course.log, course.log.with_suffix(".png"))


def _export(arguments: argparse.Namespace) -> None:
    version = export(
        load_average(arguments.checkpoint),
        torch.zeros(2, 96, 160, 3),
        arguments.to,
        name="detector",
        day=arguments.day,
        outputs=["scores", "corners", "two_line"],
        dynamic={0: "batch", 1: "height", 2: "width"},
        metadata={"licence": "Apache-2.0", "start": "PP-OCRv4 mobile text detector (PaddleOCR, Apache-2.0)"},
    )
    print(f"{version}: {arguments.to.stat().st_size / 1e6:.2f} MB at {arguments.to}")


def _mine(arguments: argparse.Namespace) -> None:
    root = arguments.pictures
    settings = DetectSettings(weights=str(arguments.weights), minimum_confidence=arguments.confidence)
    detector = open_detector(settings, InferenceSettings(runtime="openvino", threads=arguments.threads))
    doubts = arguments.work / _UNSURE
    careful = open_detector(settings, InferenceSettings(runtime="openvino", threads=arguments.threads), still=True)
    doubts.write_text(json.dumps(unsure_boxes(careful, dashcam(root, False))))
    rng = np.random.default_rng((arguments.seed, arguments.round))
    paths = backgrounds(root, False)
    found = [scene for _, scene in fooled_by_backgrounds(detector, paths, rng)]
    maker = SceneMaker(dashcam(root, False, unsure=doubts), photos(root, False), paths)
    mistaken = mistaken_scenes(detector, maker, rng, arguments.scenes)
    folder = arguments.work / "hard"
    folder.mkdir(parents=True, exist_ok=True)
    write_shard(folder / f"shard_{arguments.round:04d}.npz", found + mistaken)
    print(f"{len(found)} of {len(paths)} backgrounds and {len(mistaken)} of {arguments.scenes} scenes mistaken")


def _evaluate(arguments: argparse.Namespace) -> None:
    root = arguments.pictures
    settings = DetectSettings(weights=str(arguments.weights), minimum_confidence=arguments.confidence)
    inference = InferenceSettings(runtime="openvino", threads=arguments.threads)
    for still in (False, True):
        detector = open_detector(settings, inference, still=still)
        print(f"{detector.version}, {'still' if still else 'video'} sizes, confidence {arguments.confidence}")
        sets = {
            "held-out rides": dashcam(root, True),
            "held-out photographs, stretched to 3:2": [photo.stretched(1.5) for photo in photos(root, True)],
            "held-out backgrounds": without_plates(backgrounds(root, True)),
        }
        sets |= {folder.name: measured_set(folder) for folder in arguments.measure}
        for name, pictures in sets.items():
            findings = evaluate(detector, pictures)
            print(f"{name}:", *findings.lines(), sep="\n  ")
            if arguments.misses and findings.missed:
                print("  missed:", *findings.missed)
        if not still:
            maker = SceneMaker(dashcam(root, True), photos(root, True), backgrounds(root, True))
            drawn = evaluate_drawn(detector, maker, arguments.scenes, arguments.seed)
            print("drawn scenes over held-out pictures:", *drawn.lines(), sep="\n  ")


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.detector", description=__doc__)
    parser.add_argument("--work", type=Path, default=_WORK)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    commands = parser.add_subparsers(required=True)

    render = commands.add_parser("render", help="render the pool of scenes")
    render.add_argument("--pictures", type=Path, required=True, help="folder with ro_dashcam, pl_photos, backgrounds")
    render.add_argument("--shards", type=int, default=14)
    render.set_defaults(run=_render)

    training = commands.add_parser("train", help="train, from the text detector or from an earlier run")
    training.add_argument("--name", default="first")
    training.add_argument("--steps", type=int, default=2500)
    training.add_argument("--rate", type=float, default=1.5e-3)
    training.add_argument("--trunk-share", type=float, default=0.3, help="of the rate, for the trunk; 0 freezes it")
    training.add_argument("--resume", action="store_true")
    training.add_argument("--start", type=Path, help="checkpoint of an earlier run")
    training.add_argument("--text-detector", type=Path, help="ch_PP-OCRv4_det_infer.onnx")
    training.set_defaults(run=_train)

    mining = commands.add_parser("mine", help="collect what the weights get wrong, for the next steps of training")
    mining.add_argument("--weights", type=Path, default=WEIGHTS)
    mining.add_argument("--pictures", type=Path, required=True)
    mining.add_argument("--round", type=int, default=0)
    mining.add_argument("--scenes", type=int, default=800)
    mining.add_argument("--confidence", type=float, default=0.25)
    mining.set_defaults(run=_mine)

    exporting = commands.add_parser("export", help="write a checkpoint as the weights every runtime reads")
    exporting.add_argument("checkpoint", type=Path)
    exporting.add_argument("--to", type=Path, default=WEIGHTS)
    exporting.add_argument("--day", type=date.fromisoformat, required=True, help="for the version, as 2026-11-23")
    exporting.set_defaults(run=_export)

    evaluating = commands.add_parser("evaluate", help="recall and false finds on what was held out")
    evaluating.add_argument("--weights", type=Path, default=WEIGHTS)
    evaluating.add_argument("--pictures", type=Path, required=True)
    evaluating.add_argument("--measure", type=Path, nargs="*", default=[], help="folders with labels.csv and images")
    evaluating.add_argument("--confidence", type=float, default=DetectSettings().minimum_confidence)
    evaluating.add_argument("--scenes", type=int, default=300)
    evaluating.add_argument("--misses", action="store_true")
    evaluating.set_defaults(run=_evaluate)
    return parser.parse_args()


if __name__ == "__main__":
    main()
