"""How many reads a second does a force get to its national centre, and how soon has it caught up after an outage?

`python -m benchmarks.sharing` runs both as processes of their own, over mutual TLS on the loopback. `reads_per_second`
are reads without pictures that both sides have on disk and that are acknowledged, while the centre also indexes and
stores them; so many fit its landing at once. `ratio_to_raw` compares that with unary calls that carry the very requests
of the outbox, over the same mutual TLS and as many at once, to a handler that only appends them to a file and syncs it;
`ratio_to_raw_uncompressed` with calls that carry the same reads uncompressed, and `ratio_to_raw_single` with calls that
carry one read each, 64 at once. `ratio_to_raw_N_a_call` has calls of N reads on both sides, sent without an outbox, so
that one sees where a call's own cost ends and a read's begins. Then an outage: the journal holds so many minutes of
reads at the given pace, and the outbox catches up; that lasts longer than what a landing holds, so the index and the
store of the centre set its pace. Ten consumers take the same reads from `StreamReads`, half of them slowly.
"""

from __future__ import annotations

import argparse
import json
import queue
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import grpc

from benchmarks.harness import publish
from benchmarks.sharing_ends import CONSUMERS, fill, made_up
from benchmarks.sharing_runs import Ends, child, port_in, raw_rate, run, said, seconds_of_calls
from pipeline import bootstrap
from pipeline.settings import load_settings
from pipeline.share.settings import ShareSettings
from pipeline.wire.offers import push_of
from protos.anpr.v1 import offer_pb2, sharing_pb2, sharing_pb2_grpc

PACE = 1000.0
SLOW_SECONDS = 0.1
LANES = ShareSettings().lanes
SINGLE, SINGLE_AT_ONCE = 2000, 64
SIZES = {1: 2000, 10: 1000, 100: 300, 1000: 60, 8000: 10}
"""Reads a call, and calls of that size."""
ROUNDS = 3
PUSH = "/anpr.v1.NationalService/PushReads"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=200_000, help="reads of the throughput measurement")
    parser.add_argument("--streamed", type=int, default=50_000, help="reads that each of ten consumers is told")
    parser.add_argument("--outage-minutes", type=float, default=30.0, help=f"at {PACE:g} reads a second")
    parser.add_argument("--share-of-sizes", type=float, default=1.0, help="of the calls of each size of batch")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="anpr-bench-") as folder:
        figures = throughput(Path(folder) / "throughput", chosen.reads)
        figures |= sizes(Path(folder) / "sizes", chosen.share_of_sizes)
        figures |= streams(Path(folder) / "streams", chosen.streamed)
        figures |= outage(Path(folder) / "outage", chosen.outage_minutes)
        publish("sharing", figures)


def throughput(folder: Path, reads: int) -> dict[str, Any]:
    ends = Ends(folder)
    ends.lead_to(1)
    begin = datetime.now(UTC)
    fill(ends.force, reads, begin, 1e6)
    with child("-m", "actors.cli", "national", "--config", str(ends.centre)) as centre:
        ends.lead_to(port_in(said(centre)))
        sent = json.loads(run("force", ends.force))
        stored_seconds = sent["seconds"] + seconds_until_stored(ends, reads)
    rate = sent["reads"] / sent["seconds"]
    single = [one.content for one in made_up(SINGLE, begin, 1e6)]
    raw = {
        "packed": raw_rate(ends, folder, packed_requests(reads, begin), reads, LANES),
        "plain": raw_rate(ends, folder, plain_requests(reads, begin), reads, LANES),
        "single": raw_rate(ends, folder, single, SINGLE, SINGLE_AT_ONCE),
    }
    return {
        "reads_per_second": round(rate),
        "ratio_to_raw": round(rate / raw["packed"], 3),
        "ratio_to_raw_uncompressed": round(rate / raw["plain"], 3),
        "ratio_to_raw_single": round(rate / raw["single"], 2),
        "raw_reads_per_second": round(raw["packed"]),
        "raw_uncompressed_reads_per_second": round(raw["plain"]),
        "raw_single_reads_per_second": round(raw["single"]),
        "stored_reads_per_second": round(reads / stored_seconds),
        "reads": sent["reads"],
        "force_cpu_us_per_read": round(1e6 * sent["cpu_seconds"] / sent["reads"], 1),
    }


def sizes(folder: Path, share: float) -> dict[str, Any]:
    """Calls of several sizes to the centre, as many at once as an outbox makes, and the same requests to the least."""
    ends, begin = Ends(folder), datetime.now(UTC)
    figures: dict[str, Any] = {}
    with child("-m", "actors.cli", "national", "--config", str(ends.centre)) as centre:
        port = port_in(said(centre))
        reads_of = {size: size * max(1, int(calls * share)) for size, calls in SIZES.items()}
        made = made_up(ROUNDS * sum(reads_of.values()), begin, 1e6)
        sent = 0
        for size, reads in reads_of.items():
            # in turns, and the best of each: a machine's bad moment must not fall on one of them alone
            rate = raw = 0.0
            for _ in range(ROUNDS):
                contents = [one.content for one in islice(made, reads)]
                requests = [push_of("1", contents[at : at + size], begin) for at in range(0, reads, size)]
                with ends.channel(port) as channel:
                    rate = max(rate, reads / seconds_of_calls(channel, PUSH, requests, LANES))
                sent += reads
                # what the centre still has to index and store must not slow what comes next
                seconds_until_stored(ends, sent)
                raw = max(raw, raw_rate(ends, folder, requests, reads, LANES))
            figures |= {
                f"reads_per_second_{size}_a_call": round(rate),
                f"raw_reads_per_second_{size}_a_call": round(raw),
                f"ratio_to_raw_{size}_a_call": round(rate / raw, 3),
            }
    return figures


def outage(folder: Path, minutes: float) -> dict[str, Any]:
    ends = Ends(folder)
    ends.lead_to(1)
    fill(ends.force, int(minutes * 60 * PACE), datetime.now(UTC) - timedelta(minutes=minutes), PACE)
    with child("-m", "actors.cli", "national", "--config", str(ends.centre)) as centre:
        ends.lead_to(port_in(said(centre)))
        sent = json.loads(run("force", ends.force))
        behind = seconds_until_stored(ends, sent["reads"])
    return {
        "outage_minutes": minutes,
        "outage_reads": sent["reads"],
        "catch_up_seconds": round(sent["seconds"], 1),
        "catch_up_reads_per_second": round(sent["reads"] / sent["seconds"]),
        "catch_up_stored_seconds": round(sent["seconds"] + behind, 1),
        "catch_up_memory_before_mb": sent["memory_before_mb"],
        "catch_up_memory_most_mb": sent["memory_most_mb"],
    }


def seconds_until_stored(ends: Ends, reads: int) -> float:
    """Return how long it takes until a search at the centre could find all of them."""
    begun, settings = time.monotonic(), load_settings(ends.centre)
    # a reader sees the store as it was when it was made
    while bootstrap.store_reader(settings).count() < reads:
        time.sleep(0.2)
    return time.monotonic() - begun


def streams(folder: Path, reads: int) -> dict[str, Any]:
    """Ten consumers of the same journal, of which half acknowledge each message only after a while."""
    ends = Ends(folder)
    ends.lead_to(1)
    fill(ends.force, reads, datetime.now(UTC), 1e6)
    file = ends.authority.file
    files = (file("server", key=True), file("server"), file())
    with child("-m", "benchmarks.sharing_ends", "streaming", str(folder / "force"), *map(str, files)) as server:
        with ends.channel(int(said(server))) as channel:
            begun = time.monotonic()
            with ThreadPoolExecutor(CONSUMERS) as threads:
                pauses = [0.0 if number % 2 else SLOW_SECONDS for number in range(CONSUMERS)]
                told = list(threads.map(lambda one: consume(channel, one[0], reads, one[1]), enumerate(pauses)))
            seconds = time.monotonic() - begun
        assert server.stdin is not None
        server.stdin.write("\n")
        server.stdin.flush()
        memory = json.loads(said(server))
    fast = [reads / spent for pause, spent in zip(pauses, told, strict=True) if not pause]
    slow = [reads / spent for pause, spent in zip(pauses, told, strict=True) if pause]
    return {
        "streamed_reads_per_second": round(CONSUMERS * reads / seconds),
        "stream_fast_reads_per_second": round(sum(fast) / len(fast)),
        "stream_slow_reads_per_second": round(sum(slow) / len(slow)),
        "stream_memory_before_mb": memory["before"],
        "stream_memory_most_mb": memory["most"],
    }


def consume(channel: grpc.Channel, number: int, reads: int, pause: float) -> float:
    """Take all reads, acknowledging each message, after a pause; return how long it took."""
    says: queue.Queue[Any] = queue.Queue()
    says.put(sharing_pb2.StreamReadsRequest(start=sharing_pb2.StreamReadsStart(agreement=f"a{number}")))
    begun, taken = time.monotonic(), 0
    call = sharing_pb2_grpc.SharingServiceStub(channel).StreamReads(iter(says.get, None), timeout=3000)
    for message in call:
        taken += len(message.batch.records)
        time.sleep(pause)
        says.put(sharing_pb2.StreamReadsRequest(acknowledged_cursor=message.cursor))
        if taken == reads:
            break
    spent = time.monotonic() - begun
    says.put(None)
    call.cancel()
    return spent


def packed_requests(reads: int, begin: datetime) -> list[bytes]:
    return [push_of("1", batch, begin) for batch in batches(reads, begin)]


def plain_requests(reads: int, begin: datetime) -> list[bytes]:
    return [offer_pb2.EncodedBatch(records=batch).SerializeToString() for batch in batches(reads, begin)]


def batches(reads: int, begin: datetime) -> Iterator[list[bytes]]:
    """The batches that a busy outbox makes."""
    most = ShareSettings()
    batch: list[bytes] = []
    room = most.most_batch_kibibytes * 1024
    for one in made_up(reads, begin, 1e6):
        room -= len(one.content) + 4
        if room < 0 or len(batch) == most.most_batch_reads:
            yield batch
            batch, room = [], most.most_batch_kibibytes * 1024 - len(one.content) - 4
        batch.append(one.content)
    yield batch


if __name__ == "__main__":
    main()
