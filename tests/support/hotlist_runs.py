"""Matching in process and on Ray behind one face: reads go in, lists are loaded beside it, hits come out."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

import psutil
import ray

from actors.hotlist_source import RemoteHotlist
from actors.topology import connect, start_hotlists, start_matcher
from pipeline import bootstrap
from pipeline.clock import SystemClock
from pipeline.domain.hotlist import Hit
from pipeline.domain.vrm import Vrm
from pipeline.match.lists.file import read_list_file
from pipeline.match.lists.loading import Loaded, LoadRequest, load
from pipeline.settings import Settings
from tests.support.builders import a_record
from tests.support.ended_ray import end_ray
from tests.support.lists import STOLEN, TERMS

_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.05


class Matching(Protocol):
    """Whatever matches a journal against the lists of a folder."""

    def settle(self, revision: str) -> None:
        """Return when reads are matched with that revision and all reads so far are matched."""
        ...

    def close(self) -> None: ...


class InProcess:
    """The stage as it is."""

    def __init__(self, settings: Settings) -> None:
        self._tail = bootstrap.match_tail(settings)

    def settle(self, revision: str) -> None:
        patiently(lambda: not self._tail.step(SystemClock().monotonic()) and self._tail.revision == revision)

    def close(self) -> None:
        self._tail.finish()


class OnRay:
    """Shards, publisher and matcher as actors."""

    def __init__(self, settings: Settings) -> None:
        connect(settings)
        self.shards, self.publisher = start_hotlists(settings, "test")
        self.matcher = start_matcher(settings, "test")
        self.matcher.run.remote()

    def settle(self, revision: str) -> None:
        patiently(lambda: ray.get(self.matcher.revision.remote()) == revision)
        patiently(lambda: ray.get(self.matcher.status.remote())[1] == 0)

    def source(self) -> RemoteHotlist:
        source = RemoteHotlist(self.publisher, SystemClock())
        source.wait_for_first()
        return source

    def close(self) -> None:
        end_ray()


class Station:
    """A folder with a journal, lists and hits, and what matches there."""

    def __init__(self, folder: Path, kind: type[InProcess] | type[OnRay], **match: Any) -> None:
        settings = Settings(folder=str(folder / "var"))
        self.settings = replace(
            settings,
            match=replace(settings.match, **{"shards": 2, "look_for_changes_every_seconds": 0.1} | match),
            metrics=replace(settings.metrics, port=0),
        )
        self.folder = folder
        self.store = bootstrap.hotlist_store(self.settings)
        self.journal = bootstrap.journal(self.settings)
        self.matching: Matching = kind(self.settings)
        self._reads = 0

    def load(self, *lines: str, header: str = "vrm,reason", base: int | None = None, reason: str = "") -> Loaded:
        """Load a full list, or a delta of revision `base`, beside what is running."""
        path = self.folder / "list.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        file = read_list_file(path, of_list=STOLEN, delta=base is not None)
        request = LoadRequest(
            by="tester", of_list=STOLEN, delta=base is not None, base=base, terms_if_new=TERMS, reason=reason
        )
        return load(self.store, file, request, least_share=0.5, today=date(2026, 1, 1))

    def hits_of(self, vrm: str, *, revision: int) -> list[Hit]:
        """The hits of a vehicle that comes by now, matched with that revision."""
        self.matching.settle(str(revision))
        self._reads += 1
        now = datetime.now(UTC)
        record = a_record(self._reads, vrm=Vrm(vrm), raw_text=vrm, candidates=(), captured_at=now, received_at=now)
        self.journal.append([record])
        self.matching.settle(str(revision))
        stored = bootstrap.stored_hits(self.settings)
        found = [one.hit for one in stored.after(0, 1000) if one.read.read_id == record.read.read_id]
        stored.close()
        return found

    def close(self) -> None:
        self.matching.close()
        self.journal.close()
        self.store.close()


def patiently(done: Any) -> None:
    """Return when `done` says so; fail when it never does."""
    for _ in range(int(_PATIENCE_SECONDS / _LOOK_SECONDS)):
        if done():
            return
        threading.Event().wait(_LOOK_SECONDS)
    raise AssertionError("it never came about")


def workers(of_class: str, root: psutil.Process) -> list[psutil.Process]:
    """The worker processes, of the Ray that `root` has started, which run actors of a class."""
    found = []
    for child in root.children(recursive=True):
        try:
            title = child.cmdline()
        except psutil.Error:
            continue
        if title and title[0].startswith(f"ray::{of_class}"):
            found.append(child)
    return found
