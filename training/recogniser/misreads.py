"""How plates are misread: rendered plates of a hold-out, made worse until the shipped recogniser misreads them.

    python -m training.recogniser.misreads

writes `pipeline/match/misreads.json`: what near matching knows of reads that tell no doubts, and how many wrong texts
a read leaves possible. Every other plate of the hold-out is measured here; `python -m benchmarks.match` measures with
the rest what came of it. British plates mostly bear the characters of `training/reshaped.py`, because what is taken for
what depends on their shapes: a D without its serifs is taken for a 0 more often than a real one.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pipeline.domain.plate import (
    Box,
    CameraId,
    ClosedBecause,
    Detection,
    Passage,
    PassageId,
    Pixels,
    PlateText,
    Quad,
    Sighting,
)
from pipeline.domain.read import ClockState, FeedId, Read, SourceId
from pipeline.domain.syntax import Syntax, syntax_of
from pipeline.domain.vrm import Vrm, same_glyphs
from pipeline.inference.settings import InferenceSettings
from pipeline.match.keys import BASE, GLYPHS, key_of
from pipeline.match.near import near_marks
from pipeline.recognise.opening import open_recogniser
from pipeline.recognise.settings import RecogniseSettings
from pipeline.track.assemble import read_of
from pipeline.track.vote import vote
from pipeline.wire.read_proto import decode_read, encode_read
from training.recogniser.corpus import Backgrounds, measured_sample, shard
from training.variants import mostly_reshaped_plate

HOLD_OUT = Path("training/work/recogniser/hold-out")
TARGET = Path("pipeline/match/misreads.json")
_HOLD_OUT_SEED = 990_002
_WORST = 8
_LEVELS = (0.5, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
_RUN_TOGETHER = {"11": "H", "VV": "W"}
_UNSEEN = 2.0
"""Misreads of every character added to those counted, spread evenly: what never occurred in so few may occur."""
_LEAST_SHARE = 0.004
_AT = datetime(2026, 1, 1, tzinfo=UTC)
_X, _Y = 0.02 * 192, 0.06 * 48 / 1.12
_DETECTION = Detection(
    box=Box(x=0.0, y=0.0, width=192.0, height=48.0),
    # where the plate lies in its patch, so that the recogniser cuts out the same patch again
    quad=Quad(corners=((_X, _Y), (192 - _X, _Y), (192 - _X, 48 - _Y), (_X, 48 - _Y))),
    confidence=1.0,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """What a plate bears, what is read of it as it is, and the first misread of it as it gets worse, if any."""

    truth: str
    read: Read | None
    misread: Read | None


class Reader:
    """Reads patches with the shipped recogniser, each as the one look of a passage."""

    def __init__(self) -> None:
        self._recogniser = open_recogniser(RecogniseSettings(), InferenceSettings())
        self.version = self._recogniser.version

    def read(self, patch: NDArray[np.uint8]) -> Read | None:
        """Return the read of a patch, None where it is illegible."""
        [text] = self._recogniser.recognise([(patch, _DETECTION)])
        return None if text is None else _read_of(text)


def _read_of(text: PlateText) -> Read:
    look = Sighting(
        camera_id=CameraId("hold-out"),
        sequence=0,
        captured_at=_AT,
        detection=_DETECTION,
        text=text,
    )
    passage = Passage(
        passage_id=PassageId("1"), camera_id=look.camera_id, sightings=(look,), closed_because=ClosedBecause.GONE
    )
    voted = vote(passage)
    if voted is None:
        raise RuntimeError("a legible look must have a text")
    return read_of(
        passage,
        voted,
        feed_id=FeedId(""),
        source_id=SourceId(""),
        clock_state=ClockState.FILE,
        location=None,
        received_at=_AT,
        patch_jpeg=b"",
        overview_jpeg=b"",
        model_version="",
    )


def misreads(patches: NDArray[np.uint8], texts: Sequence[str], reader: Reader) -> Iterator[Seen]:
    """Yield what is read of every plate."""
    for number, (patch, truth) in enumerate(zip(patches, texts, strict=True)):
        if not truth:
            continue
        rng = np.random.default_rng([_HOLD_OUT_SEED, number])
        first = reader.read(np.asarray(patch))
        read = first
        for level in range(1, _WORST):
            if read is not None and same_glyphs(read.vrm) != same_glyphs(truth):
                break
            read = reader.read(worse(rng, np.asarray(patch), level))
        is_wrong = read is not None and same_glyphs(read.vrm) != same_glyphs(truth)
        yield Seen(truth=truth, read=first, misread=read if is_wrong else None)


def worse(rng: np.random.Generator, patch: NDArray[np.uint8], level: int) -> NDArray[np.uint8]:
    """Return the patch as a camera further away, in less light and of a faster vehicle would see it."""
    high, wide = patch.shape[:2]
    coarse = 1.0 + 0.3 * level * rng.uniform(0.5, 1.5)
    small = cv2.resize(patch, (int(wide / coarse), int(high / coarse)), interpolation=cv2.INTER_AREA)
    pixels = cv2.resize(small, (wide, high), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    smeared = 1 + 2 * int(level * rng.uniform(0, 1.2))
    pixels = cv2.blur(pixels, (smeared, 1))
    mean = float(pixels.mean())
    pixels = mean + (pixels - mean) * (1 - 0.1 * level * rng.uniform(0, 1)) + rng.normal(0, 3 * level, pixels.shape)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def differences(read: str, truth: str) -> list[tuple[str, str]] | None:
    """Return the (read, true) pieces that differ, as a plate shows them; None when there are more than two."""
    read, truth = same_glyphs(read), same_glyphs(truth)
    best: list[list[tuple[int, list[tuple[str, str]]]]] = [[(0, [])] * (len(truth) + 1) for _ in range(len(read) + 1)]
    for i in range(len(read) + 1):
        for j in range(len(truth) + 1):
            ways = [(0, [])] if i == j == 0 else []
            for di, dj in ((1, 1), (1, 0), (0, 1), (1, 2), (2, 1)):
                if di > i or dj > j:
                    continue
                piece = read[i - di : i], truth[j - dj : j]
                if di + dj == 3 and _RUN_TOGETHER.get(max(piece, key=len)) != min(piece, key=len):
                    continue
                cost, before = best[i - di][j - dj]
                ways.append((cost, before) if piece[0] == piece[1] else (cost + 1, [*before, piece]))
            best[i][j] = min(ways, key=lambda way: way[0])
    cost, found = best[-1][-1]
    return found if cost <= 2 else None


def figures(seen: Sequence[Seen]) -> dict[str, Any]:
    """Return the content of the file."""
    reads = [(one.truth, one.read) for one in seen if one.read is not None]
    bare = [(truth, without_doubts(read)) for truth, read in reads]
    counted: Counter[tuple[str, str]] = Counter()
    for one in seen:
        if one.misread is not None:
            counted.update(differences(one.misread.vrm, one.truth) or [])
    missing = {one: counted["", one] + _UNSEEN / len(GLYPHS) for one in GLYPHS}
    all_of = sum(counted.values()) + _UNSEEN
    replaced = 1.0 - sum(missing.values()) / all_of
    instead = {}
    for read in (*GLYPHS, *_RUN_TOGETHER):
        others = [one for one in GLYPHS if one != read] if len(read) == 1 else []
        # what is known to run together, and a character that is none, count as often as all that was never seen
        likely = [pair for pair, one in _RUN_TOGETHER.items() if one == read]
        likely.append("" if others else _RUN_TOGETHER[read])
        shares = {one: _UNSEEN / len(others) for one in others} | dict.fromkeys(likely, _UNSEEN)
        for (one, true), number in counted.items():
            if one == read:
                shares[true] = shares.get(true, 0.0) + number
        # of a pair, the share is of all misreads at its first character
        total = sum(shares.values()) + sum(counted[read[0], one] for one in GLYPHS if len(read) > 1)
        ordered = sorted(shares.items(), key=lambda item: -item[1])
        told = {true: round(share / total * replaced, 4) for true, share in ordered}
        instead[read] = {true: share for true, share in told.items() if share >= _LEAST_SHARE}
    return {
        "reads": len(reads),
        "misreads": sum(one.misread is not None for one in seen),
        "instead": instead,
        "missing": {true: round(number / all_of, 5) for true, number in missing.items()},
        # of reads with doubts, and of the same as another maker's camera gives them, whichever leaves more possible
        "rivals": [[level, round(max(_rivals(reads, level), _rivals(bare, level)), 4)] for level in reversed(_LEVELS)],
    }


def without_doubts(read: Read) -> Read:
    """Return the read as another maker's camera gives it: a text and its confidences."""
    return replace(read, doubts=(), candidates=())


def _rivals(reads: Sequence[tuple[str, Read]], level: float) -> float:
    """Return how many wrong marks a read of the plates as they are leaves possible with this likelihood."""
    found = 0
    for truth, read in reads:
        near = near_marks(read, level)
        keys = set(near.keys[near.likelihoods >= level].tolist()) - {key_of(truth)}
        found += sum(_has_a_layout(key) for key in keys)
    return found / len(reads)


def _has_a_layout(key: int) -> bool:
    """Tell whether the mark with this key can be a British one: others are on no list, or hardly."""
    shown = ""
    while key:
        key, code = divmod(key, BASE)
        shown = (GLYPHS[code - 1] if code else "") + shown
    spelt = product(*({"0": "0O", "1": "1I"}.get(glyph, glyph) for glyph in shown))
    return any(syntax_of(Vrm("".join(one))) is not Syntax.UNKNOWN for one in spelt)


def half(odd: bool) -> tuple[NDArray[np.uint8], list[str]]:
    """Return the patches and texts of every other plate of the hold-out."""
    held = shard(HOLD_OUT, _HOLD_OUT_SEED, 0, Backgrounds(None), _nearer_to_real)
    return held.patches[int(odd) :: 2], list(held.texts[int(odd) :: 2])


def _nearer_to_real(rng: np.random.Generator, backgrounds: Backgrounds) -> tuple[Pixels, str]:
    return measured_sample(rng, backgrounds, drawn=mostly_reshaped_plate)[:2]


def seen_of(reader: Reader, *, odd: bool) -> list[Seen]:
    """Return what `reader` sees of one half; kept on disk for as long as the reader is the same."""
    kept = HOLD_OUT.parent / f"misreads-{_HOLD_OUT_SEED}-{'odd' if odd else 'even'}-{reader.version}.json"
    if not kept.is_file():
        patches, texts = half(odd)
        seen = tqdm(misreads(patches, texts, reader), total=len(texts))
        lines = [{"truth": one.truth, "read": _encoded(one.read), "misread": _encoded(one.misread)} for one in seen]
        kept.write_text(json.dumps(lines), encoding="utf-8")
    return [
        Seen(truth=line["truth"], read=_decoded(line["read"]), misread=_decoded(line["misread"]))
        for line in json.loads(kept.read_text(encoding="utf-8"))
    ]


def _encoded(read: Read | None) -> str | None:
    return None if read is None else encode_read(read).hex()


def _decoded(content: str | None) -> Read | None:
    return None if content is None else decode_read(bytes.fromhex(content))


def main() -> None:
    """Measure and write."""
    chosen = argparse.ArgumentParser(prog="python -m training.recogniser.misreads", description=__doc__)
    chosen.parse_args()
    cv2.setNumThreads(1)
    reader = Reader()
    seen = seen_of(reader, odd=False)
    source = (
        "python -m training.recogniser.misreads: every other rendered plate of the recogniser's hold-out, made worse "
        f"until it was misread by {reader.version}"
    )
    TARGET.write_text(json.dumps({"source": source} | figures(seen), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
