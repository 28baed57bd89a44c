"""A watch tells everything at least once, goes on where it was acknowledged, and never runs far ahead."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alert.watch import Watch
from pipeline.domain.alert import AlertState
from pipeline.errors import BadInput
from tests.support.alerts import CONTROL_ROOM, Office, an_alerted_hit


def watched(watch: Watch) -> list[int]:
    return [event.cursor for event in watch.events()]


def an_office(folder: Path, hits: int, **settings: int) -> Office:
    office = Office(folder, [an_alerted_hit(number) for number in range(hits)], **settings)
    office.run()
    return office


def test_a_new_subscriber_is_told_everything_and_one_that_comes_back_what_it_has_not_acknowledged(
    tmp_path: Path,
) -> None:
    office = an_office(tmp_path, 5)
    watch = office.desk.watch("desk", ["control-room"], None)
    assert watched(watch) == [1, 2, 3, 4, 5]
    watch.acknowledge(3)
    assert watched(office.desk.watch("desk", ["control-room"], None)) == [4, 5]
    assert watched(office.desk.watch("another", ["control-room"], 4)) == [5]


def test_what_happens_while_one_watches_is_told_once(tmp_path: Path) -> None:
    office = an_office(tmp_path, 1)
    watch = office.desk.watch("desk", ["control-room"], None)
    (event,) = watch.events()
    assert watched(watch) == []
    office.desk.advance(event.alert.alert_id, ["control-room"], state=AlertState.SEEN, person="PC 1")
    (event,) = watch.events()
    assert (event.kind.value, event.alert.state) == ("advanced", AlertState.SEEN)


def test_no_more_is_told_than_may_be_unacknowledged(tmp_path: Path) -> None:
    office = an_office(tmp_path, 10, watch_unacknowledged=4)
    watch = office.desk.watch("desk", ["control-room"], None)
    assert (watched(watch), watched(watch), watch.room) == ([1, 2, 3, 4], [], 0)
    watch.acknowledge(2)
    assert watched(watch) == [5, 6]


def test_events_for_others_are_passed_over_however_many_they_are(tmp_path: Path) -> None:
    office = an_office(tmp_path, 600, batch_hits=600)
    watch = office.desk.watch("press", ["press-office"], None)
    assert watched(watch) == []
    assert office.desk.watch("desk", ["control-room"], 599).events()[0].cursor == 600


@pytest.mark.parametrize("cursor", [-1, 6])
def test_a_cursor_that_was_never_given_is_refused_rather_than_waited_for(tmp_path: Path, cursor: int) -> None:
    office = an_office(tmp_path, 5)
    with pytest.raises(BadInput, match="never given"):
        office.desk.watch("desk", ["control-room"], cursor)


def test_what_was_not_told_cannot_be_acknowledged(tmp_path: Path) -> None:
    office = an_office(tmp_path, 5, watch_unacknowledged=2)
    watch = office.desk.watch("desk", ["control-room"], None)
    watch.events()
    with pytest.raises(BadInput, match="not told"):
        watch.acknowledge(3)


@pytest.mark.parametrize(("subscriber", "recipients"), [("", ["a"]), ("webhook:x", ["a"]), ("desk", []), ("a", [""])])
def test_a_watch_needs_a_name_and_desks(tmp_path: Path, subscriber: str, recipients: list[str]) -> None:
    with pytest.raises(BadInput):
        an_office(tmp_path, 0).desk.watch(subscriber, recipients, None)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["hit", "take", "acknowledge", "break"]), max_size=40))
def test_nothing_is_lost_or_disordered_however_often_the_connection_breaks(
    tmp_path_factory: pytest.TempPathFactory, happenings: list[str]
) -> None:
    office = Office(tmp_path_factory.mktemp("watch"), watch_unacknowledged=3)
    watch = office.desk.watch("desk", ["control-room"], None)
    told: list[int] = []
    held: list[int] = []
    for what in [*happenings, *["break", "take", "acknowledge", "take", "acknowledge"] * 20]:
        if what == "hit":
            office.log.hits.append(an_alerted_hit(len(office.log.hits)))
            office.run()
        elif what == "take":
            fresh = watched(watch)
            told += fresh
            held += fresh
        elif what == "acknowledge" and held:
            watch.acknowledge(held[-1])
            held = []
        elif what == "break":
            watch, held = office.desk.watch("desk", ["control-room"], None), []
    newest = office.book.newest_cursor()
    assert sorted(set(told)) == list(range(1, newest + 1))
    assert office.book.acknowledged("desk") == newest
    assert [event.cursor for event in office.book.events_after(0, (CONTROL_ROOM,), 10_000).events] == sorted(set(told))
    office.book.close()


def test_pages_of_alerts_follow_on_each_other_without_gap_or_double(tmp_path: Path) -> None:
    office = an_office(tmp_path, 7)
    seen: list[str] = []
    token = ""
    while True:
        page = office.desk.listed(["control-room"], page_size=3, token=token)
        seen += [alert.hit.read_id for alert in page.alerts]
        token = page.next_token
        if not token:
            break
    assert seen == [f"{number:032x}" for number in reversed(range(7))]
    assert page.cursor == 7
