"""What goes wrong around the lists: torn files, killed loads, full disks, clocks that jump, two loads at once."""

from __future__ import annotations

import os
import random
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.errors import IntegrityError, NotFound, Unavailable
from pipeline.match.lists.guard import Refused
from pipeline.match.lists.source import LocalHotlist
from pipeline.match.lists.store import HotlistStore
from pipeline.match.lists.watch import FileWatch
from pipeline.match.lists.weeding import weed
from pipeline.match.settings import MatchSettings
from tests.support.clock import ManualClock
from tests.support.durable import ROOT, fill, script, small_disk
from tests.support.lists import Lists, held_entries, marks_in

KILLS = int(os.environ.get("ANPR_LIST_KILLS", "3"))
MARKS_A_REVISION = 40


@pytest.fixture
def lists(tmp_path: Path) -> Lists:
    return Lists(tmp_path)


def table_of(lists: Lists) -> Path:
    (path,) = (lists.folder / "hotlists").glob("*.arrow")
    return path


@pytest.mark.parametrize("tear", ["cut", "flip", "empty"])
def test_a_torn_table_is_noticed_and_named(lists: Lists, tear: str) -> None:
    lists.full("AB12CDE", "XY34ZZZ")
    path = table_of(lists)
    content = bytearray(path.read_bytes())
    if tear == "flip":
        content[len(content) // 2] ^= 1
    path.write_bytes({"cut": content[:-9], "flip": content, "empty": b""}[tear])
    with pytest.raises(IntegrityError, match=path.name):
        held_entries(lists.reopened())


def test_a_table_that_is_gone_is_named(lists: Lists) -> None:
    lists.full("AB12CDE")
    table_of(lists).unlink()
    with pytest.raises(NotFound, match="is gone: restore it"):
        held_entries(lists.reopened())


def test_a_damaged_catalogue_is_noticed(lists: Lists) -> None:
    lists.full("AB12CDE")
    lists.store.close()
    path = lists.folder / "hotlists" / "catalogue.db"
    path.write_bytes(b"no database at all" * 300)
    with pytest.raises(IntegrityError, match=r"catalogue\.db"):
        lists.reopened().head()


def test_whoever_matches_goes_on_with_the_last_revision_when_the_newest_is_torn(lists: Lists) -> None:
    lists.full("AB12CDE")
    source = LocalHotlist(lists.reopened(), lists.clock, look_every_seconds=1)
    lists.delta("XY34ZZZ,", base=1)
    newest = lists.folder / "hotlists" / "change-2.arrow"
    content = newest.read_bytes()
    newest.write_bytes(content[:-1])
    checked = source.checked_at
    lists.clock.advance(5)
    assert marks_in(source.current()) == ["AB12CDE"]
    assert source.checked_at == checked
    newest.write_bytes(content)
    lists.clock.advance(5)
    assert marks_in(source.current()) == ["AB12CDE", "XY34ZZZ"]
    assert source.checked_at > checked


def test_what_a_crash_left_without_a_revision_is_erased_by_the_next_load(lists: Lists) -> None:
    lists.full("AB12CDE")
    folder = lists.folder / "hotlists"
    for name in ("change-9.arrow", "checkpoint-9.new"):
        (folder / name).write_bytes(b"half")
    assert lists.marks == ["AB12CDE"]
    lists.delta("XY34ZZZ,", base=1)
    assert sorted(path.name for path in folder.glob("*-*.*") if "catalogue" not in path.name) == [
        "change-1.arrow",
        "change-2.arrow",
    ]


def test_a_load_killed_at_any_moment_leaves_whole_revisions(lists: Lists) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    lists.full(*(f"A{number}" for number in range(MARKS_A_REVISION)))
    for _ in range(KILLS):
        loader = subprocess.Popen(
            script("list_writer", lists.folder, MARKS_A_REVISION), cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert loader.stdout is not None
        acknowledged = 0
        for _ in range(chance.randrange(1, 6)):
            acknowledged = int(loader.stdout.readline())
        loader.kill()
        loader.stdout.close()
        loader.wait()
        store = lists.reopened()
        state = store.head().lists[0]
        held = held_entries(store)
        # each revision replaces every entry by ones that bear its number as their reason
        assert state.revision >= acknowledged, f"seed {seed}"
        assert {entry.reason for entry in held} == {str(state.revision)}, f"seed {seed}"
        assert len(held) == state.terms.entries == MARKS_A_REVISION, f"seed {seed}"
        store.close()
    revision = lists.store.head().lists[0].revision
    lists.delta("XY34ZZZ,", base=revision)
    assert len(lists.marks) == MARKS_A_REVISION + 1


def test_a_full_disk_changes_nothing_and_the_load_can_be_made_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as folder:
        lists = Lists(folder)
        lists.full("AB12CDE")
        filler = fill(folder, leaving=20_000)
        many = [f"B{number}" for number in range(5000)]
        with pytest.raises((Unavailable, OSError)):
            lists.full("AB12CDE", *many)
        filler.unlink()
        assert lists.marks == ["AB12CDE"]
        lists.full("AB12CDE", *many)
        assert len(lists.marks) == 5001
        lists.store.close()


def test_a_second_load_waits_for_the_first_and_says_so_when_it_lasts(lists: Lists) -> None:
    class Hurrying(ManualClock):
        def monotonic(self) -> float:
            self.advance(60)
            return super().monotonic()

    other = HotlistStore(lists.folder / "hotlists", Hurrying())
    with lists.store.writing(), pytest.raises(Unavailable, match="another load is still going on"), other.writing():
        pass
    with other.writing() as head:
        assert head.sequence == 0


def test_an_entry_that_is_weeded_is_erased_and_the_record_names_no_vehicle(lists: Lists) -> None:
    lists.full("AB12CDE,2026-01-01", "XY34ZZZ,", "ZZ99ZZZ,", header="vrm,weed_date")
    lists.clock.advance(86_400)
    (step,) = weed(lists.store, by="records officer", reason="", history_days=365)
    assert (step.erased, step.state.terms.entries) == (1, 2)
    assert lists.marks == ["XY34ZZZ", "ZZ99ZZZ"]
    for path in (lists.folder / "hotlists").iterdir():
        assert b"AB12CDE" not in path.read_bytes(), path.name
    revision, step = lists.store.steps(0)[-1]
    assert (revision.kind, revision.by, step.erased) == ("weed", "records officer", 1)
    assert weed(lists.store, by="records officer", reason="", history_days=365) == []


def test_what_was_taken_off_is_kept_as_long_as_the_settings_say(lists: Lists) -> None:
    lists.full("AB12CDE", "XY34ZZZ")
    lists.delta("AB12CDE,remove", base=1)
    lists.clock.advance(86_400 * 10 + 1)
    assert weed(lists.store, by="tester", reason="", history_days=11) == []
    (step,) = weed(lists.store, by="tester", reason="", history_days=10)
    assert step.erased == 1
    for path in (lists.folder / "hotlists").iterdir():
        assert b"AB12CDE" not in path.read_bytes(), path.name


def test_a_clock_that_jumps_years_ahead_erases_nothing(lists: Lists) -> None:
    lists.full("AB12CDE,2026-06-01", "XY34ZZZ,2026-06-01", "ZZ99ZZZ,", header="vrm,weed_date")
    lists.clock.advance(86_400 * 3650)
    with pytest.raises(Refused, match="is this machine's clock right"):
        weed(lists.store, by="tester", reason="", history_days=365)
    lists.clock.set_back(86_400 * 3650)
    assert len(lists.marks) == 3
    lists.clock.advance(86_400 * 365)
    weed(lists.store, by="tester", reason="a year has passed", history_days=365)
    assert lists.marks == ["ZZ99ZZZ"]


def test_a_clock_set_back_weeds_only_what_is_past_by_it(lists: Lists) -> None:
    lists.full("AB12CDE,2026-01-01", "XY34ZZZ,", header="vrm,weed_date")
    lists.clock.set_back(86_400)
    assert weed(lists.store, by="tester", reason="", history_days=0) == []
    assert len(lists.marks) == 2


def test_after_weeding_it_is_known_since_when_the_past_can_be_told(lists: Lists) -> None:
    lists.full("AB12CDE,2026-01-01", "XY34ZZZ,", header="vrm,weed_date")
    source = LocalHotlist(lists.reopened(), lists.clock, look_every_seconds=1)
    assert source.current().history_from < datetime(2000, 1, 1, tzinfo=UTC)
    lists.clock.advance(86_400 * 3)
    weed(lists.store, by="tester", reason="", history_days=365)
    lists.clock.advance(2)
    snapshot = source.current()
    assert snapshot.history_from == datetime(2026, 1, 2, tzinfo=UTC)
    assert marks_in(snapshot) == ["XY34ZZZ"]


def test_the_file_of_a_run_is_watched_and_a_bad_one_changes_nothing(lists: Lists) -> None:
    path = lists.folder / "run.csv"
    path.write_text("vrm\nAB12CDE\nXY34ZZZ\n")
    watch = FileWatch(path, lists.reopened(), MatchSettings(), lists.clock)
    source = LocalHotlist(lists.reopened(), lists.clock, look_every_seconds=1, watch=watch)
    assert marks_in(source.current()) == ["AB12CDE", "XY34ZZZ"]
    for content in ("vrm\nZZ99ZZZ\n!\n", "", "vrm\n"):
        path.write_text(content)
        lists.clock.advance(2)
        assert marks_in(source.current()) == ["AB12CDE", "XY34ZZZ"]
    path.unlink()
    lists.clock.advance(2)
    assert marks_in(source.current()) == ["AB12CDE", "XY34ZZZ"]
    path.write_text("vrm,hotlist_id\nZZ99ZZZ,watch\nAB12CDE,watch\n")
    lists.clock.advance(2)
    assert marks_in(source.current()) == ["AB12CDE", "ZZ99ZZZ"]
    assert [(one.terms.hotlist_id, one.terms.entries) for one in lists.store.head().lists] == [
        ("default", 0),
        ("watch", 2),
    ]


def test_a_list_given_to_a_run_has_an_owner_and_a_review_date(lists: Lists) -> None:
    path = lists.folder / "run.csv"
    path.write_text("vrm\nAB12CDE\n")
    FileWatch(path, lists.store, MatchSettings(review_within_days=30), lists.clock).load()
    (terms,) = lists.store.terms().values()
    assert terms.owner
    assert terms.purpose == "given to a run"
    assert terms.review_date == (lists.clock.now() + timedelta(days=30)).date()
