"""The reports of an auditor: what each looks for among the inquiries, and what it cannot see.

Promise: a report says in words what it lists, by which figures, and its limits. A sample is drawn with the seed that is
given, so that another auditor draws the same.
On failure: BadInput for a report that does not exist.
"""

from __future__ import annotations

import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from pipeline.access.reports.inquiries import Inquiry, looks_for
from pipeline.access.settings import AuditSettings
from pipeline.domain.access import Person, PersonId
from pipeline.domain.audit import Outcome
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput

_SATURDAY = 5
INQUIRY_HEADINGS = (
    "time (UTC)", "person", "operation", "category", "reference", "purpose", "justification", "asked for",
    "authorisation", "outcome", "rule", "reads", "remark", "entry",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A table with a title and what it is."""

    name: str
    title: str
    says: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What reports are made of. `inquiries` are those of the period, `history` all there ever were."""

    inquiries: Sequence[Inquiry]
    history: Sequence[Inquiry]
    people: Mapping[PersonId, Person]
    own_marks: Mapping[PersonId, frozenset[Vrm]]
    settings: AuditSettings
    sample: int = 20
    seed: int = 0


def report(name: str, material: Material) -> Report:
    """Return the report of that name."""
    if name not in _REPORTS:
        raise BadInput(f"there is no such report; there are {', '.join(_REPORTS)}")
    title, make = _REPORTS[name]
    says, headings, rows = make(material)
    return Report(name=name, title=title, says=says, headings=headings, rows=tuple(rows))


_Made = tuple[str, tuple[str, ...], list[tuple[str, ...]]]


def _all(material: Material) -> _Made:
    return "Every inquiry of the period.", INQUIRY_HEADINGS, [_row(one) for one in material.inquiries]


def _sample(material: Material) -> _Made:
    count = min(material.sample, len(material.inquiries))
    chosen = random.Random(material.seed).sample(list(material.inquiries), count)
    chosen.sort(key=lambda one: one.first_entry)
    says = (
        f"{count} of {len(material.inquiries)} inquiries of the period, each as likely as any other, drawn with seed "
        f"{material.seed}: for dip checks. Ask the person and their supervisor what came of it."
    )
    return says, INQUIRY_HEADINGS, [_row(one) for one in chosen]


def _refusals(material: Material) -> _Made:
    chosen = [one for one in material.inquiries if one.outcome is Outcome.REFUSED]
    return "Inquiries that were refused, and the rule.", INQUIRY_HEADINGS, [_row(one) for one in chosen]


def _own(material: Material) -> _Made:
    rows = []
    for one in material.inquiries:
        found = looks_for(one, sorted(material.own_marks.get(one.person_id, ())))
        if found:
            rows.append(_row(one, f"own vehicle: {', '.join(found)}"))
    says = f"Inquiries that look for a mark of the person's own. {_ONLY_TOLD}"
    return says, INQUIRY_HEADINGS, rows


def _colleagues(material: Material) -> _Made:
    rows = []
    for one in material.inquiries:
        whose = {
            owner: found
            for owner, marks in sorted(material.own_marks.items())
            if owner != one.person_id and (found := looks_for(one, sorted(marks)))
        }
        if whose:
            remark = "; ".join(f"vehicle of {owner}: {', '.join(found)}" for owner, found in whose.items())
            rows.append(_row(one, remark))
    return f"Inquiries that look for a mark of a colleague's vehicle. {_ONLY_TOLD}", INQUIRY_HEADINGS, rows


def _out_of_hours(material: Material) -> _Made:
    zone, (first, last) = ZoneInfo(material.settings.time_zone), material.settings.hours
    rows = []
    for one in material.inquiries:
        at = one.at.astimezone(zone)
        if at.weekday() >= _SATURDAY or not first <= at.hour < last:
            rows.append(_row(one, f"{at:%A %H:%M} local time"))
    says = (
        f"Inquiries outside {first:02}:00 to {last:02}:00, Monday to Friday ({material.settings.time_zone}). People on "
        "shifts are here by right: compare with the duty roster, which this system does not know."
    )
    return says, INQUIRY_HEADINGS, rows


def _unusual(material: Material) -> _Made:
    zone, settings = ZoneInfo(material.settings.time_zone), material.settings
    days: dict[PersonId, Counter[date]] = defaultdict(Counter)
    for one in material.history:
        days[one.person_id][one.at.astimezone(zone).date()] += 1
    rows: list[tuple[str, ...]] = []
    of_period = {(one.person_id, one.at.astimezone(zone).date()) for one in material.inquiries}
    for person, day in sorted(of_period, key=lambda pair: (pair[1], pair[0])):
        count = days[person][day]
        own = _median([number for other, number in days[person].items() if other != day])
        role = _median(
            [number for other in _alike(person, material.people) for number in days.get(other, Counter()).values()]
        )
        above = [
            f"{count / median:.1f} times {whose} median"
            for whose, median in (("the person's own", own), ("the role's", role))
            if median is not None and count > settings.unusual_factor * median
        ]
        if count >= settings.unusual_least and above:
            rows.append((day.isoformat(), person, str(count), _told(own), _told(role), "; ".join(above)))
    says = (
        f"Days on which a person made at least {settings.unusual_least} requests and more than "
        f"{settings.unusual_factor:g} times the median of their own other days, or of the days of others who have a "
        "role in common with them. Days without a request do not count."
    )
    return says, ("day", "person", "requests", "own median", "role's median", "remark"), rows


def _people(material: Material) -> _Made:
    by: dict[PersonId, list[Inquiry]] = defaultdict(list)
    for one in material.inquiries:
        by[one.person_id].append(one)
    rows: list[tuple[str, ...]] = []
    for person_id, made in sorted(by.items(), key=lambda pair: -len(pair[1])):
        person = material.people.get(person_id)
        refused = sum(one.outcome is Outcome.REFUSED for one in made)
        rows.append(
            (
                person_id,
                person.grade.value if person else "not registered",
                ", ".join(sorted(person.roles)) if person else "",
                str(len(made)),
                str(refused),
                str(sum(one.results for one in made)),
                str(len({one.reference for one in made})),
                f"{max(made, key=lambda one: one.at).at:%Y-%m-%d %H:%M}",
            )
        )
    headings = ("person", "grade", "roles", "requests", "refused", "reads", "references", "last (UTC)")
    return "Who asked how often, and for how many investigations.", headings, rows


_ONLY_TOLD = (
    "It knows the marks that people have told of (`anpr people add --own-mark`), look-alikes counting as the same; "
    "what was looked for by camera or area alone names no mark and is not here."
)
_REPORTS: dict[str, tuple[str, Callable[[Material], _Made]]] = {
    "people": ("Who asked", _people),
    "inquiries": ("Inquiries", _all),
    "sample": ("Random sample for dip checks", _sample),
    "own-vehicles": ("Searches for one's own vehicle", _own),
    "colleagues": ("Searches for colleagues' vehicles", _colleagues),
    "refusals": ("Refusals", _refusals),
    "out-of-hours": ("Out of hours", _out_of_hours),
    "unusual": ("Unusual use", _unusual),
}
NAMES = tuple(_REPORTS)


def _row(one: Inquiry, remark: str = "") -> tuple[str, ...]:
    return (
        f"{one.at:%Y-%m-%d %H:%M:%S}",
        one.person_id,
        one.operation.value,
        one.category,
        one.reference,
        one.purpose,
        one.justification,
        one.asked_for,
        one.authorisation_id,
        one.outcome.value,
        one.rule,
        str(one.results),
        remark or (f"given to {one.recipient}" if one.recipient else ""),
        str(one.first_entry),
    )


def _alike(person: PersonId, people: Mapping[PersonId, Person]) -> list[PersonId]:
    roles = people[person].roles if person in people else frozenset()
    return [other for other, entry in people.items() if other != person and entry.roles & roles]


def _median(counts: Sequence[int]) -> float | None:
    return statistics.median(counts) if counts else None


def _told(median: float | None) -> str:
    return "none" if median is None else f"{median:g}"
