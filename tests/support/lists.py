"""List files and stores for tests: what a file of these lines holds, and a store that a test loads it into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.domain.hotlist import HotlistId, HotlistTerms, VehicleOfInterest
from pipeline.match.instants import OPEN_END
from pipeline.match.lists.catalogue import terms_of
from pipeline.match.lists.entries import entry_of
from pipeline.match.lists.file import ListFile, read_list_file
from pipeline.match.lists.loading import Loaded, LoadRequest, load
from pipeline.match.lists.store import HotlistStore
from pipeline.match.snapshot import HotlistSnapshot
from tests.support.clock import ManualClock

TERMS: dict[str, Any] = {"owner": "traffic desk", "purpose": "stolen vehicles", "review_date": date(2030, 1, 1)}
STOLEN = HotlistId("stolen")
HEADER = "vrm,hotlist_id,reason,priority,action,owner,warning_markers,valid_from,weed_date,make,model,colour"


class Lists:
    """A store in a folder, loaded from lines of text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.store = HotlistStore(folder / "hotlists", self.clock)

    def reopened(self) -> HotlistStore:
        """The store as another process sees it."""
        return HotlistStore(self.folder / "hotlists", self.clock)

    def file(self, lines: Iterable[str], *, header: str = "vrm", delta: bool = False) -> ListFile:
        path = self.folder / "list.csv"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return read_list_file(path, of_list=STOLEN, delta=delta)

    def full(self, *lines: str, header: str = "vrm", **request: Any) -> Loaded:
        return self._load(self.file(lines, header=header), LoadRequest(**{"by": "tester"} | request))

    def delta(self, *lines: str, base: int | None, header: str = "vrm,change", **request: Any) -> Loaded:
        asked = LoadRequest(**{"by": "tester", "delta": True, "base": base} | request)
        return self._load(self.file(lines, header=header, delta=True), asked)

    def _load(self, file: ListFile, request: LoadRequest) -> Loaded:
        request = replace(request, of_list=STOLEN, terms_if_new=TERMS)
        return load(self.store, file, request, least_share=0.5, today=self.clock.now().date())

    @property
    def marks(self) -> list[str]:
        """The marks that are held now, by a process that knows only the disk."""
        return [entry.vrm for entry in held_entries(self.reopened())]


def held_entries(store: HotlistStore, sequence: int | None = None) -> list[VehicleOfInterest]:
    """Every entry that the lists hold after a revision (the newest), by mark."""
    head = store.head()
    table = store.held_at(head.sequence if sequence is None else sequence).settled()
    return [entry_of(row, terms_of(head)) for row in table.to_pylist() if row["removed_at"] == OPEN_END]


def entries_in(snapshot: HotlistSnapshot) -> list[VehicleOfInterest]:
    """Every entry that is on a list in a snapshot, by mark."""
    found = []
    for segments in snapshot.shards:
        for segment in segments:
            off = set(segment.taken_off_rows.tolist())
            on = segment.index.rows[segment.index.removed_at == OPEN_END]
            found += [segment.entries.entry(row) for row in on.tolist() if row not in off]
    return sorted(found, key=lambda entry: (entry.vrm, entry.hotlist_id))


def marks_in(snapshot: HotlistSnapshot) -> Sequence[str]:
    return [entry.vrm for entry in entries_in(snapshot)]


def written(path: Path, *lines: str, header: str = HEADER) -> Path:
    """A list file of these lines."""
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def entries_in_file(file: ListFile) -> list[VehicleOfInterest]:
    """What a file holds, in its order."""
    terms = [HotlistTerms(hotlist_id=name) for name in file.lists]
    return [entry_of(row, terms) for row in file.entries.to_pylist()]


def entries_of_lines(path: Path, *lines: str, header: str = HEADER) -> list[VehicleOfInterest]:
    """The entries of these lines, all of which are good."""
    file = read_list_file(written(path, *lines, header=header))
    assert file.fault_count == 0, file.faults
    return entries_in_file(file)


def faults_of(path: Path, *lines: str) -> list[tuple[int, str]]:
    """What is wrong with these lines, by number."""
    return list(read_list_file(written(path, *lines)).faults)
