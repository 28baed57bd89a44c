"""A contact sheet of everything that is drawn: `python -m training.sheet` writes docs/drawn.jpg.

On it are drawn plates with invented marks and nothing else: no picture, clip or crop of a real one.
`--beside DATA/train --out FOLDER` writes drawn plates and scenes beside real ones instead, anywhere but here.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from pipeline.domain.plate import Pixels
from training.beside import plates_beside, scenes_beside
from training.real_pictures import refuse_inside_repository
from training.sheet_cells import Cell, sections

SHEET = Path(__file__).parents[1] / "docs" / "drawn.jpg"
_CELL_WIDTH, _PICTURE_HEIGHT, _CAPTION_HEIGHT, _HEADING_HEIGHT, _COLUMNS, _MARGIN = 190, 62, 15, 24, 6, 4
_QUALITY, _PAPER, _TEXT = 68, 250, (40, 40, 40)
_LARGEST_ENLARGEMENT = 4.0


def drawn_sheet() -> Pixels:
    """Return the sheet; it is the same every time."""
    rows = list[Pixels]()
    for heading, cells in sections():
        rows.append(_line(heading, _CELL_WIDTH * _COLUMNS, _HEADING_HEIGHT, 0.55))
        for start in range(0, len(cells), _COLUMNS):
            rows.append(_row(cells[start : start + _COLUMNS]))
    return np.vstack(rows)


def write_sheet(path: Path) -> None:
    cv2.imwrite(str(path), drawn_sheet(), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])


def _row(cells: Sequence[Cell]) -> Pixels:
    shown = [_shown(caption, pixels) for caption, pixels in cells]
    empty = np.full_like(shown[0], _PAPER)
    whole = np.hstack([*shown, *[empty] * (_COLUMNS - len(shown))])
    # Plates of one line leave the upper part of their cells bare.
    bare = (whole == _PAPER).all(axis=(1, 2)).argmin()
    return whole[max(0, int(bare) - _MARGIN) :]


def _shown(caption: str, pixels: Pixels) -> Pixels:
    """Return the picture as large as its cell lets it be, its caption below."""
    room = _CELL_WIDTH - 2 * _MARGIN, _PICTURE_HEIGHT - _MARGIN
    scale = min(room[0] / pixels.shape[1], room[1] / pixels.shape[0], _LARGEST_ENLARGEMENT)
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    fitted = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    cell = np.full((_PICTURE_HEIGHT, _CELL_WIDTH, 3), _PAPER, np.uint8)
    left, top = (_CELL_WIDTH - size[0]) // 2, _PICTURE_HEIGHT - size[1]
    cell[top:, left : left + size[0]] = fitted
    return np.vstack([cell, _line(caption, _CELL_WIDTH, _CAPTION_HEIGHT, 0.34)])


def _line(text: str, width: int, height: int, scale: float) -> Pixels:
    canvas = np.full((height, width, 3), _PAPER, np.uint8)
    at = (_MARGIN, round(height * 0.75))
    cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, _TEXT, 1, cv2.LINE_AA)
    return canvas


def main() -> None:
    """Write the sheet, or what is to be looked at beside real pictures."""
    parser = argparse.ArgumentParser(prog="python -m training.sheet", description=__doc__)
    parser.add_argument("--out", type=Path, help="default: docs/drawn.jpg; a folder with --beside, which needs it")
    parser.add_argument(
        "--beside", type=Path, metavar="PICTURES", help="folder with ro_dashcam, pl_photos, backgrounds"
    )
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    if not chosen.beside:
        _written(chosen.out or SHEET, drawn_sheet(), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        return
    if not chosen.out:
        parser.error("--beside needs --out, a folder that git does not keep")
    refuse_inside_repository(chosen.out)
    chosen.out.mkdir(parents=True, exist_ok=True)
    _written(chosen.out / "plates.png", plates_beside(chosen.beside, chosen.seed, chosen.pairs))
    _written(chosen.out / "scenes.png", scenes_beside(chosen.beside, chosen.seed, max(1, chosen.pairs // 3)))


def _written(path: Path, pixels: Pixels, options: Sequence[int] = ()) -> None:
    cv2.imwrite(str(path), pixels, options)
    print(f"{path}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
