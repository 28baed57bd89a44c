"""What the tests of access share: a moment, people, an authorisation, a request, a manual clock, a listed audit log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from pipeline.domain.access import (
    AccessRequest,
    Authorisation,
    AuthorisationId,
    AuthorisationState,
    Category,
    Grade,
    Permission,
    Person,
    PersonId,
    RequestId,
    Span,
)
from pipeline.domain.audit import AuditEntry, AuditEvent
from pipeline.domain.plate import CameraId
from pipeline.domain.query import Ended, Found, Limits, Order, Page, Query, exact
from pipeline.domain.read import Location
from pipeline.domain.vrm import Vrm
from pipeline.errors import IntegrityError, Unavailable

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MARK = "XX99YXX"
PLACE = Location(latitude=51.5, longitude=-0.5)
CATEGORIES = ("road-safety", "priority-and-volume", "serious", "major", "counter-terrorism", "curiosity")
ASKER_ID, OFFICER_ID = PersonId("p1"), PersonId("p2")
ASKER = Person(
    person_id=ASKER_ID,
    force="Testshire",
    grade=Grade.CONSTABLE,
    roles=frozenset({"investigation"}),
    trained_until=date(2027, 1, 1),
)
OFFICER = replace(
    ASKER, person_id=OFFICER_ID, grade=Grade.SUPERINTENDENT, permissions=frozenset({Permission.AUTHORISE})
)
KEEPER = replace(ASKER, person_id=PersonId("p3"), permissions=frozenset({Permission.PEOPLE}))
GOOD = Authorisation(
    authorisation_id=AuthorisationId("a1"),
    requested_by=ASKER_ID,
    requested_at=NOW - 3 * DAY,
    categories=frozenset(Category(one) for one in CATEGORIES),
    period=Span(begin=NOW - 1000 * DAY, end=NOW),
    reference="OP/1",
    justification="a long enough reason for the test",
    marks=frozenset({MARK}),
    state=AuthorisationState.GRANTED,
    decided_by=OFFICER_ID,
    decided_at=NOW - 2 * DAY,
)


def request(
    order: Order = Order.NEWEST_FIRST,
    authorised: bool = True,
    days: int = 400,
    *,
    category: str = "major",
    person: Person = ASKER,
) -> AccessRequest:
    """A request that nothing is wrong with."""
    return AccessRequest(
        request_id=RequestId("r1"),
        person=person,
        purpose="investigation",
        category=Category(category),
        reference="OP/1",
        justification="the vehicle was seen leaving the scene",
        query=Query(begin=NOW - days * DAY, end=NOW, terms=(exact(MARK),), order=order),
        made_at=NOW,
        authorisation_id=AuthorisationId("a1") if authorised else None,
    )


class ManualClock:
    """`at` is the time of day, `ticks` the monotonic one; `pass_` moves both."""

    def __init__(self) -> None:
        self.at, self.ticks = NOW, 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.ticks

    def pass_(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.ticks += seconds


class ListedAudit:
    """An audit log with room for so many events."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []
        self.room = 1000

    def append(self, events: list[AuditEvent]) -> list[AuditEntry]:
        if len(self.events) + len(events) > self.room:
            raise Unavailable("the audit log: no space left on device")
        self.events += events
        return []


class DailyRecord:
    """A read of the same vehicle at noon of each of the last 400 days; the cursor is the time of the last one."""

    def __init__(self) -> None:
        self.queries: list[Query] = []
        self.broken = False

    def page(self, query: Query, limits: Limits, cursor: str | None = None) -> Page:
        if self.broken:
            raise IntegrityError("a file is damaged")
        self.queries.append(query)
        times = [NOW - age * DAY for age in range(1, 401)]
        times = [at for at in times if query.begin <= at < query.end]
        newest_first = query.order is Order.NEWEST_FIRST
        times.sort(reverse=newest_first)
        if cursor:
            after = datetime.fromisoformat(cursor)
            times = [at for at in times if (at < after if newest_first else at > after)]
        some = times[: limits.rows]
        more = len(times) > len(some)
        ended = Ended.ROWS if more else Ended.COMPLETE
        return Page(
            found=tuple(_found_at(at) for at in some), ended=ended, cursor=some[-1].isoformat() if more else None
        )


def _found_at(at: datetime) -> Found:
    return Found(
        vrm=Vrm(MARK),
        captured_at=at,
        camera_id=CameraId("gate"),
        location=PLACE,
        text=MARK,
        rank=0,
        probability=1,
    )
