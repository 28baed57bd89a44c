"""What the commands of `python -m training.detector` do."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from pipeline.detect.corner_network import CornerNetwork
from pipeline.detect.detector import PlateDetector, open_detector
from pipeline.detect.network import LARGE, SHIPPED, Plan, PlateNetwork
from pipeline.detect.settings import DetectSettings
from pipeline.inference.session import open_session
from pipeline.inference.settings import InferenceSettings
from training.detector.batches import Batch, batches
from training.detector.corner_loop import load_corners, train_corners
from training.detector.corpus import backgrounds, dashcam, photos
from training.detector.evaluate import evaluate, measured_set, without_plates
from training.detector.evaluate_drawn import evaluate_drawn
from training.detector.loop import Course, draw_curve, load_average, train
from training.detector.mining import fooled_by_backgrounds, fooled_places, mistaken_scenes, unsure_boxes
from training.detector.pool import Stored, read_pool, render_pool, write_shard
from training.detector.pretrained import load_trunk, verify
from training.detector.pruning import pruned
from training.detector.quantise import measured_ranges, note, pictures_to_measure
from training.detector.scenes import SceneMaker
from training.export import export
from training.learner import Learner

_UNSURE = "unsure.json"
_FOOLED_CONFIDENCE = 0.08
_FOOLED_EVERY = 10
_FITTING_BATCHES = 24
_FITTING_CUTS = ((256, 416, 4),)
_LICENCE = {"licence": "Apache-2.0"}
_START = {"start": "PP-OCRv4 mobile text detector (PaddleOCR, Apache-2.0)"}


def render(arguments: argparse.Namespace) -> None:
    root = arguments.pictures
    frames = dashcam(root, False, unsure=arguments.work / _UNSURE)
    maker = SceneMaker(frames, photos(root, False), backgrounds(root, False))
    render_pool(maker, arguments.work / "pool", arguments.shards, arguments.seed)


def teach(arguments: argparse.Namespace) -> None:
    """Train the large network."""
    course, network = _course(arguments), PlateNetwork(LARGE)
    if arguments.start:
        network = load_average(arguments.start, LARGE)
    else:
        print(f"trunk differs from the original by {verify(arguments.text_detector):.1e} at most")
        load_trunk(network.trunk, arguments.text_detector)
    train(course, network, arguments.resume)
    draw_curve(course.log, course.log.with_suffix(".png"))


def slim(arguments: argparse.Namespace) -> None:
    """Cut the shipped network out of the large one and train it on, or go on from an earlier run of its own."""
    course = _course(arguments)
    if arguments.start:
        network = load_average(arguments.start, SHIPPED)
    else:
        feed = batches(read_pool(course.work / "pool"), [], course.seed, 0, _FITTING_CUTS)
        parts = zip(*(next(feed) for _ in range(_FITTING_BATCHES)), strict=True)
        network = pruned(load_average(arguments.large, LARGE), SHIPPED, Batch(*(torch.cat(part) for part in parts)))
    if not course.steps:
        Learner(course.checkpoint, network, torch.optim.AdamW(network.parameters())).keep(0)
        return
    train(course, network, arguments.resume)
    draw_curve(course.log, course.log.with_suffix(".png"))


def corners(arguments: argparse.Namespace) -> None:
    course = _course(arguments)
    train_corners(course, arguments.resume)
    draw_curve(course.log, course.log.with_suffix(".png"))


def export_large(arguments: argparse.Namespace) -> None:
    _export_rough(arguments, LARGE)


def export_rough(arguments: argparse.Namespace) -> None:
    _export_rough(arguments, SHIPPED)


def _export_rough(arguments: argparse.Namespace, plan: Plan) -> None:
    version = export(
        load_average(arguments.checkpoint, plan),
        torch.zeros(2, 96, 160, 3),
        arguments.to,
        name="detector",
        day=arguments.day,
        outputs=["scores", "corners", "two_line"],
        dynamic={0: "batch", 1: "height", 2: "width"},
        metadata=_LICENCE | _START,
    )
    print(f"{version}: {arguments.to.stat().st_size / 1e6:.2f} MB at {arguments.to}")


def export_corners(arguments: argparse.Namespace) -> None:
    network: CornerNetwork = load_corners(arguments.checkpoint)
    version = export(
        network,
        torch.zeros(2, 64, 128, 3),
        arguments.to,
        name="corners",
        day=arguments.day,
        outputs=["corners", "plate", "two_line"],
        metadata=_LICENCE,
    )
    print(f"{version}: {arguments.to.stat().st_size / 1e6:.2f} MB at {arguments.to}")


def quantise(arguments: argparse.Namespace) -> None:
    """Note in rough weights how to search in 8 bits."""
    pictures = pictures_to_measure(arguments.pictures, arguments.scenes, arguments.real, arguments.seed)
    ranges = measured_ranges(arguments.weights, pictures)
    note(arguments.weights, ranges)
    print(f"{len(ranges)} layers of {arguments.weights} can compute in 8 bits, and the first")


def mine(arguments: argparse.Namespace) -> None:
    """Collect what rough weights get wrong: for the next steps of training, and for the corner network."""
    root = arguments.pictures
    detector = _rough(arguments.weights, arguments.confidence, arguments.threads, 640)
    doubts = arguments.work / _UNSURE
    careful = _rough(arguments.weights, arguments.confidence, arguments.threads, 640, 960)
    doubts.write_text(json.dumps(unsure_boxes(careful, dashcam(root, False))))
    rng = np.random.default_rng((arguments.seed, arguments.round))
    paths = backgrounds(root, False)
    found = [scene for _, scene in fooled_by_backgrounds(detector, paths, rng)]
    maker = SceneMaker(dashcam(root, False, unsure=doubts), photos(root, False), paths)
    mistaken = mistaken_scenes(detector, maker, rng, arguments.scenes)
    _write(arguments.work / "hard", arguments.round, found + mistaken)
    print(f"{len(found)} of {len(paths)} backgrounds and {len(mistaken)} of {arguments.scenes} scenes mistaken")
    easily_fooled = _rough(arguments.weights, _FOOLED_CONFIDENCE, arguments.threads, 640)
    complete = [scene for scene in read_pool(arguments.work / "pool") if scene.complete][::_FOOLED_EVERY]
    fooled = fooled_places(easily_fooled, complete, paths, rng)
    _write(arguments.work / "fooled", arguments.round, fooled)
    print(f"{len(fooled)} pictures with places that are taken for plates at confidence {_FOOLED_CONFIDENCE}")


def measure(arguments: argparse.Namespace) -> None:
    """Print recall, false finds and corners on what was held out; nothing below the confidence counts as a find."""
    root, shipped = arguments.pictures, DetectSettings()
    inference = InferenceSettings(runtime="openvino", threads=arguments.threads)
    for still in (False, True):
        least = arguments.confidence or (shipped.still_minimum_confidence if still else shipped.minimum_confidence)
        settings = DetectSettings(
            weights=str(arguments.weights or ""),
            corner_weights=str(arguments.corner_weights or ""),
            minimum_confidence=least,
            continuing_confidence=least,
            still_minimum_confidence=least,
        )
        detector = open_detector(settings, inference, still=still)
        print(f"{detector.version}, {'still' if still else 'video'} sizes, confidence {least}")
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
            for steep in (False, True):
                drawn = evaluate_drawn(detector, maker, arguments.scenes, arguments.seed, steep=steep)
                views = "seen from the side and turned" if steep else "as rendered"
                print(f"drawn scenes over held-out pictures, {views}:", *drawn.lines(), sep="\n  ")


def _rough(weights: Path, confidence: float, threads: int, *long_sides: int) -> PlateDetector:
    session = open_session(weights, threads=threads)
    return PlateDetector(session, version="rough", minimum_confidence=confidence, long_sides=long_sides)


def _write(folder: Path, index: int, scenes: list[Stored]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_shard(folder / f"shard_{index:04d}.npz", scenes)


def _course(arguments: argparse.Namespace) -> Course:
    return Course(
        work=arguments.work,
        name=arguments.name,
        steps=arguments.steps,
        seed=arguments.seed,
        rate=arguments.rate,
        trunk_share=arguments.trunk_share,
    )
