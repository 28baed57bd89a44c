"""The product is timed on the peers' files, in all of the batches that it takes."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from benchmarks import recognise_product
from benchmarks.recognise_product import CROP, product_rows
from benchmarks.recognise_runtimes import BATCHES
from pipeline.capture.stills import save_image
from tests.support.drawn_cars import CORNERS, street, with_car
from training.plates import draw_british_plate


def test_every_stage_is_timed_in_every_batch_that_it_takes(tmp_path: Path) -> None:
    plate, frame = tmp_path / "plate.png", tmp_path / "frame.png"
    save_image(plate, draw_british_plate("AB12CDE").pixels)
    save_image(frame, cv2.resize(with_car(street(), CORNERS), (320, 240)))  # type: ignore[arg-type]
    rows = {row["what"]: row for row in product_rows([str(plate)], [str(frame)], 1, 1)}
    assert len(rows) == 5
    crop = rows.pop(CROP)
    assert crop["batch 1"] > 0
    assert {crop[f"batch {batch}"] for batch in BATCHES[1:]} == {"cannot"}
    assert all(row[f"batch {batch}"] > 0 for row in rows.values() for batch in BATCHES)


def test_times_are_of_an_item_and_files_begin_again(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[int]] = []

    def timed(work: object, batches: list[list[int]], rounds: int) -> list[float]:
        given.extend(batches)
        return [8.0] * rounds

    monkeypatch.setattr(recognise_product, "timed", timed)
    assert recognise_product._milliseconds(len, [1, 2, 3], 2, 5) == 4.0
    assert given == [[1, 2], [3, 1]]
