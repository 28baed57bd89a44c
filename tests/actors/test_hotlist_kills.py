"""kill -9 around the shards: matchers go on with the last revision, never see half of one, and the disk has it all."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from actors.hotlist_source import RemoteHotlist
from pipeline.clock import SystemClock
from pipeline.domain.hotlist import HitKind
from tests.support.durable import ROOT, script
from tests.support.hotlist_runs import OnRay, Station, patiently, workers
from tests.support.lists import Lists, held_entries

MARKS = 40
ROUNDS = int(os.environ.get("ANPR_HOTLIST_KILLS", "1"))


@contextmanager
def running(name: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A script in another process; it ends as in a power cut, with everything it started."""
    process = subprocess.Popen(
        script(name, *arguments), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        for one in family:
            try:
                one.kill()
            except psutil.NoSuchProcess:
                continue
        process.wait()
        psutil.wait_procs(family, timeout=30)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.stdout.close()


def said_by(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the process has ended"
    return line.strip()


def seen_by(node: subprocess.Popen[str]) -> tuple[int, int, str]:
    """Revision, number of entries, and reasons of the next revision that a matcher would take."""
    while True:
        said = said_by(node).split()
        if len(said) == 4 and said[0] == "seen":
            return int(said[1]), int(said[2]), said[3]


def stale_since(source: RemoteHotlist, instant: float) -> bool:
    """Whether the source knows that nothing is certain since that instant, more than two seconds ago.

    Each answer says anew since when; by how long it was under way it says too late an instant, for which there is a
    second.
    """
    return source.checked_at <= instant + 1 and SystemClock().monotonic() - source.checked_at > 2


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_while_a_shard_is_dead_matchers_go_on_and_know_how_stale_they_are(tmp_path: Path) -> None:
    station = Station(tmp_path, OnRay)
    try:
        assert isinstance(station.matching, OnRay)
        loaded = station.load(*(f"AB{number}2CDE,stolen" for number in range(MARKS)))
        source = station.matching.source()
        patiently(lambda: source.current().revision == str(loaded.sequence))
        (shard, *_) = workers("HotlistShard", psutil.Process())
        # a stopped process is a shard that does not answer, for as long as the test likes
        shard.suspend()
        silent_since = SystemClock().monotonic()
        station.load("NE11NEW,stolen", base=1)
        patiently(lambda: source.current() and stale_since(source, silent_since))
        assert source.current().revision == str(loaded.sequence)
        # what else is on the list may be near it
        exact = [hit for hit in station.hits_of("AB12CDE", revision=loaded.sequence) if hit.kind is HitKind.EXACT]
        assert [hit.voi.vrm for hit in exact] == ["AB12CDE"]
        shard.kill()
        patiently(lambda: source.current().revision == str(loaded.sequence + 1))
        assert len(station.hits_of("NE11NEW", revision=loaded.sequence + 1)) == 1
    finally:
        station.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_revision_is_ever_seen_in_part_whatever_is_killed(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    lists = Lists(tmp_path)
    # from here on each revision replaces every entry by one that bears the revision as its reason
    lists.full(*(f"A{number},1" for number in range(MARKS)), header="vrm,reason")
    for _ in range(ROUNDS):
        seen = []
        with running("hotlist_node", tmp_path) as node:
            seen.append(seen_by(node))
            with running("list_writer", tmp_path, MARKS) as writer:
                victims = ["HotlistShard", "HotlistPublisher"]
                chance.shuffle(victims)
                for victim in victims:
                    said_by(writer)
                    chance.choice(workers(victim, psutil.Process(node.pid))).kill()
                    newest = [int(said_by(writer)) for _ in range(4)][-1]
                    # the dead one is read from disk again, and what was loaded meanwhile is seen
                    seen.append(seen_by(node))
                    while seen[-1][0] < newest:
                        seen.append(seen_by(node))
                newest = int(said_by(writer))
            # both are gone, the writer first and in the middle of a delta
        assert all((count, reasons) == (MARKS, str(revision)) for revision, count, reasons in seen), f"seed {seed}"
        assert seen == sorted(seen), f"seed {seed}"
        # what was acknowledged is there, and whole
        store = lists.reopened()
        held, state = held_entries(store), store.head().lists[0]
        assert {entry.reason for entry in held} == {str(state.revision)}, f"seed {seed}"
        assert len(held) == MARKS, f"seed {seed}"
        assert state.revision >= newest, f"seed {seed}"
        store.close()
