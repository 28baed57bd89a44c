"""`anpr replay`: clips through the flow in process."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from actors.cli.given import feed_name_of, settings_given
from pipeline import bootstrap, bootstrap_reading
from pipeline.domain.ports import JournalWriter, PlateReader
from pipeline.domain.read import CaptureRecord
from pipeline.errors import AnprError, BadInput
from pipeline.flow import PassageRead
from pipeline.settings import FeedSettings, Settings


class PictureFolder:
    """Takes the place of the journal: keeps only the pictures, in files named by their digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def append(self, records: Sequence[CaptureRecord]) -> int:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for record in records:
                self.path_of(record.read.patch_digest).write_bytes(record.patch)
                self.path_of(record.read.overview_digest).write_bytes(record.overview)
        except OSError as error:
            raise BadInput(f"{self._folder}: pictures cannot be written there: {error.strerror}") from error
        self._count += len(records)
        return self._count

    def path_of(self, digest: str) -> Path:
        return self._folder / f"{digest[:32]}.jpg"


def execute(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    plates = bootstrap_reading.plate_reader(settings)
    status = 0
    for clip in chosen.clips:
        pictures = PictureFolder(chosen.pictures)
        try:
            for finished in replay(clip, settings, plates, pictures):
                print(
                    json.dumps(line_of(clip, finished, pictures)) if chosen.json else sentence_of(finished), flush=True
                )
        except AnprError as error:
            print(f"anpr replay: {error}", file=sys.stderr)
            status = 1
    plates.close()
    return status


def replay(clip: str, settings: Settings, plates: PlateReader, pictures: JournalWriter) -> Iterator[PassageRead]:
    """Yield the reads of `clip` as they are made."""
    name = feed_name_of(clip)
    settings = replace(settings, feeds={name: FeedSettings(url=clip)})
    feed = bootstrap.camera_feed(name, settings)
    finished: list[PassageRead] = []
    flow = bootstrap.camera_flow(name, settings, feed=feed, plates=plates, journal=pictures, on_read=finished.append)
    try:
        while flow.step():
            yield from finished
            finished.clear()
        yield from finished
    finally:
        feed.close()


def line_of(clip: str, finished: PassageRead, pictures: PictureFolder) -> dict[str, Any]:
    read = finished.record.read
    return {
        "source": clip,
        "read_id": read.read_id,
        "vrm": read.vrm,
        "raw": read.raw_text,
        "confidence": round(read.confidence, 4),
        "character_confidences": [round(one, 4) for one in read.character_confidences],
        "candidates": [{"text": one.text, "probability": round(one.probability, 4)} for one in read.candidates],
        "syntax": read.syntax.value,
        "first_frame": finished.first_frame,
        "last_frame": finished.last_frame,
        "captured_at": read.captured_at.isoformat(),
        "sightings": read.sighting_count,
        "direction": read.direction.value,
        "patch": str(pictures.path_of(read.patch_digest)),
        "overview": str(pictures.path_of(read.overview_digest)),
    }


def sentence_of(finished: PassageRead) -> str:
    read = finished.record.read
    return (
        f"{read.vrm:<10} {read.confidence:6.1%}  frames {finished.first_frame}-{finished.last_frame}  "
        f"{read.sighting_count} sightings  {read.direction.value}  {read.syntax.value}"
    )
