"""The sheets of errors show all that was not read exactly and every false read, and nothing of an earlier run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy_scoring import Event, Plate, Seen, score_events, score_stills
from benchmarks.accuracy_sheet import clip_errors, still_errors, write_sheet
from pipeline.capture.stills import load_image, save_image
from tests.support.clips import counted, number_of, write_clip

GREY, WHITE = 90, 255
BOX = (100.0, 60.0, 40.0, 10.0)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Grey pictures with a white plate at BOX."""
    folder = tmp_path_factory.mktemp("pictures")
    pixels = np.full((200, 300, 3), GREY, np.uint8)
    pixels[60:70, 100:140] = WHITE
    paths = [folder / f"{name}.png" for name in ("right", "misspelt", "missed", "unlabelled")]
    for path in paths:
        save_image(path, pixels)
    return paths


LABELS = [Plate(file=f"{name}.png", text="AB10CDE", box=BOX) for name in ("right", "misspelt", "missed")]
READ = [
    Seen(file="right.png", text="AB10CDE", confidence=0.9),
    Seen(file="misspelt.png", text="ABIOCDE", confidence=0.8),
    Seen(file="missed.png", text="AB10CDF", confidence=0.7),
    Seen(file="unlabelled.png", text="XY1", confidence=0.6, box=BOX),
]


def test_stills_that_are_missed_misspelt_or_read_without_a_label_are_shown_cut_out(pictures: list[Path]) -> None:
    cells = still_errors(pictures, READ, score_stills(LABELS, READ))
    assert [caption for _, caption in cells] == [
        "missed.png is AB10CDE|read AB10CDF 0.70",
        "misspelt.png is AB10CDE|read ABIOCDE 0.80",
        "unlabelled.png|FALSE XY1 0.60",
    ]
    for cut, _ in cells:
        assert cut.shape[0] < 60
        assert cut.shape[1] < 100
        assert (cut.min(), cut.max()) == (GREY, WHITE)


def test_events_that_are_missed_or_misspelt_and_false_reads_are_shown_in_their_middle_frame(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "road.mp4", counted(40))
    events = [
        Event(clip="road.mp4", text="AB10CDE", first_frame=0, last_frame=10),
        Event(clip="road.mp4", text="FG20HJK", first_frame=12, last_frame=20),
    ]
    seen = [
        Seen(file="road.mp4", text="FG2OHJK", confidence=0.9, first_frame=13, last_frame=19),
        Seen(file="road.mp4", text="ZZ1", confidence=0.8, first_frame=30, last_frame=36),
    ]
    cells = clip_errors([clip], seen, score_events(events, seen))
    assert [caption for _, caption in cells] == [
        "road.mp4 0-10 is AB10CDE|during it nothing",
        "road.mp4 12-20 is FG20HJK|during it FG2OHJK 0.90",
        "road.mp4 30-36|FALSE ZZ1 0.80",
    ]
    assert [number_of(frame) for frame, _ in cells] == [5, 16, 33]


def test_a_sheet_holds_every_cell_and_goes_when_there_is_no_error_any_more(tmp_path: Path) -> None:
    path = tmp_path / "errors" / "uk_photos.png"
    cells = [(np.full((20, 60, 3), level, np.uint8), f"{level}|read nothing") for level in (60, 120, 180, 200, 240)]
    write_sheet(cells, path)
    sheet = load_image(path)
    middles = [sheet[100 + 244 * (place // 4), 180 + 360 * (place % 4), 0] for place in range(5)]
    assert middles == [60, 120, 180, 200, 240]
    write_sheet([], path)
    assert not path.exists()
    write_sheet([], path)
