"""How far the project's own British characters cover real ones: `python -m training.glyph_overlap`.

The sheet of real characters (`reference/gb_glyphs.png` below ANPR_DATA; to compare with, never to learn from) holds two
blocks of 17 rows side by side; a row is a cell with the label and 24 cells with samples, 48 x 68 pixels each, dark on
white. Every sample is cropped to its ink, stretched to the box of a drawn glyph and laid over it: what both ink, as a
share of what either does. Leaning samples are not set upright. I and Q are not on the sheet.

On failure: BadInput for a picture that is no such sheet.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import BadInput
from training.glyphs import CAR, CHARACTERS
from training.typefaces import BRITISH, character_mask

BLOCKS = ("0123456789ABCDEFG", "HJKLMNOPRSTUVWXYZ")
SAMPLES, CELL_WIDTH, CELL_HEIGHT = 24, 48, 68
_DARK, _SPECK_SHARE = 128, 0.04
"""A blot of less than this share of a sample's ink is dirt: it does not widen the crop."""
_PIXELS_PER_MM = 1.0
_ONE_GLYPH = {"O": "0", "I": "1"}
Ink = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How the samples of one character lie over its drawing. `best` is the share that no other drawing suits better.

    `alike` is how each lies over what most of the others ink: more than that no drawing can have. `taken_for` is the
    other drawing that suits most of the rest, or empty. `width` is the width of the samples' ink over its height,
    `drawn_width` that of the drawing.
    """

    character: str
    mean: float
    least: float
    alike: float
    best: float
    taken_for: str
    width: float
    drawn_width: float


def samples(sheet: NDArray[np.uint8]) -> Iterator[tuple[str, Ink]]:
    """Yield label and ink of every sample of a grey sheet. Raises BadInput for another size, or an empty cell."""
    high, wide = CELL_HEIGHT * len(BLOCKS[0]), CELL_WIDTH * (SAMPLES + 1) * len(BLOCKS)
    if sheet.shape != (high, wide):
        raise BadInput(f"the sheet of characters has {sheet.shape[::-1]} pixels and not {(wide, high)}")
    for block, labels in enumerate(BLOCKS):
        for row, label in enumerate(labels):
            for place in range(1, SAMPLES + 1):
                left, top = (block * (SAMPLES + 1) + place) * CELL_WIDTH, row * CELL_HEIGHT
                yield label, _cropped(sheet[top : top + CELL_HEIGHT, left : left + CELL_WIDTH] < _DARK)


def _cropped(ink: Ink) -> Ink:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    kept = [at for at in range(1, count) if stats[at, cv2.CC_STAT_AREA] >= _SPECK_SHARE * ink.sum()]
    places = np.argwhere(np.isin(labels, kept))
    if not len(places):
        raise BadInput("a cell of the sheet of characters is empty")
    (top, left), (bottom, right) = places.min(axis=0), places.max(axis=0) + 1
    return np.asarray(ink[top:bottom, left:right])


def drawings(*, reshaped: bool = False) -> dict[str, Ink]:
    """Return every drawn glyph in its box; what is one glyph (0 and O, 1 and I) is there once.

    With `reshaped`, as `training/reshaped.py` has them.
    """
    typeface = replace(BRITISH, reshaped=reshaped)
    return {
        character: character_mask(typeface, character, _PIXELS_PER_MM, CAR) >= _DARK
        for character in CHARACTERS
        if character not in _ONE_GLYPH
    }


def overlap(sample: Ink, drawing: Ink) -> float:
    """Return what both ink as a share of what either does, `sample` stretched to the box of `drawing`."""
    return _shared(_stretched(sample, drawing), drawing)


def _stretched(sample: Ink, drawing: Ink) -> Ink:
    levels = cv2.resize(sample.astype(np.float32), drawing.shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(levels >= 0.5)


def _shared(one: Ink, other: Ink) -> float:
    return float((one & other).sum() / (one | other).sum())


def overlaps(sheet: NDArray[np.uint8], *, reshaped: bool = False) -> list[Overlap]:
    """Return how every character of the sheet lies over the drawings, in the sheet's order."""
    drawn, found = drawings(reshaped=reshaped), dict[str, list[Ink]]()
    for label, ink in samples(sheet):
        found.setdefault(label, []).append(ink)
    return [_overlap_of(label, inks, drawn) for label, inks in found.items()]


def _overlap_of(label: str, inks: list[Ink], drawn: dict[str, Ink]) -> Overlap:
    own = _ONE_GLYPH.get(label, label)
    shares = [{character: overlap(ink, drawing) for character, drawing in drawn.items()} for ink in inks]
    suited = [max(one, key=one.__getitem__) for one in shares]
    others = [best for best in suited if best != own]
    return Overlap(
        character=label,
        mean=float(np.mean([one[own] for one in shares])),
        least=min(one[own] for one in shares),
        alike=_alike(np.stack([_stretched(ink, drawn[own]) for ink in inks])),
        best=1 - len(others) / len(suited),
        taken_for=max(sorted(set(others)), key=others.count) if others else "",
        width=float(np.mean([ink.shape[1] / ink.shape[0] for ink in inks])),
        drawn_width=drawn[own].shape[1] / drawn[own].shape[0],
    )


def _alike(inks: Ink) -> float:
    """Return how each of N x height x width lies over what at least half of the others ink, on the average."""
    votes = inks.sum(axis=0)
    return float(np.mean([_shared(ink, (votes - ink) * 2 >= len(inks) - 1) for ink in inks]))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m training.glyph_overlap", description=__doc__)
    default = Path(os.environ.get("ANPR_DATA", "../shared/data")) / "reference" / "gb_glyphs.png"
    parser.add_argument("sheet", type=Path, nargs="?", default=default)
    parser.add_argument("--reshaped", action="store_true", help="the drawings of training/reshaped.py")
    chosen = parser.parse_args()
    sheet = cv2.imread(str(chosen.sheet), cv2.IMREAD_GRAYSCALE)
    if sheet is None:
        parser.error(f"{chosen.sheet} is no picture; set ANPR_DATA or name the sheet")
    rows = overlaps(np.asarray(sheet, np.uint8), reshaped=chosen.reshaped)
    print("| | overlap, mean | least | with one another | suits best | else | wide over high, real | drawn |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for row in rows:
        print(
            f"| {row.character} | {row.mean:.2f} | {row.least:.2f} | {row.alike:.2f} | {row.best:.2f} "
            f"| {row.taken_for} | {row.width:.2f} | {row.drawn_width:.2f} |"
        )
    mean, alike, best = (float(np.mean([getattr(row, name) for row in rows])) for name in ("mean", "alike", "best"))
    print(f"| all | {mean:.3f} | {min(row.least for row in rows):.2f} | {alike:.3f} | {best:.3f} | | | |")


if __name__ == "__main__":
    main()
