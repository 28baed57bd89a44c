"""Lawful access over a small real store: people, tokens, a clock, and a vehicle read at chosen ages."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import bootstrap_access
from pipeline.access.books.people import FOUNDER
from pipeline.access.desk import Desk
from pipeline.access.gate import Answer, Gate
from pipeline.domain.access import (
    AccessRequest,
    Authorisation,
    AuthorisationId,
    Category,
    Grade,
    Permission,
    Person,
    PersonId,
    RequestId,
    Span,
)
from pipeline.domain.ports import RecordSearch
from pipeline.domain.query import Limits, Order, Page, Query, exact
from pipeline.domain.read import Location, ReadId
from pipeline.domain.vrm import Vrm
from pipeline.settings import Settings
from tests.support.builders import a_record
from tests.support.clock import ManualClock
from tests.support.lake import store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MARK, OTHER_MARK = Vrm("XX99YXX"), Vrm("YY99YYY")
PLACE = Location(latitude=51.98765, longitude=0.12345)
CAMERA = "a2-north-junction"
AGES = (1, 89, 91, 179, 181, 364, 366)
LONG = date(2027, 6, 30)
KEEPER = Person(
    person_id=PersonId("keeper"),
    force="Testshire",
    grade=Grade.INSPECTOR,
    roles=frozenset(),
    trained_until=LONG,
    permissions=frozenset({Permission.PEOPLE, Permission.AUDIT}),
)
OFFICER = replace(
    KEEPER,
    person_id=PersonId("officer"),
    grade=Grade.SUPERINTENDENT,
    permissions=frozenset({Permission.AUTHORISE}),
)
ANALYST = Person(
    person_id=PersonId("analyst"),
    force="Testshire",
    grade=Grade.CONSTABLE,
    roles=frozenset({"investigation"}),
    trained_until=LONG,
    own_marks=frozenset({Vrm("ZZ11OWN")}),
)
UNTRAINED = replace(ANALYST, person_id=PersonId("untrained"), trained_until=date(2026, 11, 23), own_marks=frozenset())
TYPIST = replace(ANALYST, person_id=PersonId("typist"), roles=frozenset({"typing-pool"}), own_marks=frozenset())
PEOPLE = (KEEPER, OFFICER, ANALYST, UNTRAINED, TYPIST)


def write_lake(folder: Path) -> None:
    """Store a read of MARK for each of AGES, and one of another mark."""
    marks = [(MARK, age) for age in AGES] + [(OTHER_MARK, 1)]
    records = [
        a_record(
            number,
            vrm=vrm,
            raw_text=vrm,
            camera_id=CAMERA,
            location=PLACE,
            captured_at=NOW - age * DAY,
            received_at=NOW - age * DAY,
            read_id=ReadId(f"{number:032x}"),
        )
        for number, (vrm, age) in enumerate(marks)
    ]
    store(Settings().store.url_in(str(folder)), records)


@dataclass
class House:
    """A folder with a store, its desk and everything a test does there."""

    settings: Settings
    desk: Desk
    clock: ManualClock

    def token(self, person: Person) -> str:
        assert self.desk.issuer is not None
        return self.desk.issuer.token(person.person_id, timedelta(hours=8))

    def request(self, person: Person = ANALYST, category: str = "major", **changes: object) -> AccessRequest:
        """What `person`, known by a token, asks of every day there is."""
        asked = AccessRequest(
            request_id=RequestId("r1"),
            person=self.desk.who(self.token(person)),
            purpose="investigation",
            category=Category(category),
            reference="OP/1",
            justification="the vehicle was seen leaving the scene",
            query=Query(begin=NOW - 400 * DAY, end=self.clock.now(), terms=(exact(MARK),), order=Order.OLDEST_FIRST),
            made_at=self.clock.now(),
        )
        return replace(asked, **changes)  # type: ignore[arg-type]

    def gate(self, wrapped: Callable[[RecordSearch], RecordSearch] = lambda search: search) -> Gate:
        return self.desk.gate(wrapped(bootstrap_access.record_search(self.settings)))

    def authorised(
        self, name: str = "a1", by: Person = OFFICER, categories: tuple[str, ...] = ("major",)
    ) -> Authorisation:
        """Ask for leave as the analyst and grant it, both with tokens."""
        wish = Authorisation(
            authorisation_id=AuthorisationId(name),
            requested_by=ANALYST.person_id,
            requested_at=NOW,
            categories=frozenset(Category(one) for one in categories),
            period=Span(begin=NOW - 500 * DAY, end=NOW),
            reference="OP/1",
            justification="the series began a year ago",
            marks=frozenset({MARK}),
        )
        self.desk.authorisations.ask(wish, by=self.desk.who(self.token(ANALYST)))
        return self.desk.authorisations.grant(
            wish.authorisation_id, by=self.desk.who(self.token(OFFICER)), reason="needed and proportionate"
        )

    def ages(self, answer: object) -> list[int]:
        assert isinstance(answer, Answer), answer
        return [round((NOW - one.captured_at) / DAY) for one in answer.page.found]


class Meanwhile:
    """A search during which something happens: after the reads were found, before they are handed over."""

    def __init__(self, search: RecordSearch, happens: Callable[[], object]) -> None:
        self._search, self._happens = search, happens

    def page(self, query: Query, limits: Limits, cursor: str | None = None) -> Page:
        page = self._search.page(query, limits, cursor)
        self._happens()
        return page


@contextmanager
def house_in(folder: Path, lake: Path | None = None) -> Iterator[House]:
    """Yield a house in `folder`, with a copy of the store in `lake`."""
    if lake is not None:
        shutil.copytree(lake, folder, dirs_exist_ok=True)
    settings, clock = Settings(folder=str(folder)), ManualClock(NOW)
    with bootstrap_access.desk(settings, clock=clock) as desk:
        for person in PEOPLE:
            by = FOUNDER if person is KEEPER else KEEPER.person_id
            desk.people.put(person, by=by, reason="joined the team")
        yield House(settings=settings, desk=desk, clock=clock)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store to copy, written once for the tests of a file."""
    folder = tmp_path_factory.mktemp("lake")
    write_lake(folder)
    return folder


@pytest.fixture
def house(tmp_path: Path, lake: Path) -> Iterator[House]:
    """A house of the test's own over a copy of it."""
    with house_in(tmp_path, lake) as house:
        yield house
