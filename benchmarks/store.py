"""How many reads a second become durable and searchable, and how soon after the journal?

`python -m benchmarks.store` appends reads to a journal in one process (each batch acknowledged after fsync) and carries
them into the store in another, as a node does, first without pictures and then with 30 KB of pictures each; small
commits are merged meanwhile in a third. A read counts when the commit that makes it visible is on disk. Then the delay
from journal to searchable is measured at a steady rate below the limit, and the floor in the same folder: fsync alone,
and writing the same rows as plain Parquet. CPU microseconds of the two processes say what a read costs whatever else
the machine was doing; on a machine of two idle cores the dearer of the two bounds the rate.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.harness import publish
from pipeline import bootstrap
from pipeline.domain.plate import CameraId, Candidate
from pipeline.domain.read import (
    CaptureRecord,
    ClockState,
    Direction,
    FeedId,
    Location,
    Read,
    ReadId,
    SourceId,
    digest_of,
)
from pipeline.domain.syntax import Syntax
from pipeline.domain.vrm import Vrm
from pipeline.errors import AnprError
from pipeline.settings import Settings
from pipeline.store.look import StoreReader
from pipeline.store.settings import UpkeepSettings
from pipeline.store.tables import open_table
from pipeline.store.upkeep.listing import files_of
from pipeline.wire.read_columns import tables_of
from pipeline.wire.read_proto import encode_record

LETTERS = "ABCDEFGHJKLMNOPRSTUVWXY"
PATCH_BYTES, OVERVIEW_BYTES = 5_000, 25_000
_CONTEXT = multiprocessing.get_context("spawn")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=200_000, help="reads without pictures")
    parser.add_argument("--pictured", type=int, default=20_000, help="reads with pictures")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the run at a steady rate")
    parser.add_argument("--folder", type=Path, help="where to write (default: a temporary folder)")
    given = parser.parse_args()
    if given.folder is not None:
        given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="anpr-bench-", dir=given.folder) as folder:
        publish("store", measured(Path(folder), given))


def measured(folder: Path, given: argparse.Namespace) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    figures |= floor(folder / "floor")
    plain = sustained(folder / "plain", given.reads, batch=1000, pictures=False)
    figures["reads_per_second"] = round(plain["rate"])
    figures["journal_reads_per_second"] = round(plain["journal_rate"])
    figures["journal_cpu_microseconds_per_read"] = round(plain["journal_cpu"], 1)
    figures["store_cpu_microseconds_per_read"] = round(plain["store_cpu"], 1)
    figures["bytes_per_read"] = round(plain["bytes"])
    pictured = sustained(folder / "pictured", given.pictured, batch=100, pictures=True)
    figures["reads_with_30_kb_pictures_per_second"] = round(pictured["rate"])
    figures["journal_cpu_microseconds_per_pictured_read"] = round(pictured["journal_cpu"], 1)
    figures["store_cpu_microseconds_per_pictured_read"] = round(pictured["store_cpu"], 1)
    figures["store_process_peak_mebibytes_with_pictures"] = round(pictured["peak_mebibytes"])
    steady = delays(folder / "steady", given.seconds, each_second=200)
    figures |= {f"journal_to_searchable_{name}_seconds": round(value, 2) for name, value in steady.items()}
    return figures


def records(count: int, *, first: int, pictures: bool) -> list[CaptureRecord]:
    """Made-up reads of made-up marks, with pictures that do not compress."""
    chance = random.Random(first)
    now = datetime.now(UTC)
    # a few pictures for all: what they show changes nothing of what they cost
    shown = [(chance.randbytes(PATCH_BYTES), chance.randbytes(OVERVIEW_BYTES)) for _ in range(64)] if pictures else []
    digests = [(digest_of(patch), digest_of(overview)) for patch, overview in shown]
    nothing = digest_of(b"")
    made = []
    for number in range(first, first + count):
        letters = "".join(chance.choices(LETTERS, k=5))
        vrm = Vrm(f"{letters[:2]}{chance.randrange(100):02}{letters[2:]}")
        patch, overview = shown[number % len(shown)] if shown else (b"", b"")
        patch_digest, overview_digest = digests[number % len(shown)] if shown else (nothing, nothing)
        sure = chance.uniform(0.6, 1.0)
        read = Read(
            read_id=ReadId(f"{chance.getrandbits(128):032x}"),
            feed_id=FeedId("local"),
            source_id=SourceId("1"),
            camera_id=CameraId(f"camera-{number % 300:03}"),
            captured_at=now + timedelta(microseconds=number),
            received_at=now + timedelta(microseconds=number),
            clock_state=ClockState.STREAM,
            location=Location(latitude=51.0 + chance.random(), longitude=chance.random()),
            vrm=vrm,
            raw_text=vrm,
            confidence=sure,
            character_confidences=tuple(chance.uniform(0.9, 1.0) for _ in vrm),
            candidates=(Candidate(text=vrm, probability=sure), Candidate(text=vrm[::-1], probability=(1 - sure) / 2)),
            syntax=Syntax.CURRENT,
            direction=Direction.APPROACHING,
            lane=1,
            patch_digest=patch_digest,
            overview_digest=overview_digest,
            sighting_count=7,
            model_version="detector-1/recogniser-1",
        )
        made.append(CaptureRecord(read=read, patch=patch, overview=overview))
    return made


def settings_in(folder: Path) -> Settings:
    return Settings(folder=str(folder), upkeep=UpkeepSettings(merge_every_seconds=2.0))


def sustained(folder: Path, count: int, *, batch: int, pictures: bool) -> dict[str, float]:
    """Append so many reads as fast as the journal takes them; return the rate until all of them were visible."""
    folder.mkdir()
    settings = settings_in(folder)
    # made before, because a camera's work is not the store's
    made = records(count, first=0, pictures=pictures)
    # nor is it to look through them for garbage, which no node holds so many of
    gc.freeze()
    ended, results = _CONTEXT.Event(), _CONTEXT.Queue()
    with bootstrap.journal(settings) as journal:
        storing = _CONTEXT.Process(target=store_until, args=(settings, ended, results))
        caring = _CONTEXT.Process(target=care_until, args=(settings, ended))
        storing.start()
        results.get()
        caring.start()
        started, used = time.perf_counter(), time.process_time()
        for at in range(0, count, batch):
            journal.append(made[at : at + batch])
        in_journal, used = time.perf_counter() - started, time.process_time() - used
        ended.set()
        peak, stored_with = results.get()
        spent = time.perf_counter() - started
        storing.join()
        caring.join()
    assert StoreReader(settings.store.url_in(settings.folder)).count() == count
    url = settings.store.url_in(settings.folder)
    stored = sum(file.size for name in ("reads", "marks") for file in files_of(open_table(url, name)))
    return {
        "rate": count / spent,
        "journal_rate": count / in_journal,
        "peak_mebibytes": peak,
        "journal_cpu": 1e6 * used / count,
        "store_cpu": 1e6 * stored_with / count,
        "bytes": stored / count,
    }


def store_until(settings: Settings, ended: Event, results: Any) -> None:
    """Carry the journal over until `ended` is set and nothing is left; answer with the peak of memory."""
    tail = bootstrap.store_tail(settings)
    results.put("ready")
    used = time.process_time()
    while not ended.is_set() or tail.lag:
        if not tail.step(time.monotonic()):
            time.sleep(0.02)
    tail.finish()
    results.put((peak_mebibytes(), time.process_time() - used))


def care_until(settings: Settings, ended: Event) -> None:
    os.nice(5)
    caretaker = bootstrap.caretaker(settings)
    while not ended.is_set():
        with suppress(AnprError):
            # counted and tried again in a node
            caretaker.step()
        ended.wait(0.5)


def delays(folder: Path, seconds: float, *, each_second: int) -> dict[str, float]:
    """Append a few reads every tenth of a second; return percentiles of the time until a search may see them."""
    folder.mkdir()
    settings = settings_in(folder)
    ended, results = _CONTEXT.Event(), _CONTEXT.Queue()
    acknowledged: list[tuple[int, float]] = []
    with bootstrap.journal(settings) as journal:
        storing = _CONTEXT.Process(target=watch_until, args=(settings, ended, results))
        caring = _CONTEXT.Process(target=care_until, args=(settings, ended))
        storing.start()
        results.get()
        caring.start()
        made = records(int(each_second * seconds), first=0, pictures=False)
        begun = time.monotonic()
        for at in range(0, len(made), each_second // 10):
            acknowledged.append((journal.append(made[at : at + each_second // 10]), time.monotonic()))
            time.sleep(max(0.0, begun + len(acknowledged) / 10 - time.monotonic()))
        ended.set()
        visible: list[tuple[int, float]] = results.get()
        storing.join()
        caring.join()
    spent = sorted(next(at for offset, at in visible if offset >= one) - then for one, then in acknowledged)
    return {"p50": statistics.median(spent), "p95": spent[int(0.95 * len(spent))], "worst": spent[-1]}


def watch_until(settings: Settings, ended: Event, results: Any) -> None:
    """Carry the journal over; answer with each position and the moment at which a new reader found it."""
    tail = bootstrap.store_tail(settings)
    results.put("ready")
    visible = []
    while not ended.is_set() or tail.lag:
        if tail.step(time.monotonic()):
            assert StoreReader(settings.store.url_in(settings.folder)).count() == tail.position
            visible.append((tail.position, time.monotonic()))
        else:
            time.sleep(0.05)
    results.put(visible)


def floor(folder: Path) -> dict[str, float]:
    """What the folder's disk and plain Parquet allow, without journal, transactions or a second table."""
    folder.mkdir()
    contents = [encode_record(one) for one in records(20_000, first=0, pictures=False)]
    reads, _ = tables_of(contents)

    def synced() -> None:
        with (folder / "synced").open("ab") as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())

    def written() -> None:
        pq.write_table(reads, folder / "plain.parquet")
        with (folder / "plain.parquet").open("rb+") as file:
            os.fsync(file.fileno())

    return {
        "floor_fsync_ms": round(1000 * median_of(synced, 50), 2),
        "floor_plain_parquet_reads_per_second": round(len(contents) / median_of(written, 5)),
        "floor_columns_reads_per_second": round(len(contents) / median_of(lambda: tables_of(contents), 5)),
    }


def median_of(call: Callable[[], object], times: int) -> float:
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        spent.append(time.perf_counter() - started)
    return statistics.median(spent)


def peak_mebibytes() -> float:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
