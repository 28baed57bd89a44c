"""What auditors are told: each report finds what was planted and nothing else."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pipeline.access.reports.findings import NAMES, Material, report
from pipeline.access.reports.inquiries import Inquiry, inquiries
from pipeline.access.reports.render import Head, page, table
from pipeline.access.settings import AuditSettings
from pipeline.access.spelling import spelt
from pipeline.domain.access import PersonId
from pipeline.domain.audit import AuditEntry, AuditEvent, Operation, Outcome
from pipeline.domain.query import Query, Term, confusable, exact, partial
from pipeline.domain.read import Digest
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput
from tests.unit.access.stand import ASKER, ASKER_ID, DAY, MARK, NOW, OFFICER, OFFICER_ID

OWN = Vrm("ZZ11OWN")


def entry(
    number: int,
    *,
    at: datetime = NOW,
    person: PersonId = ASKER_ID,
    term: Term | None = None,
    outcome: Outcome = Outcome.ALLOWED,
    found: int | None = None,
    **more: str,
) -> AuditEntry:
    query = Query(begin=NOW - DAY, end=NOW, terms=(term or exact(MARK),))
    event = AuditEvent(
        operation=Operation.CONSULTATION,
        outcome=outcome,
        person_id=person,
        force="Testshire",
        request_id=f"r{number}",
        query=spelt(query),
        result_count=found,
        **more,
    )
    return AuditEntry(sequence=number, at=at, event=event, previous_digest=Digest(""), digest=Digest(""))


def material(entries: list[AuditEntry], **changes: object) -> Material:
    found = inquiries(entries)
    made = Material(
        inquiries=found,
        history=found,
        people={ASKER_ID: ASKER, OFFICER_ID: OFFICER},
        own_marks={ASKER_ID: frozenset({OWN}), OFFICER_ID: frozenset({Vrm("YY22COL")})},
        settings=AuditSettings(),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def entries_in(name: str, of: Material) -> list[str]:
    """The numbers of the inquiries that a report lists."""
    return [row[-1] for row in report(name, of).rows]


def test_the_pages_of_a_request_are_one_inquiry() -> None:
    pages = [(Outcome.NARROWED, None), (Outcome.ANSWERED, 7), (Outcome.NARROWED, None), (Outcome.ANSWERED, 5)]
    [one] = inquiries([entry(1, outcome=outcome, found=found) for outcome, found in pages])
    assert (one.outcome, one.results) == (Outcome.NARROWED, 12)
    assert one.asked_for == f"exact {MARK}; captured 2026-11-23 12:00 to 2026-11-24 12:00"


@pytest.mark.parametrize(
    ("term", "own"),
    [
        (exact("ZZ11OWN"), True),
        (exact("ZZ110WN"), True),
        (confusable("ZZIIOWN"), True),
        (partial("ZZ1?O*"), True),
        (partial("*OWN"), True),
        (partial("ZZ1?W*"), False),
        (exact("ZZ11OWM"), False),
    ],
)
def test_a_search_for_ones_own_vehicle_is_found_however_it_is_spelt(term: Term, own: bool) -> None:
    of = material([entry(1, term=term), entry(2, term=term, person=OFFICER_ID)])
    assert entries_in("own-vehicles", of) == (["1"] if own else [])
    assert entries_in("colleagues", of) == (["2"] if own else [])


def test_out_of_hours_is_told_in_local_time() -> None:
    summer_morning = datetime.fromisoformat("2026-07-01T06:30+00:00")
    times = {
        1: NOW,
        2: NOW.replace(hour=22),
        3: datetime.fromisoformat("2026-11-21T12:00+00:00"),
        4: summer_morning,
        5: summer_morning - timedelta(minutes=31),
        6: NOW.replace(hour=19),
    }
    of = material([entry(number, at=at) for number, at in times.items()])
    assert entries_in("out-of-hours", of) == ["2", "3", "5", "6"]


def test_a_day_far_above_ones_own_or_the_roles_median_is_unusual_and_no_other_is() -> None:
    quiet = [entry(day, at=NOW - day * DAY) for day in range(1, 8)]
    busy = [entry(100 + number) for number in range(12)]
    [row] = report("unusual", material(quiet + busy)).rows
    assert (row[0], row[1], row[2], row[3]) == ("2026-11-24", ASKER_ID, "12", "1")
    assert not report("unusual", material(quiet + busy[:9])).rows
    first_day = [entry(200 + number, person=OFFICER_ID) for number in range(40)]
    assert [row[1] for row in report("unusual", material(quiet + first_day)).rows] == [OFFICER_ID]


def test_a_sample_is_the_same_with_the_same_seed_and_another_with_another() -> None:
    of = material([entry(number) for number in range(200)], sample=10, seed=1)
    assert len(set(entries_in("sample", of))) == 10
    assert entries_in("sample", of) == entries_in("sample", of)
    assert entries_in("sample", of) != entries_in("sample", replace(of, seed=2))
    assert len(entries_in("sample", replace(of, sample=500))) == 200


def test_refusals_are_listed_with_their_rule() -> None:
    of = material([entry(1), entry(2, outcome=Outcome.REFUSED, rule="role")])
    [row] = report("refusals", of).rows
    assert "role" in row


def test_a_report_that_does_not_exist_is_none() -> None:
    with pytest.raises(BadInput, match="unusual"):
        report("gossip", material([]))


def test_what_people_typed_is_text_in_the_page_and_in_the_table() -> None:
    hostile = '<img src=x onerror="alert(1)">{{ 7*7 }}\u202e'
    of = material([entry(1, justification=hostile, reference="=1+1", purpose="\t@SUM(A1)")])
    head = Head(
        force="<b>Testshire</b>", made_at=NOW, made_by="<i>", begin=None, end=NOW, only="person </dd>",
        entries=1, digest="", fault="line 1 <script>",
    )  # fmt: skip
    shown = page(head, [report(name, of) for name in NAMES])
    assert "<img" not in shown
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "&lt;img" in shown
    assert "{{ 7*7 }}" in shown
    assert "\u202e" not in shown
    assert "NOT as it was written" in shown
    [row] = csv.DictReader(io.StringIO(table(report("inquiries", of))))
    assert (row["reference"], row["purpose"][0]) == ("'=1+1", "\N{REPLACEMENT CHARACTER}")


def test_a_query_that_cannot_be_read_any_more_is_shown_as_it_is_spelt() -> None:
    odd = replace(inquiries([entry(1)])[0], query="{not json")
    assert isinstance(odd, Inquiry)
    assert odd.asked_for == "{not json"
    assert not odd.terms
