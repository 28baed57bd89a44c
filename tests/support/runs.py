"""Whole runs for the tests of faults: settings, what is right, and what has been acknowledged or stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import psutil

from pipeline import bootstrap
from pipeline.domain.read import CaptureRecord
from pipeline.errors import NotFound
from pipeline.flow import PassageRead
from pipeline.settings import FeedSettings, Settings


def run_settings(folder: Path, clips: Mapping[str, Path | str], *, realtime: bool = False) -> Path:
    """Write a settings file for a run over `clips` with everything it makes under `folder`/var; return its path."""
    lines = [f'folder = "{folder / "var"}"', "", "[metrics]", "port = 0", "", "[services]", "port = 0"]
    for name, clip in clips.items():
        lines += ["", f"[feeds.{name}]", f'url = "{clip}"', f"realtime = {str(realtime).lower()}"]
    path = folder / "settings.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class Kept:
    """A journal that keeps records in a list."""

    def __init__(self) -> None:
        self.records: list[CaptureRecord] = []

    def append(self, records: list[CaptureRecord]) -> int:
        self.records += records
        return len(self.records)


def reads_of(name: str, clip: Path, settings: Settings | None = None) -> list[PassageRead]:
    """Return what the flow in this process makes of a clip."""
    settings = replace(settings or Settings(), feeds={name: FeedSettings(url=str(clip))})
    plates = bootstrap.plate_reader(settings)
    feed = bootstrap.camera_feed(name, settings)
    finished: list[PassageRead] = []
    flow = bootstrap.camera_flow(name, settings, feed=feed, plates=plates, journal=Kept(), on_read=finished.append)
    try:
        while flow.step():
            continue
    finally:
        feed.close()
        plates.close()
    return finished


def expected_reads(clips: dict[str, Path]) -> list[str]:
    """Return the ids of the reads that an undisturbed run in one process makes of `clips`."""
    return [one.record.read.read_id for name, clip in clips.items() for one in reads_of(name, clip)]


def stored_ids(folder: Path) -> list[str]:
    """Return the id of every row in the store, doubles included."""
    return bootstrap.store_reader(Settings(folder=str(folder))).ids()


class Acknowledged:
    """Which reads have been seen in the journal: from then on they may not be lost."""

    def __init__(self, folder: Path) -> None:
        self._settings = Settings(folder=str(folder))
        self._offset = 0
        self.ids: set[str] = set()

    def look(self) -> None:
        try:
            reader = bootstrap.journal_reader(self._settings)
        except NotFound:
            return
        with reader:
            for entry in reader.after(self._offset, 10_000):
                self._offset = entry.offset
                self.ids.add(entry.record.read.read_id)

    def wait_for_one(self, run: psutil.Process, seconds: float) -> None:
        """Return once a read is durable; fail when the run ends or the time is up before."""
        for _ in range(int(seconds / 0.2)):
            self.look()
            if self.ids:
                return
            try:
                raise AssertionError(f"the run ended with {run.wait(0.2)} before its first read")
            except psutil.TimeoutExpired:
                continue
        raise AssertionError("no read became durable in time")
