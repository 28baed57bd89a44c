"""A pool of scenes on disk, so that training never waits for rendering: shards of JPEG pictures and their plates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm  # type: ignore[import-untyped]

from pipeline.domain.plate import Pixels
from training.detector.scenes import SceneMaker
from training.detector.views import Scene

SHARD_SCENES = 400


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stored:
    """One scene of the pool. `marks` is n x 3: exact corners, two lines (-1 where unknown), visible."""

    encoded: NDArray[np.uint8]
    quads: NDArray[np.float32]
    marks: NDArray[np.int8]
    complete: bool

    def pixels(self) -> Pixels:
        return np.asarray(cv2.imdecode(self.encoded, cv2.IMREAD_COLOR), np.uint8)


def render_pool(maker: SceneMaker, folder: Path, shards: int, seed: int) -> None:
    """Render `shards` shards into `folder`; those already there are kept, so an interrupted run goes on."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in tqdm(range(shards), desc="rendering", mininterval=10):
        path = folder / f"shard_{index:04d}.npz"
        if not path.exists():
            rng = np.random.default_rng((seed, index))
            write_shard(path, [store(rng, maker.scene(rng)) for _ in range(SHARD_SCENES)])


def store(rng: np.random.Generator, scene: Scene) -> Stored:
    """Return the scene with its picture compressed by a random amount, as cameras and web sites do."""
    quality = int(rng.integers(35, 96))
    _, encoded = cv2.imencode(".jpg", scene.pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    marks = [
        (plate.exact, -1 if plate.two_line is None else int(plate.two_line), plate.visible) for plate in scene.plates
    ]
    return Stored(
        encoded=np.asarray(encoded, np.uint8).reshape(-1),
        quads=np.array([plate.quad for plate in scene.plates], np.float32).reshape(-1, 4, 2),
        marks=np.array(marks, np.int8).reshape(-1, 3),
        complete=scene.complete,
    )


def write_shard(path: Path, scenes: list[Stored]) -> None:
    """Write the scenes to `path`, whole or not at all."""
    partial = path.with_suffix(".part.npz")
    np.savez(
        partial,
        encoded=np.concatenate([scene.encoded for scene in scenes]),
        lengths=np.array([len(scene.encoded) for scene in scenes]),
        quads=np.concatenate([scene.quads for scene in scenes]),
        marks=np.concatenate([scene.marks for scene in scenes]),
        counts=np.array([len(scene.quads) for scene in scenes]),
        complete=np.array([scene.complete for scene in scenes]),
    )
    partial.replace(path)


def read_pool(folder: Path) -> list[Stored]:
    """Return every scene of every finished shard in `folder`."""
    scenes: list[Stored] = []
    for path in sorted(folder.glob("shard_*.npz")):
        if path.name.endswith(".part.npz"):
            continue
        with np.load(path) as shard:
            pictures = np.split(shard["encoded"], np.cumsum(shard["lengths"])[:-1])
            ends = np.cumsum(shard["counts"])[:-1]
            rows = zip(
                pictures, np.split(shard["quads"], ends), np.split(shard["marks"], ends), shard["complete"], strict=True
            )
            scenes += [Stored(encoded=e, quads=q, marks=m, complete=bool(c)) for e, q, m, c in rows]
    return scenes
