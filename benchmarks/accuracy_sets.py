"""The labelled pictures and clips that accuracy is measured on, found under the folder that ANPR_DATA names."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.accuracy_scoring import Box, Event, Plate
from training.detector.corpus import backgrounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Stills:
    """A set of pictures. `crops`: each picture is one plate, edge to edge. `british`: which countries a peer expects.

    `labels` of a set without plates are empty, and then every read of it is false.
    """

    name: str
    title: str
    files: tuple[Path, ...]
    labels: tuple[Plate, ...]
    crops: bool = False
    british: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Clips:
    """A set of clips."""

    name: str
    title: str
    files: tuple[Path, ...]
    labels: tuple[Event, ...]


def stills_of(root: Path) -> list[Stills]:
    """Return the sets of stills under `root`; none of their pictures was trained on.

    Of the pictures without plates only those count that the detector's training holds out: every tenth.
    """
    held_out = tuple(backgrounds(root / "train", True))
    return [
        _labelled(root / "eval" / "uk_photos", "British photos"),
        _labelled(root / "eval" / "gb_crops", "British crops", crops=True),
        _labelled(root / "eval" / "eu_photos", "EU photos", british=False),
        Stills(name="backgrounds", title="backgrounds without plates", files=held_out, labels=()),
    ]


def clips_of(root: Path) -> Clips:
    """Return the clips under `root`."""
    folder = root / "eval" / "nl_video"
    labels = tuple(
        Event(
            clip=row["clip"],
            text=row["plate"],
            first_frame=int(row["first_frame"]),
            last_frame=int(row["last_frame"]),
        )
        for row in _rows(folder / "events.csv")
    )
    files = tuple(folder / name for name in dict.fromkeys(event.clip for event in labels))
    return Clips(name=folder.name, title="video events", files=files, labels=labels)


def _labelled(folder: Path, title: str, *, crops: bool = False, british: bool = True) -> Stills:
    labels = tuple(
        Plate(file=row["file"], text=row["plate"], kind=row.get("kind", ""), box=_box(row))
        for row in _rows(folder / "labels.csv")
    )
    files = tuple(folder / "images" / name for name in dict.fromkeys(plate.file for plate in labels))
    return Stills(name=folder.name, title=title, files=files, labels=labels, crops=crops, british=british)


def _box(row: dict[str, str]) -> Box | None:
    if not row.get("w"):
        return None
    return float(row["x"]), float(row["y"]), float(row["w"]), float(row["h"])


def _rows(table: Path) -> Iterator[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as rows:
        yield from csv.DictReader(rows)
