"""The store of lists: revisions that are whole, deltas that fit, and files that may not replace a good list."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from pipeline.domain.hotlist import HotlistTerms
from pipeline.errors import BadInput
from pipeline.match.lists.catalogue import Kind
from pipeline.match.lists.file import read_list_file
from pipeline.match.lists.guard import Refused
from pipeline.match.lists.loading import LoadRequest, load, set_terms
from tests.support.lists import STOLEN, TERMS, Lists, held_entries


@pytest.fixture
def lists(tmp_path: Path) -> Lists:
    return Lists(tmp_path)


def counted(name: str) -> float:
    return REGISTRY.get_sample_value(name) or 0.0


def test_a_full_file_is_what_the_list_holds(lists: Lists) -> None:
    loaded = lists.full("AB12CDE", "XY34ZZZ")
    (step,) = loaded.steps
    assert (loaded.sequence, step.state.revision, step.added, step.state.terms.entries) == (1, 1, 2, 2)
    assert lists.marks == ["AB12CDE", "XY34ZZZ"]


def test_a_second_full_file_replaces_the_first_and_says_what_changed(lists: Lists) -> None:
    lists.full("AB12CDE,a", "XY34ZZZ,b", "ZZ99ZZZ,c", header="vrm,reason")
    (step,) = lists.full("AB12CDE,a", "XY34ZZZ,changed", "NE11NEW,d", header="vrm,reason").steps
    assert (step.same, step.altered, step.removed, step.added) == (1, 1, 1, 1)
    assert lists.marks == ["AB12CDE", "NE11NEW", "XY34ZZZ"]


def test_the_same_file_again_is_no_new_revision(lists: Lists) -> None:
    first = lists.full("AB12CDE", "XY34ZZZ")
    assert lists.full("XY34ZZZ", "AB12CDE").sequence == first.sequence


def test_a_delta_replaces_and_takes_off_the_marks_it_names(lists: Lists) -> None:
    lists.full("AB12CDE,a", "XY34ZZZ,b", "ZZ99ZZZ,c", header="vrm,reason")
    (step,) = lists.delta(
        "AB12CDE,remove,", "XY34ZZZ,,changed", "NE11NEW,put,d", base=1, header="vrm,change,reason"
    ).steps
    assert (step.added, step.altered, step.removed, step.state.revision) == (1, 1, 1, 2)
    assert [(entry.vrm, entry.reason) for entry in held_entries(lists.store)] == [
        ("NE11NEW", "d"),
        ("XY34ZZZ", "changed"),
        ("ZZ99ZZZ", "c"),
    ]


def test_a_mark_that_is_on_a_list_twice_is_two_entries_and_goes_as_one(lists: Lists) -> None:
    lists.full("AB12CDE,stolen", "AB12CDE,no insurance", "XY34ZZZ,", "ZZ99ZZZ,", header="vrm,reason")
    assert lists.marks == ["AB12CDE", "AB12CDE", "XY34ZZZ", "ZZ99ZZZ"]
    lists.delta("AB12CDE,remove", base=1)
    assert lists.marks == ["XY34ZZZ", "ZZ99ZZZ"]


def test_a_mark_to_take_off_that_was_not_on_the_list_is_counted(lists: Lists) -> None:
    lists.full("AB12CDE")
    (step,) = lists.delta("XY34ZZZ,remove", base=1).steps
    assert (step.unknown, step.removed) == (1, 0)
    assert lists.store.head().sequence == 1


@pytest.mark.parametrize("base", [0, 2, 99])
def test_a_delta_of_another_revision_changes_nothing(lists: Lists, base: int) -> None:
    lists.full("AB12CDE")
    with pytest.raises(BadInput, match="is at revision 1, the delta was made for"):
        lists.delta("NE11NEW,", base=base)
    assert lists.marks == ["AB12CDE"]


def test_a_delta_without_a_base_or_of_no_list_is_refused(lists: Lists) -> None:
    with pytest.raises(BadInput, match="not held: load the full list first"):
        lists.delta("NE11NEW,", base=1)
    lists.full("AB12CDE")
    with pytest.raises(BadInput, match="needs --base"):
        lists.delta("NE11NEW,", base=None)


def test_an_older_revision_of_the_owner_is_refused(lists: Lists) -> None:
    lists.full("AB12CDE", revision=7)
    with pytest.raises(BadInput, match="older"):
        lists.full("XY34ZZZ", revision=6)
    with pytest.raises(BadInput, match="says something else"):
        lists.full("XY34ZZZ", revision=7)
    assert lists.full("XY34ZZZ", revision=8).steps[0].state.revision == 8


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["AB12CDE", "!"], "line 3: a VRM holds only"),
        ([], "would be empty, it holds 4 entries"),
        (["AB12CDE"], "would fall from 4 entries to 1 at once"),
    ],
)
def test_a_bad_file_never_replaces_a_good_list(lists: Lists, lines: list[str], why: str) -> None:
    lists.full("AB12CDE", "BC12CDE", "CD12CDE", "DE12CDE")
    before, rejected = lists.marks, counted("anpr_hotlist_rejected_total")
    with pytest.raises(Refused, match=why):
        lists.full(*lines)
    assert lists.marks == before
    assert counted("anpr_hotlist_rejected_total") == rejected + 1


@pytest.mark.parametrize(("lines", "left"), [(["AB12CDE", "!"], ["AB12CDE"]), ([], [])])
def test_with_a_reason_it_does_and_the_reason_is_on_record(lists: Lists, lines: list[str], left: list[str]) -> None:
    lists.full("AB12CDE", "BC12CDE", "CD12CDE", "DE12CDE")
    lists.full(*lines, reason="the operation is over")
    assert lists.marks == left
    assert lists.store.steps(0)[-1][0].reason == "the operation is over"


def test_a_delta_that_takes_off_more_than_half_is_refused_too(lists: Lists) -> None:
    lists.full("AB12CDE", "BC12CDE", "CD12CDE")
    with pytest.raises(Refused, match="would fall from 3 entries to 1"):
        lists.delta("AB12CDE,remove", "BC12CDE,remove", base=1)


def test_entries_past_their_weed_date_are_not_missed_when_they_go(lists: Lists) -> None:
    lists.full("AB12CDE,2026-01-01", "BC12CDE,2026-01-01", "CD12CDE,", header="vrm,weed_date")
    lists.clock.advance(86_400)
    lists.full("CD12CDE")
    assert lists.marks == ["CD12CDE"]


def test_an_empty_first_file_is_refused(lists: Lists) -> None:
    with pytest.raises(Refused, match="would be empty"):
        lists.full()


def test_a_new_list_needs_somebody_who_answers_for_it(lists: Lists) -> None:
    with pytest.raises(BadInput, match="list stolen is new: give --owner, --purpose and --review-date"):
        lists.full("AB12CDE", terms={"owner": ""})


def test_what_a_list_is_for_can_be_changed_and_is_a_revision(lists: Lists) -> None:
    lists.full("AB12CDE")
    set_terms(lists.store, STOLEN, {"covert": True, "visible_to": ("crime desk",)}, by="tester")
    terms = lists.reopened().terms()[STOLEN]
    assert (terms.covert, terms.visible_to, terms.entries) == (True, ("crime desk",), 1)
    assert [revision.kind for revision, _ in lists.store.steps(0)] == [Kind.FULL, Kind.TERMS]
    assert not terms.may_be_seen_by("somebody")
    assert terms.may_be_seen_by("crime desk")
    assert terms.may_be_seen_by("traffic desk")


def test_a_review_that_is_overdue_is_told() -> None:
    terms = HotlistTerms(hotlist_id=STOLEN, review_date=date(2026, 1, 5))
    assert [terms.review_is_overdue(date(2026, 1, day)) for day in (4, 5, 6)] == [False, False, True]


def test_two_lists_keep_their_numbers_and_their_entries_apart(lists: Lists, tmp_path: Path) -> None:
    lists.full("AB12CDE")
    path = tmp_path / "two.csv"
    path.write_text("vrm,hotlist_id\nAB12CDE,watch\nXY34ZZZ,stolen\n")
    request = LoadRequest(by="tester", terms_if_new=TERMS)
    load(lists.store, read_list_file(path), request, least_share=0.5, today=date(2026, 1, 1))
    assert [(one.number, one.terms.hotlist_id) for one in lists.store.head().lists] == [(0, "stolen"), (1, "watch")]
    assert [(entry.vrm, entry.hotlist_id) for entry in held_entries(lists.store)] == [
        ("AB12CDE", "watch"),
        ("XY34ZZZ", "stolen"),
    ]


def test_many_changes_are_gathered_and_nothing_is_lost(lists: Lists, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.match.lists.store._LARGE_ROWS", 3)
    lists.full("AB12CDE")
    for number in range(8):
        lists.delta(f"BC1{number}CDE,", base=number + 1)
    files = sorted(path.name for path in (lists.folder / "hotlists").glob("*.arrow"))
    assert lists.marks == ["AB12CDE", *(f"BC1{number}CDE" for number in range(8))]
    assert any(name.startswith("checkpoint") for name in files)
    assert len(files) < 8


def test_the_clock_may_be_set_back_and_revisions_still_follow_each_other(lists: Lists) -> None:
    lists.full("AB12CDE")
    lists.clock.set_back(3600)
    lists.delta("XY34ZZZ,", base=1)
    first, second = lists.store.revisions(0, 2)
    assert first.at < second.at
    assert lists.marks == ["AB12CDE", "XY34ZZZ"]


def test_nobody_else_may_enter_the_folder(lists: Lists) -> None:
    assert (lists.folder / "hotlists").stat().st_mode & 0o077 == 0


def test_no_mark_stands_in_the_catalogue(lists: Lists) -> None:
    lists.full("AB12CDE", "XY34ZZZ")
    with pytest.raises(Refused):
        lists.full("AB12CDE", "XY34!ZZZ")
    content = b"".join(path.read_bytes() for path in (lists.folder / "hotlists").glob("catalogue.db*"))
    assert b"AB12CDE" not in content
    assert b"XY34" not in content
