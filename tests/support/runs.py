"""Whole runs for the tests of faults: settings, what is right, and what has been acknowledged or stored."""

from __future__ import annotations

import fcntl
import pickle
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import psutil

from pipeline import bootstrap, bootstrap_reading
from pipeline.alert.book import AlertBook
from pipeline.domain.alert import AlertState
from pipeline.domain.read import CaptureRecord, Read
from pipeline.errors import NotFound
from pipeline.flow import PassageRead
from pipeline.settings import FeedSettings, Settings


def run_settings(
    folder: Path, clips: Mapping[str, Path | str], *, realtime: bool = False, marks: Sequence[str] = ()
) -> Path:
    """Write a settings file for a run over `clips` with everything it makes under `folder`/var; return its path.

    `marks` are on the hotlist.
    """
    lines = [f'folder = "{folder / "var"}"', "", "[metrics]", "port = 0", "", "[services]", "port = 0"]
    if marks:
        hotlist = folder / "hotlist.csv"
        hotlist.write_text("\n".join(["vrm", *marks]) + "\n", encoding="utf-8")
        lines += ["", "[match]", f'hotlist = "{hotlist}"']
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
    plates = bootstrap_reading.plate_reader(settings)
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


def undisturbed_reads(clips: dict[str, Path]) -> list[Read]:
    """Return the reads that an undisturbed run in one process makes of `clips`."""
    return [read for name, clip in clips.items() for read in _undisturbed(name, clip)]


@cache
def _undisturbed(name: str, clip: Path) -> tuple[Read, ...]:
    """Clips stay as they are while tests run, so each is read once, by whichever process needs that first."""
    kept = clip.with_name(f"{clip.name}-{name}.reads")
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            fresh = kept.with_suffix(".fresh")
            fresh.write_bytes(pickle.dumps(tuple(one.record.read for one in reads_of(name, clip))))
            fresh.rename(kept)
        reads: tuple[Read, ...] = pickle.loads(kept.read_bytes())
    return reads


def expected_reads(clips: dict[str, Path]) -> list[str]:
    """Return the ids of the same reads."""
    return [read.read_id for read in undisturbed_reads(clips)]


def hits_and_alerted(folder: Path) -> tuple[list[str], Counter[str]]:
    """Return the id of every hit that was made, and how often each is in an alert."""
    settings = Settings(folder=str(folder))
    hits = [one.hit.hit_id for one in bootstrap.stored_hits(settings).after(0, 100_000)]
    book = AlertBook(settings.alert.folder_in(settings.folder) / "alerts.db", settings.alert)
    alerts = [alert for _, alert in book.alerts(settings.alert.otherwise, states=list(AlertState), limit=100_000)]
    book.close()
    return hits, Counter(one.hit_id for alert in alerts for one in (alert.hit, *(again.hit for again in alert.repeats)))


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

    def wait_for(self, ids: set[str], run: psutil.Process, seconds: float) -> None:
        """Return once these reads are durable; fail when the run ends or the time is up before."""
        for _ in range(int(seconds / 0.2)):
            self.look()
            if self.ids >= ids:
                return
            try:
                raise AssertionError(f"the run ended with {run.wait(0.2)} before its reads were durable")
            except psutil.TimeoutExpired:
                continue
        raise AssertionError("the reads did not become durable in time")
