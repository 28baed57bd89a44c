"""No mark of a real vehicle is in the repository: none of those on the pictures that accuracy is measured on.

Needs those pictures' labels, in the folder that ANPR_DATA names; without them it is skipped.
"""

from __future__ import annotations

import os
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.accuracy_scoring import plain
from benchmarks.accuracy_sets import clips_of, stills_of

ROOT = Path(__file__).parents[2]
PICTURES = Path(os.environ.get("ANPR_DATA") or "/nowhere")


def words_of(text: str) -> set[str]:
    """Return the runs of letters and digits of `text` in capitals, and those that a gap parts as it parts a mark."""
    words = re.findall(r"[A-Z0-9]+", text.upper())
    return {*words, *map("".join, pairwise(words))}


@pytest.mark.skipif(not (PICTURES / "eval").is_dir(), reason="ANPR_DATA names no folder with eval/ in it")
def test_no_mark_of_the_pictures_that_are_measured_on_is_in_the_repository() -> None:
    marks = {plain(plate.text) for stills in stills_of(PICTURES) for plate in stills.labels}
    marks |= {plain(event.text) for event in clips_of(PICTURES).labels}
    assert len(marks) > 100
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    # which mark it is stays untold: this test's output is no place for one either
    guilty = [
        str(path.relative_to(ROOT))
        for path in paths
        if path.is_file() and not marks.isdisjoint(words_of(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert not guilty


def test_a_mark_is_noticed_however_it_is_spaced() -> None:
    assert {"AB12CDE", "XY34"} <= words_of('("ab12-cde", "XY 34")')
