"""The committed contact sheet shows what is drawn today, is small, and holds every kind of it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from training.reshaped import RESHAPED
from training.sheet import SHEET, write_sheet
from training.sheet_cells import sections

_LARGEST_BYTES, _TILE = 300_000, 20


def test_the_committed_sheet_is_what_the_command_draws(tmp_path: Path) -> None:
    write_sheet(tmp_path / "now.jpg")
    kept, drawn = (cv2.imread(str(path)).astype(int) for path in (SHEET, tmp_path / "now.jpg"))
    assert kept.shape == drawn.shape
    # Other versions of the codecs cost a few levels; another plate, or one that is missing, many in its place.
    differences = np.abs(kept - drawn).mean(axis=2)
    height, width = (side // _TILE * _TILE for side in differences.shape)
    tiles = differences[:height, :width].reshape(height // _TILE, _TILE, width // _TILE, _TILE)
    assert tiles.mean(axis=(1, 3)).max() < 12


def test_the_committed_sheet_is_small() -> None:
    assert SHEET.stat().st_size < _LARGEST_BYTES


def test_every_kind_is_on_the_sheet() -> None:
    captions = {heading: [caption for caption, _ in cells] for heading, cells in sections()}
    every = [caption for cells in captions.values() for caption in cells]
    assert len(captions["British series"]) == 12
    assert len(captions["Other countries"]) == 15
    wanted = (
        "green flash", "silver on black", "motorcycle", "two lines", "respaced", "union", "st-george", "saltire",
        "dragon", "union, two lines", "a screw between 1 and 1", "infrared", "night", "rain", "shadow", "glare",
        "moved", "JPEG", "H.264", "8",
    )  # fmt: skip
    assert set(wanted) <= set(every)
    (both,) = (cells for heading, cells in captions.items() if heading.startswith("Characters nearer to real ones"))
    assert both[: len(both) // 2] == both[len(both) // 2 :]
    assert set(RESHAPED) <= set("".join(both))
    assert sum(caption.startswith("show font") for caption in every) == 5
