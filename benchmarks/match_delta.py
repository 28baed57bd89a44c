"""How soon a change of 10,000 entries is seen by every matcher: store, shard, publisher, two processes that match."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from actors.hotlist_source import RemoteHotlist
from actors.topology import connect, start_hotlists
from benchmarks.match_lists import whole_marks
from pipeline import bootstrap
from pipeline.clock import SystemClock
from pipeline.domain.hotlist import HotlistId
from pipeline.match.instants import OPEN_END, OPEN_START
from pipeline.match.keys import Marks, hash_of, key_of
from pipeline.match.lists.entries import SCHEMA, SEPARATOR, SHARED_FIELDS, marks_column, no_entries
from pipeline.match.lists.file import Form, ListFile
from pipeline.match.lists.loading import LoadRequest, load
from pipeline.match.snapshot import HotlistSnapshot
from pipeline.node_settings import ClusterSettings
from pipeline.settings import Settings

_DELTA = 10_000
_ROUNDS = 5
_POLL_SECONDS = 0.05
"""What a matcher waits between two looks at the journal."""
_LONGEST_SECONDS = 120.0
_LIST = HotlistId("measured")
_SHARED = {"action": "SILENT", "priority": "3", "reason": "measured"}


def delta_figures(entries: int) -> dict[str, Any]:
    """Return how long it takes until a delta, loaded while matchers follow a list of `entries`, is seen by them all."""
    import ray

    with tempfile.TemporaryDirectory(prefix="match-delta-") as folder:
        store_mebibytes = 512 + entries // 5_000
        settings = replace(Settings(), folder=folder, cluster=ClusterSettings(object_store_mebibytes=store_mebibytes))
        store = bootstrap.hotlist_store(settings)
        _load(store, whole_marks(entries), delta=False)
        connect(settings)
        try:
            begun = time.perf_counter()
            _, publisher = start_hotlists(settings, "measured")
            ray.get(publisher.ready.remote())
            there: Any = ray.remote(Follower).options(num_cpus=0).remote("hotlists-measured")
            here = Follower("hotlists-measured")
            ray.get(there.revision.remote())
            figures: dict[str, Any] = {"hotlist_start_seconds": round(time.perf_counter() - begun, 1)}
            loading, seen = [], []
            for turn in range(_ROUNDS):
                marks = whole_marks(_DELTA, begin=300_000_000 + turn * _DELTA)
                given = time.time()
                sequence = _load(store, marks, delta=True)
                committed = time.time()
                last = marks[-1].decode()
                elsewhere = there.seen_at.remote(sequence, last)
                seen.append(max(here.seen_at(sequence, last), ray.get(elsewhere)) - given)
                loading.append(committed - given)
        finally:
            ray.shutdown()
            store.close()
    return figures | {
        "delta_entries": _DELTA,
        "delta_load_seconds": round(float(np.median(loading)), 2),
        "delta_seen_everywhere_seconds": round(float(np.median(seen)), 2),
        "delta_seen_everywhere_worst_seconds": round(max(seen), 2),
    }


class Follower:
    """A matcher's view of the lists, in whatever process it is made."""

    def __init__(self, publisher: str) -> None:
        import ray

        self._hotlist = RemoteHotlist(ray.get_actor(publisher), SystemClock())
        self._hotlist.wait_for_first()

    def revision(self) -> str:
        return self._hotlist.current().revision

    def seen_at(self, sequence: int, mark: str) -> float:
        """Return when (seconds since 1970) this process had that revision, with `mark` on it."""
        give_up_at = time.monotonic() + _LONGEST_SECONDS
        while time.monotonic() < give_up_at:
            snapshot = self._hotlist.current()
            if int(snapshot.revision) >= sequence and _holds(snapshot, mark):
                return time.time()
            time.sleep(_POLL_SECONDS)
        raise RuntimeError(f"revision {sequence} was not seen within {_LONGEST_SECONDS:.0f} s")


def _holds(snapshot: HotlistSnapshot, mark: str) -> bool:
    hashed = hash_of(key_of(mark))
    return any(segment.index.positions_of_hash(hashed) for segments in snapshot.shards for segment in segments)


def _load(store: Any, marks: Marks, *, delta: bool) -> int:
    """Load a file of these marks as it is once it has been read; return the revision it became."""
    shared = SEPARATOR.join(_SHARED.get(name, "") for name in SHARED_FIELDS)
    count = len(marks)
    columns = {
        "vrm": marks_column(marks),
        "hotlist": pa.array(np.zeros(count, np.uint16)),
        "valid_from": pa.array(np.full(count, OPEN_START)),
        "weed_date": pa.array(np.full(count, OPEN_END)),
        "listed_at": pa.array(np.zeros(count, np.int64)),
        "removed_at": pa.array(np.full(count, OPEN_END)),
        "shared": pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), pa.array([shared], pa.large_string())),
        "own": pa.repeat(pa.scalar("", pa.large_string()), count),
    }
    file = ListFile(
        name="measured",
        form=next(iter(Form)),
        lists=(_LIST,),
        entries=pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA),
        removals=no_entries(),
        digest="0" * 64,
        fault_count=0,
        faults=(),
        revision=None,
    )
    today = datetime.now(UTC).date()
    terms = {"owner": "nobody", "purpose": "measuring", "review_date": today + timedelta(days=1)}
    base = next((one.revision for one in store.head().lists if one.terms.hotlist_id == _LIST), None)
    request = LoadRequest(by="benchmark", of_list=_LIST, delta=delta, base=base, terms_if_new=terms)
    return load(store, file, request, least_share=0.5, today=today).sequence


if __name__ == "__main__":
    import json
    import sys

    print(json.dumps(delta_figures(int(sys.argv[1]))))
