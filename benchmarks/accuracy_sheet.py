"""Pictures of every error, for looking at. Real pictures are never written into the repository."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.accuracy_scoring import Box, Event, Plate, Score, Seen
from pipeline.capture.stills import load_image, save_image
from pipeline.domain.plate import Pixels

_CELL, _CAPTION, _COLUMNS = (360, 200), 44, 4
_AROUND = 0.8


def still_errors(files: Sequence[Path], seen: Sequence[Seen], score: Score) -> list[tuple[Pixels, str]]:
    """Return a cut-out and a caption for every missed or misspelt plate and every false read of a set of stills."""
    paths = {path.name: path for path in files}
    cells = []
    for miss in (*score.misses, *score.inexact):
        if isinstance(miss, Plate):
            pixels = load_image(paths[miss.file])
            texts = "/".join(f"{read.text} {read.confidence:.2f}" for read in seen if read.file == miss.file)
            cells.append((_cut(pixels, miss.box), f"{miss.file} is {miss.text}|read {texts or 'nothing'}"))
    # what was read instead stands in the caption of the plate that was missed
    told = {miss.file for miss in score.misses if isinstance(miss, Plate)}
    for read in score.false_reads:
        if read.file in told:
            continue
        pixels = load_image(paths[read.file])
        cells.append((_cut(pixels, read.box), f"{read.file}|FALSE {read.text} {read.confidence:.2f}"))
    return cells


def clip_errors(files: Sequence[Path], seen: Sequence[Seen], score: Score) -> list[tuple[Pixels, str]]:
    """Return the middle frame and a caption for every missed or misspelt event and every false read."""
    paths = {path.name: path for path in files}
    cells = []
    for miss in (*score.misses, *score.inexact):
        if isinstance(miss, Event):
            during = [
                f"{read.text} {read.confidence:.2f}"
                for read in seen
                if read.file == miss.clip
                and read.first_frame <= miss.last_frame
                and read.last_frame >= miss.first_frame
            ]
            frame = _frame(paths[miss.clip], (miss.first_frame + miss.last_frame) // 2)
            caption = f"{miss.clip} {miss.first_frame}-{miss.last_frame} is {miss.text}"
            cells.append((frame, f"{caption}|during it {'/'.join(during) or 'nothing'}"))
    for read in score.false_reads:
        frame = _frame(paths[read.file], (read.first_frame + read.last_frame) // 2)
        caption = f"{read.file} {read.first_frame}-{read.last_frame}"
        cells.append((frame, f"{caption}|FALSE {read.text} {read.confidence:.2f}"))
    return cells


def write_sheet(cells: Sequence[tuple[Pixels, str]], path: Path) -> None:
    """Write the cells as one picture; for none, remove the picture of an earlier run."""
    if not cells:
        path.unlink(missing_ok=True)
        return
    drawn = [_cell(pixels, caption) for pixels, caption in cells]
    drawn += [np.zeros_like(drawn[0])] * (-len(drawn) % _COLUMNS)
    rows = [np.hstack(drawn[at : at + _COLUMNS]) for at in range(0, len(drawn), _COLUMNS)]
    save_image(path, np.vstack(rows))


def _cell(pixels: Pixels, caption: str) -> Pixels:
    width, height = _CELL
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    cell = np.full((height + _CAPTION, width, 3), 32, np.uint8)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    cell[: size[1], : size[0]] = cv2.resize(pixels, size, interpolation=method)
    for line, text in enumerate(caption.split("|")):
        at = (4, height + 17 + 19 * line)
        cv2.putText(cell, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    return cell


def _cut(pixels: Pixels, box: Box | None) -> Pixels:
    if box is None:
        return pixels
    x, y, wide, high = box
    spare = _AROUND * max(high, wide * 0.2)
    top, left = max(0, int(y - spare)), max(0, int(x - spare))
    return pixels[top : int(y + high + spare) + 1, left : int(x + wide + spare) + 1]


def _frame(clip: Path, number: int) -> Pixels:
    film = cv2.VideoCapture(str(clip))
    film.set(cv2.CAP_PROP_POS_FRAMES, number)
    taken, pixels = film.read()
    film.release()
    return np.asarray(pixels, np.uint8) if taken else np.zeros((48, 64, 3), np.uint8)
