"""Shards of drawn patches that the shipped recogniser is unsure of, with a few of the others: what is still to learn.

    python -m training.recogniser.hard --work training/work/recogniser-fourth --backgrounds FOLDER

Of drawn patches 73 in 100 are already read as what they bear with 0.9 or more: they teach next to nothing and cost as
much as the rest. Of these one in seven is kept, so that the network does not forget them and stays as sure as it is
right; what nobody can read (7 in 100) is left out. One patch in five more than elsewhere is an upright crop, as
collections of plates hold them. The course takes the shards as if it had rendered them.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from pipeline.domain.plate import Pixels, Quad
from pipeline.domain.posterior import CharacterPosterior
from pipeline.inference.session import Session, open_session
from pipeline.inference.settings import InferenceSettings
from pipeline.recognise.opening import WEIGHTS
from training.degrade import cut_out_upright, jittered
from training.recogniser.corpus import SHARD_SIZE, Backgrounds, Draw, measured_sample, shard_path
from training.recogniser.loop import WORST_LOSS

_SURE_LOSS, _SURE_KEPT, _UPRIGHT_SHARE = 0.1, 0.15, 0.2
_BATCH = 16
_STREAM = 77
"""Tells these random numbers from those of ordinary shards of the same seed."""


def main() -> None:
    """Write the shards that are not there yet."""
    parser = argparse.ArgumentParser(prog="python -m training.recogniser.hard", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="work folder of the course that will take them")
    parser.add_argument("--seed", type=int, default=5, help="the course's seed")
    parser.add_argument("--shards", type=int, default=16)
    parser.add_argument("--backgrounds", type=Path, help="folder of pictures without plates")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    reader = open_session(WEIGHTS, precision=InferenceSettings(runtime="openvino", threads=1).quickest)
    for index in tqdm(range(chosen.shards), desc="shards"):
        write_shard(chosen.work / "shards", chosen.seed, index, Backgrounds(chosen.backgrounds), reader)


def drawn_sample(rng: np.random.Generator, backgrounds: Backgrounds) -> tuple[Pixels, str]:
    """Return one patch as it is drawn for every course, and its text."""
    return measured_sample(rng, backgrounds, found=found_or_cut_out)[:2]


def write_shard(
    folder: Path, seed: int, index: int, backgrounds: Backgrounds, reader: Session, draw: Draw = drawn_sample
) -> None:
    """Write shard `index` of what `draw` returns, unless it is there."""
    path = shard_path(folder, seed, index)
    if path.with_suffix(".json").is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, index, _STREAM])
    kept = hard_samples(rng, backgrounds, reader, draw)
    patches, texts = zip(*(next(kept) for _ in range(SHARD_SIZE)), strict=True)
    order = rng.permutation(SHARD_SIZE)
    partial = path.with_name(f"{path.stem}-{os.getpid()}.npy")
    np.save(partial, np.stack(patches)[order])
    partial.replace(path)
    path.with_suffix(".json").write_text(json.dumps([texts[at] for at in order]))


def hard_samples(
    rng: np.random.Generator, backgrounds: Backgrounds, reader: Session, draw: Draw = drawn_sample
) -> Iterator[tuple[Pixels, str]]:
    """Yield patches and texts without end: those that `reader` leaves something to learn from, and a few others."""
    while True:
        batch = [draw(rng, backgrounds) for _ in range(_BATCH)]
        patches = np.stack([patch for patch, _ in batch]).transpose(0, 3, 1, 2)
        [rows] = reader.run(np.ascontiguousarray(patches, np.float32))
        for (patch, text), row in zip(batch, rows, strict=True):
            loss = -CharacterPosterior(log_probabilities=row).log_likelihood(text)
            if loss <= WORST_LOSS and (loss >= _SURE_LOSS or rng.random() <= _SURE_KEPT):
                yield patch, text


def found_or_cut_out(rng: np.random.Generator, quad: Quad) -> Quad:
    """Return `quad` as a detector may find it, or as the edges of a picture cut out upright."""
    return cut_out_upright(rng, quad) if rng.random() < _UPRIGHT_SHARE else jittered(rng, quad)


if __name__ == "__main__":
    main()
