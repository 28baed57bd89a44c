"""The matcher's tail: every read matched, every hit told once, and never without a list that was good."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from pipeline.domain.read import CaptureRecord
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput, IntegrityError, NotFound, Unavailable
from pipeline.match.hits_file import HitsFile
from pipeline.match.settings import MatchSettings
from pipeline.match.tail import MatchTail
from tests.support.builders import a_record
from tests.support.clock import ManualClock
from tests.support.durable import ListJournal

WANTED, OTHER = Vrm("AB12CDE"), Vrm("XY34ZZZ")
LOOK_SECONDS = 5.0


class Matching:
    """A tail over a journal in memory and a hotlist file, which can crash and start again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hotlist = folder / "hotlist.csv"
        self.journal = ListJournal([])
        self.clock = ManualClock()
        self.told: list[str] = []
        self.list_marks(WANTED)
        self._hits: HitsFile | None = None
        self.start()

    def start(self, *, batch_reads: int = 256) -> None:
        self.stop()
        self._hits = HitsFile(self.folder / "hits.jsonl", self.journal.identity)
        self.tail = MatchTail(
            self.journal,
            self._hits,
            settings=MatchSettings(
                hotlist=str(self.hotlist), look_for_changes_every_seconds=LOOK_SECONDS, batch_reads=batch_reads
            ),
            clock=self.clock,
            on_hit=lambda hit, read: self.told.append(read.read_id),
        )

    def stop(self) -> None:
        if self._hits is not None:
            self._hits.close()

    def list_marks(self, *marks: str) -> None:
        fresh = self.hotlist.with_suffix(".fresh")
        fresh.write_text("\n".join(["vrm", *marks]) + "\n")
        fresh.replace(self.hotlist)

    def arrive(self, *records: CaptureRecord) -> list[str]:
        self.journal.records.extend(records)
        return [record.read.read_id for record in records]

    def step(self) -> int:
        return self.tail.step(self.clock.monotonic())

    def step_later(self) -> int:
        self.clock.advance(LOOK_SECONDS)
        return self.step()

    @property
    def lines(self) -> int:
        return len((self.folder / "hits.jsonl").read_text().splitlines())


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


def test_a_crash_before_the_position_was_kept_tells_no_hit_twice(matching: Matching) -> None:
    ids = matching.arrive(a_record(1, vrm=WANTED), a_record(2, vrm=WANTED))
    matching.step()
    (matching.folder / "hits.position").unlink()
    matching.start()
    assert matching.tail.lag == 2
    assert matching.step() == 2
    assert matching.told == ids
    assert matching.lines == 2


def test_another_journal_is_matched_from_its_start(matching: Matching) -> None:
    matching.arrive(a_record(1, vrm=WANTED), a_record(2, vrm=WANTED))
    matching.step()
    matching.journal = ListJournal([a_record(3, vrm=WANTED)], identity="another")
    matching.start()
    assert matching.tail.lag == 1
    matching.step()
    assert matching.told[-1] == a_record(3).read.read_id
    assert matching.lines == 3


def test_a_journal_older_than_what_was_matched_stops_the_matcher(matching: Matching) -> None:
    matching.arrive(a_record(1), a_record(2))
    matching.step()
    matching.journal.records.pop()
    with pytest.raises(IntegrityError):
        matching.step()


def test_a_full_disk_holds_reads_back_and_every_hit_is_told_once_when_it_mends(matching: Matching) -> None:
    in_the_way = matching.folder / "hits.new"
    in_the_way.mkdir()
    (wanted,) = matching.arrive(a_record(1, vrm=WANTED))
    for _ in range(2):
        with pytest.raises(Unavailable):
            matching.step()
    assert (matching.told, matching.tail.lag) == ([], 1)
    in_the_way.rmdir()
    assert matching.step() == 1
    assert matching.step() == 0
    assert matching.told == [wanted]
    assert matching.lines == 1


def test_a_new_list_is_taken_when_it_is_time_to_look(matching: Matching) -> None:
    matching.list_marks(WANTED, OTHER)
    matching.arrive(a_record(1, vrm=OTHER))
    matching.step()
    assert matching.told == []
    (listed,) = matching.arrive(a_record(2, vrm=OTHER))
    matching.step_later()
    assert matching.told == [listed]
    assert counted("anpr_hotlist_entries") == 2


def test_a_mark_taken_off_the_list_is_not_told_any_more(matching: Matching) -> None:
    matching.list_marks(OTHER)
    matching.arrive(a_record(1, vrm=WANTED))
    matching.step_later()
    assert matching.told == []


def test_a_wrong_new_list_is_refused_once_and_the_last_good_one_stays(
    matching: Matching, caplog: pytest.LogCaptureFixture
) -> None:
    before = counted("anpr_hotlist_rejected_total")
    matching.list_marks(OTHER, "ZZ99 ZZZ !")
    (wanted, _) = matching.arrive(a_record(1, vrm=WANTED), a_record(2, vrm=OTHER))
    with caplog.at_level(logging.WARNING):
        matching.step_later()
        matching.step_later()
    assert matching.told == [wanted]
    assert counted("anpr_hotlist_rejected_total") == before + 1
    assert counted("anpr_hotlist_entries") == 1
    (warning,) = caplog.messages
    assert "line 3" in warning
    assert not any(mark in caplog.text for mark in (WANTED, OTHER, "ZZ99"))


@pytest.mark.parametrize(
    "content", [b'"vrm"x\nAB12CDE\n', b"\xff", b"", b"vrm,weed_date\nAB12CDE,0001-01-01T00:00+23:00\n"]
)
def test_no_content_of_a_new_list_stops_the_matcher(matching: Matching, content: bytes) -> None:
    before = counted("anpr_hotlist_rejected_total")
    matching.hotlist.write_bytes(content)
    (wanted,) = matching.arrive(a_record(1, vrm=WANTED))
    matching.step_later()
    assert matching.told == [wanted]
    assert counted("anpr_hotlist_rejected_total") == before + 1


def test_a_list_that_is_mended_is_taken(matching: Matching) -> None:
    matching.list_marks("!")
    matching.step_later()
    matching.list_marks(OTHER)
    (listed,) = matching.arrive(a_record(1, vrm=OTHER))
    matching.step_later()
    assert matching.told == [listed]


def test_a_list_that_vanishes_stays_in_force_and_is_taken_again_when_it_is_back(matching: Matching) -> None:
    before = counted("anpr_hotlist_rejected_total")
    matching.hotlist.unlink()
    (wanted,) = matching.arrive(a_record(1, vrm=WANTED))
    matching.step_later()
    assert matching.told == [wanted]
    assert counted("anpr_hotlist_rejected_total") == before + 1
    matching.list_marks(OTHER)
    (listed,) = matching.arrive(a_record(2, vrm=OTHER))
    matching.step_later()
    assert matching.told[-1] == listed


def test_a_read_is_matched_against_the_list_as_it_is_now(matching: Matching) -> None:
    matching.hotlist.write_text(f"vrm,weed_date\n{WANTED},2026-01-01T12:00:10Z\n")
    matching.start()
    (early,) = matching.arrive(a_record(1, vrm=WANTED))
    matching.step()
    matching.clock.advance(10)
    matching.arrive(a_record(2, vrm=WANTED))
    matching.step()
    assert matching.told == [early]


def test_a_matcher_does_not_start_on_a_wrong_list_or_on_none(matching: Matching) -> None:
    matching.list_marks("!")
    with pytest.raises(BadInput):
        matching.start()
    matching.hotlist.unlink()
    with pytest.raises(NotFound):
        matching.start()


def test_without_a_list_reads_are_taken_and_nothing_matches(tmp_path: Path) -> None:
    hits = HitsFile(tmp_path / "hits.jsonl", "one")
    tail = MatchTail(ListJournal([a_record(1)]), hits, settings=MatchSettings(), clock=ManualClock())
    assert tail.step(0.0) == 1
    tail.finish()
    assert (tail.position, tail.lag) == (1, 0)
    hits.close()


@pytest.mark.parametrize(
    "wrong", [{"batch_reads": 0}, {"look_for_changes_every_seconds": 0}, {"look_for_changes_every_seconds": -1}]
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        MatchSettings(**wrong)
