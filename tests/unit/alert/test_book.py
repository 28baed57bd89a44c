"""The book: a hit is in exactly one alert, repeats collapse and are kept, and events are told from a cursor."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alert.book import AlertBook
from pipeline.alert.database import open_to_write
from pipeline.alert.settings import AlertSettings
from pipeline.domain.alert import AlertedHit, AlertState, PersonId, step_to
from pipeline.domain.hotlist import HitKind
from pipeline.errors import BadInput, IntegrityError, NotFound, OutOfTurn, Unavailable
from tests.support.alerts import CONTROL_ROOM, INSPECTOR, TOLD, Office, an_alerted_hit, told_at
from tests.support.builders import AT

PERSON = PersonId("PC 1")


def advanced(office: Office, alert_id: str, *states: AlertState) -> None:
    for state in states:
        office.book.advance(alert_id, step_to(state, person=PERSON, at=AT))


def alerts_of(office: Office) -> list[tuple[str, int]]:
    """The kind of each alert, oldest first, and how many repeats it holds."""
    rows = office.book.alerts((CONTROL_ROOM,), states=list(AlertState), limit=1000)
    return [(alert.hit.kind.value, len(alert.repeats)) for _, alert in reversed(rows)]


def test_the_same_hit_offered_again_raises_nothing(tmp_path: Path) -> None:
    office = Office(tmp_path)
    told_at(office.book, [an_alerted_hit(1), an_alerted_hit(1)])
    told_at(office.book, [an_alerted_hit(1)])
    assert alerts_of(office) == [("exact", 0)]
    assert office.kinds_told() == ["raised"]


def test_repeats_within_the_window_join_the_alert_and_are_kept_with_their_reads(tmp_path: Path) -> None:
    office = Office(tmp_path, collapse_seconds=60.0)
    hits = [an_alerted_hit(at, seconds=at * 20) for at in range(5)]
    told_at(office.book, hits)
    assert alerts_of(office) == [("exact", 3), ("exact", 0)]
    assert office.kinds_told() == ["raised", "repeated", "repeated", "repeated", "raised"]
    first = office.book.alerts((CONTROL_ROOM,), before=2)[0][1]
    assert first.repeats == tuple(hits[1:4])


def test_a_vehicle_that_stays_in_view_is_alerted_of_again_after_every_window(tmp_path: Path) -> None:
    office = Office(tmp_path, collapse_seconds=60.0)
    told_at(office.book, [an_alerted_hit(at, seconds=at * 10) for at in range(20)])
    assert [repeats for _, repeats in alerts_of(office)] == [6, 6, 5]


@pytest.mark.parametrize(
    "other",
    [
        an_alerted_hit(2, seconds=1, camera="south-gate"),
        an_alerted_hit(2, seconds=1, hotlist_id="untaxed"),
        an_alerted_hit(2, seconds=1, vrm="XY34ZZZ"),
        an_alerted_hit(2, seconds=-121),
    ],
    ids=["camera", "list", "vehicle", "long-before"],
)
def test_another_camera_list_vehicle_or_time_is_another_alert(tmp_path: Path, other: AlertedHit) -> None:
    office = Office(tmp_path)
    told_at(office.book, [an_alerted_hit(1, seconds=0), other])
    assert len(alerts_of(office)) == 2


def test_reads_that_come_in_the_wrong_order_collapse_too(tmp_path: Path) -> None:
    office = Office(tmp_path)
    told_at(office.book, [an_alerted_hit(1, seconds=30), an_alerted_hit(2, seconds=0)])
    assert alerts_of(office) == [("exact", 1)]


def test_a_near_hit_joins_an_exact_alert_but_an_exact_hit_never_hides_in_a_near_one(tmp_path: Path) -> None:
    office = Office(tmp_path)
    told_at(office.book, [an_alerted_hit(1, seconds=0, kind=HitKind.NEAR), an_alerted_hit(2, seconds=1)])
    told_at(office.book, [an_alerted_hit(3, seconds=2, kind=HitKind.NEAR)])
    assert alerts_of(office) == [("near", 0), ("exact", 1)]


@pytest.mark.parametrize("verdict", [AlertState.MISREAD, AlertState.CONFIRMED])
def test_a_hit_never_joins_an_alert_that_was_put_aside(tmp_path: Path, verdict: AlertState) -> None:
    office = Office(tmp_path)
    told_at(office.book, [an_alerted_hit(1, seconds=0)])
    (_, alert), *_ = office.book.alerts((CONTROL_ROOM,))
    advanced(office, alert.alert_id, AlertState.SEEN, verdict)
    told_at(office.book, [an_alerted_hit(2, seconds=1)])
    assert len(alerts_of(office)) == (2 if verdict is AlertState.MISREAD else 1)


def test_a_full_alert_takes_no_more_repeats(tmp_path: Path) -> None:
    office = Office(tmp_path, most_repeats=2)
    told_at(office.book, [an_alerted_hit(at, seconds=at) for at in range(5)])
    assert [repeats for _, repeats in alerts_of(office)] == [2, 1]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 400), st.sampled_from(HitKind)), max_size=25),
    st.lists(st.integers(1, 5), max_size=10),
)
def test_every_hit_is_in_exactly_one_alert_however_they_come(
    tmp_path_factory: pytest.TempPathFactory, offered: list[tuple[int, int, HitKind]], batches: list[int]
) -> None:
    office = Office(tmp_path_factory.mktemp("book"))
    hits = [an_alerted_hit(number, seconds=seconds, kind=kind) for number, seconds, kind in offered]
    left = list(hits)
    for size in [*batches, len(hits)]:
        told_at(office.book, left[:size])
        left = left[size:]
    assert Counter(office.hit_ids()) == Counter({hit.hit.hit_id for hit in hits})
    office.book.close()


def test_position_and_alerts_are_there_when_the_book_is_opened_again(tmp_path: Path) -> None:
    office = Office(tmp_path)
    told_at(office.book, [an_alerted_hit(1)], position="123 45 abc")
    before = office.book.alerts((CONTROL_ROOM,))
    office.book.close()
    again = Office(tmp_path)
    assert (again.book.position, again.book.alerts((CONTROL_ROOM,))) == ("123 45 abc", before)


def test_events_are_told_from_a_cursor_to_those_who_were_told(tmp_path: Path) -> None:
    office = Office(tmp_path)
    other = TOLD.__class__(recipients=(INSPECTOR,), escalate_to=())
    office.book.take([(an_alerted_hit(1), TOLD), (an_alerted_hit(2), other)], position="", at=AT)
    told_at(office.book, [an_alerted_hit(3)])
    looked = office.book.events_after(0, (CONTROL_ROOM,), 10)
    assert [event.cursor for event in looked.events] == [1, 3]
    assert [event.cursor for event in office.book.events_after(1, (CONTROL_ROOM,), 10).events] == [3]
    assert [event.cursor for event in office.book.events_after(0, (INSPECTOR,), 10).events] == [2]
    assert office.book.events_after(0, (CONTROL_ROOM,), 1).cursor == 1


def test_an_alert_is_unknown_to_those_who_were_not_told(tmp_path: Path) -> None:
    office = Office(tmp_path)
    told_at(office.book, [an_alerted_hit(1)])
    (_, alert), *_ = office.book.alerts((CONTROL_ROOM,))
    assert office.book.alert(alert.alert_id[:8], (CONTROL_ROOM,)) == alert
    with pytest.raises(NotFound):
        office.book.alert(alert.alert_id, (INSPECTOR,))
    with pytest.raises(NotFound):
        office.book.advance(alert.alert_id, step_to(AlertState.SEEN, person=PERSON, at=AT), recipients=(INSPECTOR,))
    with pytest.raises(BadInput, match="at least"):
        office.book.alert("ab", (CONTROL_ROOM,))


def test_a_refused_step_changes_nothing_and_tells_nobody(tmp_path: Path) -> None:
    office = Office(tmp_path)
    told_at(office.book, [an_alerted_hit(1)])
    (_, alert), *_ = office.book.alerts((CONTROL_ROOM,))
    with pytest.raises(OutOfTurn):
        advanced(office, alert.alert_id, AlertState.ACTIONED)
    advanced(office, alert.alert_id, AlertState.SEEN, AlertState.SEEN)
    assert office.kinds_told() == ["raised", "advanced"]


def test_a_cursor_that_was_acknowledged_never_goes_back(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.book.acknowledge("desk", 7)
    office.book.acknowledge("desk", 3)
    assert (office.book.acknowledged("desk"), office.book.acknowledged("nobody")) == (7, 0)


def test_what_is_old_is_erased_for_good_and_does_not_come_back(tmp_path: Path) -> None:
    office = Office(tmp_path)
    old, new = an_alerted_hit(1, reason="very-old-reason"), an_alerted_hit(48)
    told_at(office.book, [old, new])
    assert office.book.expire(AT + timedelta(hours=24)) == 1
    office.book.empty_log()
    told_at(office.book, [old])
    assert office.hit_ids() == [new.hit.hit_id]
    assert office.kinds_told() == ["raised"]
    for path in (tmp_path / "alerts").iterdir():
        assert b"very-old-reason" not in path.read_bytes()


def test_a_book_that_is_full_changes_nothing_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / "alerts" / "alerts.db"
    open_to_write(path).close()
    book = AlertBook(path, AlertSettings())
    pages = book._writer.execute("PRAGMA page_count").fetchone()[0]
    book._writer.execute(f"PRAGMA max_page_count = {pages + 1}")
    hits = [an_alerted_hit(number, reason="x" * 500) for number in range(40)]
    with pytest.raises(Unavailable, match="full"):
        told_at(book, hits)
    assert (book.alerts((CONTROL_ROOM,)), book.position, book.newest_cursor()) == ([], "", 0)
    book._writer.execute("PRAGMA max_page_count = 1000000")
    told_at(book, hits)
    assert len(book.alerts((CONTROL_ROOM,), limit=100)) == 40
    book.close()


def test_a_damaged_book_is_refused_and_not_read_around(tmp_path: Path) -> None:
    office = Office(tmp_path)
    told_at(office.book, [an_alerted_hit(1)])
    office.book._writer.execute("UPDATE alerts SET content = x'ff'")
    with pytest.raises(IntegrityError, match="restore"):
        office.book.alerts((CONTROL_ROOM,))
