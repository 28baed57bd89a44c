"""What does lawful access cost a search: the token read, the person looked up, guards, policy, two entries in the audit
log that are on the disk before the reads leave, and every read judged once more?

`python -m benchmarks.access` makes up some days of reads (`benchmarks/year.py`), asks for marks that are read often,
and answers each question three times in changing order: by the bare search, through the gate with the log in this
process, and through the gate with the log in another process of this machine, as a command beside a running node has
it. `overhead_p50_ms` is the median of gate minus bare, question by question. `fsync_p50_ms` is what the disk takes to
make one entry durable; each page needs two.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import publish
from benchmarks.marks import marks_of
from benchmarks.year import FIRST_DAY, day, marks_of_day, vehicles_of, write_marks, write_reads
from pipeline import bootstrap_access
from pipeline.access.audit.socket import AuditSocket
from pipeline.access.books.people import FOUNDER
from pipeline.access.desk import Desk
from pipeline.access.gate import Answer
from pipeline.access.settings import AccessSettings, GuardSettings
from pipeline.domain.access import AccessRequest, Category, Grade, Permission, Person, PersonId, RequestId
from pipeline.domain.query import Limits, Query, Term, exact
from pipeline.settings import Settings
from pipeline.store.search.engine import Search

_PAGE = Limits(rows=100)
_FSYNCS = 200
_CONTEXT = multiprocessing.get_context("spawn")
_PERSON = Person(
    person_id=PersonId("analyst"),
    force="Testshire",
    grade=Grade.CONSTABLE,
    roles=frozenset({"investigation"}),
    trained_until=date(2099, 1, 1),
    permissions=frozenset({Permission.PEOPLE}),
)


class _ThatDay:
    """The clock of the day after the last one made up; it runs."""

    def __init__(self, days: int) -> None:
        at = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC) + timedelta(days=days)
        self._ahead = at - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def monotonic(self) -> float:
        return time.monotonic()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rows", type=int, default=100_000, help="reads a day")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="where to work (default: the temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        publish("access", measured(Path(folder), options.days, options.rows, options.questions))


def measured(folder: Path, days: int, rows: int, questions: int) -> dict[str, Any]:
    access = AccessSettings(guards=GuardSettings(requests=1_000_000))
    settings = replace(Settings(folder=str(folder)), access=access)
    url = settings.store.url_in(settings.folder)
    for number in range(days):
        of = day(number, rows)
        write_marks(url, marks_of_day(of))
        write_reads(url, of, full=False)
    search, clock = Search(url), _ThatDay(days)
    search.warm()
    asked = [exact(one) for one in _marks_read_often(questions)]
    with bootstrap_access.desk(settings, clock=clock) as desk:
        desk.people.put(_PERSON, by=FOUNDER, reason="the first")
        # in another process there is another log: one has one writer
        with tempfile.TemporaryDirectory(dir=folder) as other:
            spent = _compared(desk, search, asked, replace(settings, folder=other), days)
    bare = np.array(spent["bare"])
    figures: dict[str, Any] = {"days": days, "reads": days * rows, "questions": questions}
    figures["bare_p50_ms"] = _ms(np.median(bare))
    for name in ("gate", "gate_beside_a_node"):
        through = np.array(spent[name])
        figures[f"{name}_p50_ms"] = _ms(np.median(through))
        figures[f"{name}_overhead_p95_ms"] = _ms(np.quantile(through - bare, 0.95))
    figures["fsync_p50_ms"] = _ms(_fsync(folder))
    figures["overhead_beside_a_node_p50_ms"] = _ms(np.median(np.array(spent["gate_beside_a_node"]) - bare))
    figures["overhead_p50_ms"] = _ms(np.median(np.array(spent["gate"]) - bare))
    figures["goal_ms"] = 10.0
    figures["met"] = figures["overhead_p50_ms"] <= figures["goal_ms"]
    return figures


def _compared(here: Desk, search: Search, asked: list[Term], elsewhere: Settings, days: int) -> dict[str, list[float]]:
    ready, ended = _CONTEXT.Event(), _CONTEXT.Event()
    writer = _CONTEXT.Process(target=_hold_log, args=(elsewhere, ready, ended))
    writer.start()
    ready.wait()
    try:
        with bootstrap_access.desk(elsewhere, clock=here.clock) as beside:
            beside.people.put(_PERSON, by=FOUNDER, reason="the first")
            query = _query(here, days)
            ways: dict[str, Callable[[Term], int]] = {
                "bare": lambda term: len(search.page(replace(query, terms=(term,)), _PAGE).found),
                "gate": _through(here, search, query),
                "gate_beside_a_node": _through(beside, search, query),
            }
            return _timed(ways, asked)
    finally:
        ended.set()
        writer.join()


def _timed(ways: dict[str, Callable[[Term], int]], asked: list[Term]) -> dict[str, list[float]]:
    order, spent = random.Random(1), {name: [0.0] * len(asked) for name in ways}
    for term in asked[:5]:
        for ask in ways.values():
            ask(term)
    for number, term in enumerate(asked):
        found = set()
        for name in order.sample(list(ways), len(ways)):
            began = time.perf_counter()
            found.add(ways[name](term))
            spent[name][number] = time.perf_counter() - began
        if len(found) != 1:
            raise AssertionError("the gate does not give what the search found")
    return spent


def _through(desk: Desk, search: Search, query: Query) -> Callable[[Term], int]:
    gate = desk.gate(search)
    assert desk.issuer is not None
    token = desk.issuer.token(_PERSON.person_id, timedelta(hours=8))

    def ask(term: Term) -> int:
        request = AccessRequest(
            request_id=RequestId(uuid.uuid4().hex),
            person=desk.who(token),
            purpose="investigation",
            category=Category("major"),
            reference="OP/1",
            justification="the vehicle was seen leaving the scene",
            query=replace(query, terms=(term,)),
            made_at=desk.clock.now(),
        )
        answer = gate.page(request, _PAGE)
        assert isinstance(answer, Answer), answer
        return len(answer.page.found)

    return ask


def _query(desk: Desk, days: int) -> Query:
    end = desk.clock.now()
    return Query(begin=end - timedelta(days=min(days, 89)), end=end)


def _hold_log(settings: Settings, ready: Event, ended: Event) -> None:
    """What the audit actor of a node does."""
    log = bootstrap_access.audit_log(settings)
    node = AuditSocket(log, bootstrap_access.audit_folder(settings))
    node.start()
    ready.set()
    ended.wait()
    node.stop()
    log.close()


def _marks_read_often(count: int) -> list[str]:
    drawn = vehicles_of(np.random.default_rng(7), 20 * count)
    often = np.unique(drawn[drawn < 100_000])[:count]
    return [letters.tobytes().decode().strip("\0 ") for letters in marks_of(often)]


def _fsync(folder: Path) -> float:
    spent = []
    with (folder / "synced").open("ab", buffering=0) as file:
        for _ in range(_FSYNCS):
            file.write(bytes(1000))
            began = time.perf_counter()
            os.fsync(file.fileno())
            spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def _ms(seconds: float) -> float:
    return round(1000 * float(seconds), 2)


if __name__ == "__main__":
    main()
