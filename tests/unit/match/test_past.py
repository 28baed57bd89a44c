"""A new vehicle of interest against the past: only what the grant opens, only as far back as is allowed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.domain.access import AccessRequest, Category, Grade, Grant, Person, PersonId, RequestId, Span
from pipeline.domain.hotlist import HitKind
from pipeline.domain.plate import CameraId
from pipeline.domain.posterior import Doubt
from pipeline.domain.query import Area, Query, exact
from pipeline.domain.read import Location, Read, ReadId
from pipeline.domain.vrm import Vrm
from pipeline.errors import AccessDenied, BadInput
from pipeline.match.past import LookBack, past_hits
from pipeline.match.settings import MatchSettings
from tests.support.builders import a_read, a_voi

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WANTED = Vrm("AB12CDE")


def a_grant(**of_query: object) -> Grant:
    """Leave to see reads of the wanted mark of the last thirty days."""
    query = Query(begin=NOW - 30 * DAY, end=NOW, terms=(exact("AB12CDE"),))
    person = Person(person_id=PersonId("7"), force="Kent", grade=Grade.INSPECTOR, roles=frozenset(), trained_until=None)
    request = AccessRequest(
        request_id=RequestId("1"),
        person=person,
        purpose="crime",
        category=Category("major"),
        reference="1/26",
        justification="a made-up case",
        query=replace(query, **of_query),  # type: ignore[arg-type]
        made_at=NOW,
    )
    nothing = Span(begin=NOW, end=NOW)
    return Grant(request=request, rule="r", freely=Span(begin=NOW - 30 * DAY, end=NOW), authorised=nothing, narrowed=())


def a_past_read(number: int, days_ago: float, **overrides: object) -> Read:
    captured_at = NOW - days_ago * DAY
    return a_read(**{"read_id": ReadId(f"{number:032x}"), "captured_at": captured_at, "vrm": WANTED} | overrides)


def found(*reads: Read, grant: Grant | None = None, look_back: LookBack | None = None) -> list[str]:
    hits = past_hits(
        a_voi(vrm=WANTED),
        reads,
        grant or a_grant(),
        at=NOW,
        look_back=look_back or LookBack(),
        settings=MatchSettings(),
    )
    return [hit.read_id for hit in hits]


def test_reads_that_come_of_the_vehicle_are_found_exactly_and_nearly_and_say_how_old_they_are() -> None:
    doubt = Doubt(position=1, length=1, text="B", cost=100)
    reads = [
        a_past_read(1, 3),
        a_past_read(2, 2, vrm=Vrm("XY34ZZZ")),
        a_past_read(3, 1, vrm=Vrm("A812CDE"), doubts=(doubt,)),
    ]
    one, other = past_hits(a_voi(vrm=WANTED), reads, a_grant(), at=NOW, look_back=LookBack(), settings=MatchSettings())
    assert (one.read_id, one.kind, one.read_age_seconds) == (reads[0].read_id, HitKind.EXACT, 3 * 86400.0)
    assert (other.read_id, other.kind) == (reads[2].read_id, HitKind.NEAR)
    assert not one.as_it_was
    assert one.as_it_is


def test_what_the_grant_does_not_open_is_not_looked_at() -> None:
    assert found(a_past_read(1, 31), a_past_read(2, 29), a_past_read(3, -1)) == [a_past_read(2, 29).read_id]


def test_the_look_back_is_bounded_in_time_and_in_reads() -> None:
    reads = [a_past_read(number, 20 - number) for number in range(10)]
    assert len(found(*reads)) == 10
    assert found(*reads, look_back=LookBack(longest=12 * DAY)) == [one.read_id for one in reads[8:]]
    assert found(*reads, look_back=LookBack(most_reads=3)) == [one.read_id for one in reads[:3]]


def test_only_the_cameras_and_the_area_of_the_grant_are_looked_at() -> None:
    here, there = a_past_read(1, 1), a_past_read(2, 1, camera_id=CameraId("elsewhere"))
    assert found(here, there, grant=a_grant(cameras=(here.camera_id,))) == [here.read_id]
    lost = a_past_read(3, 1, location=None)
    far = a_past_read(4, 1, location=Location(latitude=55.0, longitude=0.5))
    area = Area(south=51.0, north=52.0, west=0.0, east=1.0)
    assert found(here, lost, far, grant=a_grant(area=area)) == [here.read_id]


def test_a_grant_for_another_mark_opens_nothing() -> None:
    for terms in ((), (exact("XY34ZZZ"),)):
        with pytest.raises(AccessDenied, match="another mark") as told:
            found(a_past_read(1, 1), grant=a_grant(terms=terms))
        assert "AB12CDE" not in str(told.value)


def test_a_look_back_without_a_bound_is_refused() -> None:
    with pytest.raises(BadInput):
        LookBack(most_reads=0)
    with pytest.raises(BadInput):
        LookBack(longest=timedelta(0))
