"""A sample hotlist: some of the rendered marks, and some that never come. All of it is invented."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.domain.vrm import Vrm
from training.scenes.ground_truth import Scene, TruthRow
from training.scenes.registration import fictitious_marks
from training.scenes.vehicles import colour_of

COLUMNS = (
    "vrm", "hotlist_id", "reason", "priority", "action", "owner", "warning_markers", "valid_from", "weed_date", "make",
    "model", "colour",
)  # fmt: skip
_VALID_FROM, _WEED = "2026-01-01", "2099-12-31"
_REASONS = (
    ("stolen", "Reported stolen", "1", "STOP", ""),
    ("no-insurance", "No insurance held", "3", "STOP", ""),
    ("wanted", "Keeper wanted on warrant", "1", "STOP", "VIOLENT"),
    ("intelligence", "Linked to organised theft of plant", "2", "SILENT", "DO NOT STOP"),
)
_NEVER_SEEN = 5
_APPEARING = 4


def write_hotlist(rows: Sequence[TruthRow], scenes: Sequence[Scene], path: Path) -> None:
    """Write the list; the rendered marks in it are spread evenly over all passages of `rows`."""
    seen: list[Vrm] = list(dict.fromkeys(row.vrm for row in rows))
    places = np.linspace(0, len(seen) - 1, _APPEARING + 2)[1:-1]
    appearing = list(dict.fromkeys(seen[round(float(place))] for place in places)) if seen else []
    drawn = fictitious_marks(np.random.default_rng((scenes[0].seed if scenes else 0, 991)), _NEVER_SEEN + 1)
    others = [mark for mark in drawn if mark not in seen]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for place, mark in enumerate([*appearing, *others[:_NEVER_SEEN]]):
            name, reason, priority, action, markers = _REASONS[place % len(_REASONS)]
            owner, colour = "Sample Constabulary", _colour_of(mark, scenes)
            # the last entry has run out, to show that a weeded entry never hits
            weed = _WEED if place < len(appearing) + _NEVER_SEEN - 1 else "2026-01-31"
            writer.writerow([mark, name, reason, priority, action, owner, markers, _VALID_FROM, weed, "", "", colour])


def _colour_of(mark: Vrm, scenes: Sequence[Scene]) -> str:
    vehicles = [drive.vehicle for scene in scenes for drive in scene.drives if drive.vehicle.vrm == mark]
    return colour_of(vehicles[0]) if vehicles else ""
