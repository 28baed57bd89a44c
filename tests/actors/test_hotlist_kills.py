"""kill -9 around the shards: matchers go on with the last revision, never see half of one, and the disk has it all."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.clock import SystemClock
from pipeline.match.snapshot import HotlistSnapshot
from tests.support.durable import ROOT, script
from tests.support.hotlist_runs import OnRay, Station, kill_cluster, patiently, workers
from tests.support.lists import entries_in, held_entries

MARKS = 40
ROUNDS = int(os.environ.get("ANPR_HOTLIST_KILLS", "1"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("station")


@pytest.fixture(scope="module")
def stations(folder: Path) -> Iterator[list[Station]]:
    """The station that runs now; what was killed is followed by another in the same folder."""
    stations = [Station(folder, OnRay)]
    yield stations
    stations[0].close()


def loader(station: Station) -> subprocess.Popen[str]:
    """A process that loads deltas, each of which replaces every entry by one that bears its revision."""
    folder = Path(station.settings.folder)
    return subprocess.Popen(script("list_writer", folder, MARKS), cwd=ROOT, stdout=subprocess.PIPE, text=True)


def acknowledged(process: subprocess.Popen[str], count: int) -> int:
    assert process.stdout is not None
    return [int(process.stdout.readline()) for _ in range(count)][-1]


def is_whole(snapshot: HotlistSnapshot) -> bool:
    entries = entries_in(snapshot)
    return len(entries) == MARKS and len({entry.reason for entry in entries}) == 1


def on_ray(station: Station) -> OnRay:
    assert isinstance(station.matching, OnRay)
    return station.matching


@pytest.mark.slow
def test_while_a_shard_is_dead_matchers_go_on_and_know_how_stale_they_are(stations: list[Station]) -> None:
    (station,) = stations
    loaded = station.load(*(f"AB{number}2CDE,stolen" for number in range(MARKS)))
    source = on_ray(station).source()
    patiently(lambda: source.current().revision == str(loaded.sequence))
    (shard, *_) = workers("HotlistShard")
    # a stopped process is a shard that does not answer, for as long as the test likes
    shard.suspend()
    station.load("NE11NEW,stolen", base=1)
    stale = source.checked_at
    patiently(lambda: source.current() and SystemClock().monotonic() - source.checked_at > 2)
    assert source.checked_at <= stale + 1
    assert source.current().revision == str(loaded.sequence)
    assert len(station.hits_of("AB12CDE", revision=loaded.sequence)) == 1
    shard.kill()
    patiently(lambda: source.current().revision == str(loaded.sequence + 1))
    assert len(station.hits_of("NE11NEW", revision=loaded.sequence + 1)) == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_revision_is_ever_seen_in_part_whatever_is_killed(stations: list[Station], folder: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    for round_ in range(ROUNDS):
        if round_:
            stations[0] = Station(folder, OnRay)
        station = stations[0]
        revision = station.store.head().lists[0].revision + 1 if station.store.head().lists else 1
        whole = station.load(*(f"A{number},{revision}" for number in range(MARKS)), reason="test")
        source = on_ray(station).source()
        patiently(lambda source=source, whole=whole: source.current().revision == str(whole.sequence))
        process = loader(station)
        try:
            seen = [source.current()]
            newest = acknowledged(process, 3)
            victims = ["HotlistShard", "HotlistPublisher"]
            chance.shuffle(victims)
            for victim in victims:
                chance.choice(workers(victim)).kill()
                for _ in range(4):
                    newest = acknowledged(process, 1)
                    seen.append(source.current())
                # the dead one is read from disk again, and what was loaded meanwhile is seen
                patiently(lambda source=source, newest=newest: int(reason_in(source.current())) >= newest)
                seen.append(source.current())
            kill_cluster()
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
        assert all(map(is_whole, seen)), f"seed {seed}"
        revisions = [int(snapshot.revision) for snapshot in seen]
        assert revisions == sorted(revisions), f"seed {seed}"
        # the power went in the middle of a delta: what was acknowledged is there, and whole
        held, state = held_entries(station.store), station.store.head().lists[0]
        assert {entry.reason for entry in held} == {str(state.revision)}, f"seed {seed}"
        assert state.revision >= newest, f"seed {seed}"
        station.close()


def reason_in(snapshot: HotlistSnapshot) -> str:
    return entries_in(snapshot)[0].reason
