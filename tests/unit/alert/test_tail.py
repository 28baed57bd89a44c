"""The alerts' tail: every hit once, held back when it must be, and escalated when nobody looks, whatever clocks do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.alert.settings import RouteSettings
from pipeline.domain.alert import AlertState, Recipient
from pipeline.domain.hotlist import HotlistId, HotlistTerms
from pipeline.domain.read import ReadId
from pipeline.errors import Unavailable
from tests.support.alerts import CONTROL_ROOM, INSPECTOR, KeptRecords, Office, an_alerted_hit
from tests.support.builders import AT, OVERVIEW, PATCH, a_record
from tests.support.clock import ManualClock

ROUTES: list[Any] = [{"recipients": [CONTROL_ROOM], "escalate_to": [INSPECTOR]}]


def escalating(folder: Path, **settings: Any) -> Office:
    office = Office(
        folder,
        [an_alerted_hit(1)],
        routes=[RouteSettings(**route) for route in ROUTES],
        **{"escalate_after_seconds": 60.0, "most_escalations": 2} | settings,
    )
    office.run()
    return office


def test_every_hit_raises_one_alert_over_batches_and_restarts(tmp_path: Path) -> None:
    hits = [an_alerted_hit(number) for number in range(10)]
    first = Office(tmp_path, hits[:6], batch_hits=4)
    first.run()
    first.book.close()
    again = Office(tmp_path, hits, batch_hits=4)
    again.run()
    assert sorted(again.hit_ids()) == sorted(hit.hit.hit_id for hit in hits)
    assert again.tail.lag == 0


def test_a_log_read_again_from_its_beginning_raises_nothing_twice(tmp_path: Path) -> None:
    hits = [an_alerted_hit(number) for number in range(3)]
    office = Office(tmp_path, hits)
    office.run()
    office.log.hits += hits
    office.run()
    assert len(office.hit_ids()) == 3


def test_hits_wait_while_nobody_knows_who_may_see_the_list(tmp_path: Path) -> None:
    answers: list[Any] = [Unavailable("the lists cannot be read")]

    def ask() -> dict[HotlistId, HotlistTerms]:
        if answers:
            raise answers.pop()
        return {HotlistId("stolen"): HotlistTerms(hotlist_id=HotlistId("stolen"), owner="Unit 7", covert=True)}

    office = Office(tmp_path, [an_alerted_hit(1)], ask_terms=ask)
    with pytest.raises(Unavailable):
        office.tail.step(0.0)
    assert office.book.newest_cursor() == 0
    office.run()
    assert office.kinds_told() == []
    assert office.kinds_told(Recipient("Unit 7")) == ["raised"]


def test_an_alert_says_how_old_its_read_was(tmp_path: Path) -> None:
    clock = ManualClock(AT + timedelta(days=3))
    office = Office(tmp_path, [an_alerted_hit(1, seconds=0)], clock=clock)
    office.run()
    (_, alert), *_ = office.book.alerts((CONTROL_ROOM,))
    assert alert.read_age == timedelta(days=3)


def test_the_pictures_are_kept_with_the_alert(tmp_path: Path) -> None:
    record = a_record(read_id=ReadId(f"{1:032x}"))
    office = Office(tmp_path, [an_alerted_hit(1)], records=[KeptRecords([record])])
    office.run()
    alone = Office(tmp_path)
    (_, alert), *_ = alone.book.alerts((CONTROL_ROOM,))
    pictures = alone.desk.pictures_of(alert)
    assert (pictures.patch, pictures.overview) == (PATCH, OVERVIEW)


def test_a_picture_that_is_not_what_its_read_says_is_never_shown(tmp_path: Path) -> None:
    record = a_record(read_id=ReadId(f"{1:032x}"))
    office = Office(tmp_path, [an_alerted_hit(1)], records=[KeptRecords([record])])
    office.run()
    for path in (tmp_path / "alerts" / "pictures").rglob("*.jpg"):
        path.write_bytes(b"another picture")
    alone = Office(tmp_path)
    (_, alert), *_ = alone.book.alerts((CONTROL_ROOM,))
    assert alone.desk.pictures_of(alert).patch is None
    fetched = Office(tmp_path, records=[KeptRecords(), KeptRecords([record])])
    assert fetched.desk.pictures_of(alert).patch == PATCH


def test_a_picture_that_came_after_its_read_is_shown_from_wherever_it_is(tmp_path: Path) -> None:
    bare = a_record(read_id=ReadId(f"{1:032x}"), patch=b"", overview=b"")
    hit = an_alerted_hit(1)
    office = Office(tmp_path, [replace(hit, read=bare.read)], records=[KeptRecords([bare])])
    office.run()
    (_, alert), *_ = office.book.alerts((CONTROL_ROOM,))
    assert (office.desk.pictures_of(alert).patch, office.desk.pictures_of(alert).overview) == (None, None)
    stored = Office(tmp_path, records=[KeptRecords([bare]), KeptRecords([replace(bare, patch=PATCH)])])
    assert (stored.desk.pictures_of(alert).patch, stored.desk.pictures_of(alert).overview) == (PATCH, None)


def test_an_alert_that_nobody_sees_goes_on_to_others_and_then_rests(tmp_path: Path) -> None:
    office = escalating(tmp_path)
    for _ in range(10):
        office.pass_time(30)
    assert office.kinds_told() == ["raised", "escalated", "escalated"]
    assert office.kinds_told(INSPECTOR) == ["raised", "escalated", "escalated"]
    (_, alert), *_ = office.book.alerts((INSPECTOR,))
    assert alert.recipients == (CONTROL_ROOM, INSPECTOR)


def test_an_alert_that_was_seen_does_not_escalate(tmp_path: Path) -> None:
    office = escalating(tmp_path)
    (_, alert), *_ = office.book.alerts((CONTROL_ROOM,))
    office.desk.advance(alert.alert_id, [CONTROL_ROOM], state=AlertState.SEEN, person="PC 1")
    office.pass_time(500)
    assert office.kinds_told() == ["raised", "advanced"]


@pytest.mark.parametrize("jumps", [[-86_400.0], [86_400.0], [3_600.0, -7_200.0]])
def test_a_clock_that_jumps_neither_hastens_nor_stops_an_escalation(tmp_path: Path, jumps: Sequence[float]) -> None:
    office = escalating(tmp_path)
    for jump in jumps:
        office.clock.set_back(-jump)
        office.pass_time(20)
    assert office.kinds_told() == ["raised"]
    office.pass_time(60)
    assert office.kinds_told() == ["raised", "escalated"]


@pytest.mark.parametrize(("away_seconds", "escalates_after"), [(40.0, 20.0), (-86_400.0, 60.0), (86_400.0, 0.0)])
def test_after_a_restart_what_is_left_of_the_wait_is_waited(
    tmp_path: Path, away_seconds: float, escalates_after: float
) -> None:
    before = escalating(tmp_path)
    before.book.close()
    after = Office(
        tmp_path,
        clock=ManualClock(before.clock.now() + timedelta(seconds=away_seconds)),
        escalate_after_seconds=60.0,
    )
    after.tail.step(after.clock.monotonic())
    if escalates_after:
        after.pass_time(escalates_after - 2)
        assert after.kinds_told() == ["raised"]
        after.pass_time(3)
    assert after.kinds_told() == ["raised", "escalated"]


def test_hits_of_a_clock_that_was_set_back_are_raised_and_collapse_all_the_same(tmp_path: Path) -> None:
    hits = [an_alerted_hit(1, seconds=0), an_alerted_hit(2, seconds=-5), an_alerted_hit(3, seconds=5)]
    office = Office(tmp_path, hits, batch_hits=1)
    for _ in hits:
        office.clock.set_back(3600)
        office.tail.step(office.clock.monotonic())
    assert office.kinds_told() == ["raised", "repeated", "repeated"]


def test_hits_of_a_list_that_is_gone_are_told_to_its_owner_alone(tmp_path: Path) -> None:
    office = Office(tmp_path, [an_alerted_hit(1, hotlist_id="gone", owner="Unit 7")])
    office.run()
    assert office.kinds_told() == []
    assert office.kinds_told(Recipient("Unit 7")) == ["raised"]
