"""Matching, measured: `python -m benchmarks.match` (ten million entries; some minutes and under 4 GB).

The index in process, the same behind a Ray actor, Redis and RapidFuzz in the same run, and how many misread vehicles
are found for how many false alerts (drawn in results/match.png).
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import RESULTS, publish
from benchmarks.match_lists import AT, MadeUpEntries, columns, terms_of, whole_marks
from benchmarks.match_peers import rapidfuzz_ms, redis_get_us
from benchmarks.match_quality import quality
from pipeline.domain.read import Read
from pipeline.domain.vrm import Vrm
from pipeline.match.index import EntryColumns, FlatIndex, build_index
from pipeline.match.keys import key_of
from pipeline.match.matcher import HotlistMatcher
from pipeline.match.settings import MatchSettings
from pipeline.match.snapshot import HotlistSnapshot, Segment
from training.recogniser.misreads import Reader, seen_of

_ROUNDS = 5
_EXACT, _REDIS_ASKED, _REMOTE_CALLS, _BATCH = 20_000, 5_000, 300, 64
_REDIS_HELD = 1_000_000
_BUDGET = 1.0

Numbers = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.match", description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--quality-entries", type=int, default=10_000_000)
    chosen = parser.parse_args()
    figures: dict[str, Any] = {"entries": chosen.entries}
    entries = columns(chosen.entries)
    begun = time.perf_counter()
    index = build_index(entries)
    figures["build_seconds"] = round(time.perf_counter() - begun, 1)
    figures["bytes_per_entry"] = round(index.buffer.nbytes / len(index), 1)
    asked = _asked(entries, _EXACT)
    figures |= in_process(entries, index, asked)
    figures |= remote(index.buffer, entries, asked)
    figures |= peers(entries, asked, figures["exact_p50_us"])
    del entries, index
    figures |= quality(chosen.quality_entries, RESULTS / "match.png")
    if importlib.util.find_spec("benchmarks.match_delta"):
        figures |= importlib.import_module("benchmarks.match_delta").delta_figures(chosen.entries)
    figures["peak_memory_gib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)
    figures["load_average"] = round(os.getloadavg()[0], 1)
    publish("match", figures)


def _asked(entries: EntryColumns, count: int) -> list[str]:
    """Return marks to ask for: every other one is on the lists."""
    listed = entries.vrms[np.random.default_rng(1).integers(len(entries) // 50, len(entries), count // 2)]
    others = whole_marks(count // 2, begin=200_000_000)
    return [mark.decode() for mark in np.stack([listed, others], axis=1).ravel().tolist()]


def in_process(entries: EntryColumns, index: FlatIndex, asked: Sequence[str]) -> dict[str, Any]:
    """Return what exact and near look-ups take in this process."""
    snapshot = HotlistSnapshot(
        revision="1",
        published_at=AT,
        lists=terms_of(entries, budget=_BUDGET),
        shards=((Segment(index=index, entries=MadeUpEntries(entries.vrms)),),),
    )
    matcher = HotlistMatcher(snapshot, MatchSettings())
    exact = _rounds(matcher.exact_positions, asked)
    reads = _doubted_reads()
    near = _rounds(lambda read: matcher.match(read, AT), reads)
    near_cpu = _rounds(lambda read: matcher.match(read, AT), reads, clock=time.thread_time_ns)
    bare = [replace(read, doubts=(), candidates=()) for read in reads]
    stranger = _rounds(lambda read: matcher.match(read, AT), bare)
    return {
        "exact_mean_us": round(float(np.mean(exact)), 2),
        "exact_p50_us": _quantile(exact, 50),
        "exact_p99_us": _quantile(exact, 99),
        "exact_batch64_us_each": round(_batched_us(index, asked), 2),
        "near_reads": len(reads),
        "near_mean_doubts": round(float(np.mean([len(read.doubts) for read in reads])), 1),
        "near_p50_us": _quantile(near, 50),
        "near_p99_us": _quantile(near, 99),
        "near_processor_p99_us": _quantile(near_cpu, 99),
        "near_without_doubts_p99_us": _quantile(stranger, 99),
        "near_hits_per_1000_reads": round(
            1000 * sum(hit.kind == "near" for read in reads for hit in matcher.match(read, AT)) / len(reads), 1
        ),
    }


def _doubted_reads() -> list[Read]:
    """Return reads with the doubts of rendered plates, as they are and misread, half of each; many are hard to read."""
    seen = seen_of(Reader(), odd=True)
    reads = [read for one in seen for read in (one.read, one.misread) if read is not None]
    return [replace(read, captured_at=AT) for read in reads]


def _batched_us(index: FlatIndex, asked: Sequence[str]) -> float:
    """Return what one mark takes in µs when 64 are looked up at once."""
    batches = [asked[start : start + _BATCH] for start in range(0, len(asked), _BATCH)]
    took = _rounds(lambda marks: index.positions_of(np.array([key_of(mark) for mark in marks])), batches)
    return float(np.median(took)) / _BATCH


def _rounds(
    ask: Callable[[Any], object], asked: Sequence[Any], clock: Callable[[], int] = time.perf_counter_ns
) -> Numbers:
    """Return what each call took, in µs: rounds x calls."""
    took = np.empty((_ROUNDS, len(asked)))
    for turn in range(_ROUNDS):
        for at, one in enumerate(asked):
            begun = clock()
            ask(one)
            took[turn, at] = clock() - begun
    return took / 1000


def _quantile(took: Numbers, percent: float) -> float:
    """Return the quantile of the median round: a round that others disturbed does not count, nor does the best."""
    return round(float(np.median(np.percentile(took, percent, axis=1))), 1)


class Remote:
    """The index behind an actor call: maps the shared buffer and looks up batches."""

    def __init__(self, buffer: NDArray[np.uint8], terms: Any) -> None:
        snapshot = HotlistSnapshot(
            revision="1",
            published_at=AT,
            lists=terms,
            shards=((Segment(index=FlatIndex.over(buffer), entries=MadeUpEntries(np.empty(0, "S16"))),),),
        )
        self._matcher = HotlistMatcher(snapshot, MatchSettings())

    def look_up(self, marks: list[str]) -> list[list[int]]:
        """Return the rows that show the same as each mark."""
        return [
            [int(segment.index.rows[position]) for segment, position in self._matcher.exact_positions(Vrm(mark))]
            for mark in marks
        ]

    def nothing(self) -> None:
        """A bare round trip."""


def remote(buffer: NDArray[np.uint8], entries: EntryColumns, asked: Sequence[str]) -> dict[str, Any]:
    """Return what a batch takes behind a Ray actor, and what the round trip takes without any work."""
    import ray

    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=buffer.nbytes + 200 * 2**20,
        logging_level="ERROR",
        log_to_driver=False,
    )
    try:
        shared = ray.put(buffer)
        actor: Any = ray.remote(Remote).remote(shared, terms_of(entries, budget=_BUDGET))
        batches = [list(asked[start : start + _BATCH]) for start in range(0, _BATCH * _REMOTE_CALLS, _BATCH)]
        ray.get(actor.look_up.remote(batches[0]))
        bare, batch = np.empty(_REMOTE_CALLS), np.empty(_REMOTE_CALLS)
        for call, marks in enumerate(batches):
            begun = time.perf_counter()
            ray.get(actor.nothing.remote())
            between = time.perf_counter()
            ray.get(actor.look_up.remote(marks))
            bare[call], batch[call] = between - begun, time.perf_counter() - between
    finally:
        ray.shutdown()
    return {
        "remote_batch64_p50_ms": round(float(np.percentile(batch, 50)) * 1000, 2),
        "remote_batch64_p99_ms": round(float(np.percentile(batch, 99)) * 1000, 2),
        "bare_round_trip_p50_ms": round(float(np.percentile(bare, 50)) * 1000, 2),
        "bare_round_trip_p99_ms": round(float(np.percentile(bare, 99)) * 1000, 2),
    }


def peers(entries: EntryColumns, asked: Sequence[str], exact_p50_us: float) -> dict[str, Any]:
    """Return what Redis and RapidFuzz take for the same."""
    held = entries.vrms[:_REDIS_HELD]
    scan = rapidfuzz_ms(held, asked[:5])
    figures: dict[str, Any] = {"rapidfuzz_scan_of_a_million_ms": None if scan is None else round(scan, 1)}
    for name, took in redis_get_us(held, asked[:_REDIS_ASKED]).items():
        figures[f"{name}_mean_us"] = round(float(took.mean()), 1)
        figures[f"{name}_p50_us"] = round(float(np.percentile(took, 50)), 1)
        figures[f"{name}_p99_us"] = round(float(np.percentile(took, 99)), 1)
        figures[f"times_fewer_us_than_{name}"] = round(float(np.percentile(took, 50)) / exact_p50_us, 1)
    return figures


if __name__ == "__main__":
    main()
