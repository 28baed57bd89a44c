"""The matcher's tail: every read matched, every hit told once, and never with half a revision or without any."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from pipeline.domain.read import CaptureRecord
from pipeline.domain.vrm import Vrm
from pipeline.errors import IntegrityError, Unavailable
from pipeline.match.hits_store import HitsStore, StoredHits
from pipeline.match.settings import MatchSettings
from pipeline.match.tail import MatchTail
from tests.support.builders import a_record, a_voi
from tests.support.clock import ManualClock
from tests.support.durable import ListJournal
from tests.support.hotlists import GivenHotlist, a_snapshot

WANTED, OTHER = Vrm("AB12CDE"), Vrm("XY34ZZZ")
LOOK_SECONDS = 5.0


class Matching:
    """A tail over a journal and lists in memory, which can crash and start again."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "hits.db"
        self.journal = ListJournal([])
        self.clock = ManualClock()
        self.told: list[str] = []
        self.hotlist = GivenHotlist(a_snapshot(a_voi(vrm=WANTED)))
        self._hits: HitsStore | None = None
        self.start()

    def start(self, *, batch_reads: int = 256) -> None:
        self.stop()
        self._hits = HitsStore(self.path, self.journal.identity, busy_seconds=0.01)
        self.tail = MatchTail(
            self.journal,
            self._hits,
            source=self.hotlist,
            settings=MatchSettings(look_for_changes_every_seconds=LOOK_SECONDS, batch_reads=batch_reads),
            clock=self.clock,
            on_hit=lambda hit, read: self.told.append(read.read_id),
        )

    def stop(self) -> None:
        if self._hits is not None:
            self._hits.close()

    def list_marks(self, *marks: Vrm, revision: str = "2") -> None:
        self.hotlist.snapshot = a_snapshot(*(a_voi(vrm=mark) for mark in marks), revision=revision)

    def arrive(self, *records: CaptureRecord) -> list[str]:
        self.journal.records.extend(records)
        return [record.read.read_id for record in records]

    def step(self) -> int:
        return self.tail.step(self.clock.monotonic())

    def step_later(self) -> int:
        self.clock.advance(LOOK_SECONDS)
        return self.step()

    @property
    def stored(self) -> list[str]:
        hits = StoredHits(self.path)
        ids = [one.read.read_id for one in hits.after(0, 1000)]
        hits.close()
        return ids


@pytest.fixture
def matching(tmp_path: Path) -> Iterator[Matching]:
    matching = Matching(tmp_path)
    yield matching
    matching.stop()


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_read_on_the_list_is_told_and_one_that_is_not_is_passed(matching: Matching) -> None:
    before = counted("anpr_hits_total", kind="exact")
    wanted, _ = matching.arrive(a_record(1, vrm=WANTED), a_record(2, vrm=OTHER))
    assert matching.tail.lag == 2
    assert matching.step() == 2
    assert matching.told == [wanted]
    assert (matching.tail.position, matching.tail.lag) == (2, 0)
    assert counted("anpr_hits_total", kind="exact") == before + 1


def test_nothing_new_is_nothing_taken(matching: Matching) -> None:
    assert matching.step() == 0
    assert matching.tail.lag == 0


def test_reads_are_taken_in_batches_and_none_is_passed_over(matching: Matching) -> None:
    matching.start(batch_reads=2)
    ids = matching.arrive(*(a_record(number, vrm=WANTED) for number in range(5)))
    assert [matching.step() for _ in range(4)] == [2, 2, 1, 0]
    assert matching.told == ids


def test_a_matcher_that_starts_again_goes_on_where_it_was(matching: Matching) -> None:
    ids = matching.arrive(a_record(1, vrm=WANTED), a_record(2, vrm=WANTED))
    matching.step()
    matching.start()
    assert matching.tail.lag == 0
    ids += matching.arrive(a_record(3, vrm=WANTED))
    matching.step()
    assert matching.told == matching.stored == ids


def test_a_read_that_comes_again_later_is_not_told_again(matching: Matching) -> None:
    ids = matching.arrive(a_record(1, vrm=WANTED))
    matching.step()
    matching.start()
    matching.arrive(a_record(1, vrm=WANTED))
    assert matching.step() == 1
    assert matching.told == matching.stored == ids


def test_another_journal_is_matched_from_its_start(matching: Matching) -> None:
    matching.arrive(a_record(1, vrm=WANTED), a_record(2, vrm=WANTED))
    matching.step()
    matching.journal = ListJournal([a_record(3, vrm=WANTED)], identity="another")
    matching.start()
    assert matching.tail.lag == 1
    matching.step()
    assert matching.told[-1] == a_record(3).read.read_id
    assert len(matching.stored) == 3


def test_a_journal_older_than_what_was_matched_stops_the_matcher(matching: Matching) -> None:
    matching.arrive(a_record(1), a_record(2))
    matching.step()
    matching.journal.records.pop()
    with pytest.raises(IntegrityError):
        matching.step()


def test_a_disk_that_fails_holds_reads_back_and_every_hit_is_told_once_when_it_mends(matching: Matching) -> None:
    (wanted,) = matching.arrive(a_record(1, vrm=WANTED))
    in_the_way = sqlite3.connect(matching.path, isolation_level=None)
    in_the_way.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        with pytest.raises(Unavailable):
            matching.step()
    assert (matching.told, matching.tail.lag) == ([], 1)
    in_the_way.close()
    assert matching.step() == 1
    assert matching.step() == 0
    assert matching.told == matching.stored == [wanted]


def test_a_new_revision_is_taken_when_it_is_time_to_look(matching: Matching) -> None:
    matching.list_marks(WANTED, OTHER)
    matching.arrive(a_record(1, vrm=OTHER))
    matching.step()
    assert (matching.told, matching.tail.revision) == ([], "1")
    (listed,) = matching.arrive(a_record(2, vrm=OTHER))
    matching.step_later()
    assert (matching.told, matching.tail.revision) == ([listed], "2")
    assert counted("anpr_hotlist_entries") == 2


def test_a_mark_taken_off_the_list_is_not_told_any_more(matching: Matching) -> None:
    matching.list_marks(OTHER)
    matching.arrive(a_record(1, vrm=WANTED))
    matching.step_later()
    assert matching.told == []


def test_while_the_lists_cannot_be_had_anew_the_last_revision_matches_and_its_staleness_rises(
    matching: Matching,
) -> None:
    matching.hotlist.checked_at = matching.clock.monotonic()
    matching.step_later()
    (wanted,) = matching.arrive(a_record(1, vrm=WANTED))
    matching.step_later()
    assert matching.told == [wanted]
    assert counted("anpr_hotlist_staleness_seconds") == 2 * LOOK_SECONDS
    matching.hotlist.checked_at = matching.clock.monotonic() + LOOK_SECONDS
    matching.step_later()
    assert counted("anpr_hotlist_staleness_seconds") == 0.0


def test_a_read_is_matched_against_the_list_as_it_is_now(matching: Matching) -> None:
    weeded = a_voi(vrm=WANTED, weed_date=matching.clock.now() + timedelta(seconds=10))
    matching.hotlist.snapshot = a_snapshot(weeded)
    matching.start()
    early, late = (replace(a_record(number, vrm=WANTED)) for number in (1, 2))
    matching.arrive(early)
    matching.step()
    matching.clock.advance(10)
    matching.arrive(late)
    matching.step()
    assert matching.told == [early.read.read_id]


def test_a_matcher_does_not_start_before_there_was_ever_a_list(matching: Matching) -> None:
    matching.hotlist.snapshot = None
    with pytest.raises(Unavailable):
        matching.start()


def test_with_an_empty_list_reads_are_taken_and_nothing_matches(matching: Matching) -> None:
    matching.hotlist.snapshot = a_snapshot()
    matching.start()
    matching.arrive(a_record(1))
    assert matching.step() == 1
    matching.tail.finish()
    assert (matching.tail.position, matching.tail.lag, matching.told) == (1, 0, [])


@pytest.mark.parametrize(
    "wrong", [{"batch_reads": 0}, {"look_for_changes_every_seconds": 0}, {"look_for_changes_every_seconds": -1}]
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        MatchSettings(**wrong)
