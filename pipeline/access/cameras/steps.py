"""The steps of an assessment: draft, consulted, then approved or refused; what is approved ends by its date or by hand.

Promise: each step returns a new value or raises; nothing is approved that was not consulted on, and nobody decides on
what they wrote. A consultation ends when somebody replied or its closing date has passed, and every reply is answered.
On failure: OutOfTurn for a step that may not follow yet or any more, AccessDenied for one who may not take it,
BadInput for what is missing; messages name what to do and quote nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from pipeline.access.cameras.questions import FACTORS, SCREENING, exceptional_only, pressing
from pipeline.access.texts import MOST_LINE, plain
from pipeline.domain.access import Permission, Person
from pipeline.domain.camera import (
    Assessment,
    AssessmentState,
    Case,
    Consultation,
    Invitation,
    Reply,
    Risk,
    Ruling,
    Weighing,
    Withdrawal,
)
from pipeline.domain.read import Location
from pipeline.errors import AccessDenied, BadInput, OutOfTurn

_DEGREES = re.compile(r"-?\d{1,3}\.\d{2,}")
_NEAR_DEGREES = 0.02


def checked(case: Case) -> Case:
    """Return `case` with its texts trimmed. Raises BadInput unless every question is answered."""
    missing = [FACTORS[one] for one in FACTORS if one not in case.need]
    missing += [question for key, question in SCREENING.items() if not case.screening.get(key, "").strip()]
    if missing:
        raise BadInput("the assessment does not answer: " + "; ".join(missing))
    if unknown := set(case.screening) - set(SCREENING):
        raise BadInput(f"the screening has {len(unknown)} unknown question(s); known are {', '.join(SCREENING)}")
    if not case.risks:
        raise BadInput("the assessment names at least one risk to the rights and freedoms of people")
    return replace(
        case,
        purpose=plain(case.purpose, "the purpose"),
        need={
            factor: Weighing(weight=one.weight, reason=plain(one.reason, "the reason of every factor"))
            for factor, one in case.need.items()
        },
        screening={key: plain(text, "every answer") for key, text in case.screening.items()},
        risks=tuple(
            Risk(risk=plain(one.risk, "every risk"), mitigation=plain(one.mitigation, "every mitigation"))
            for one in case.risks
        ),
        exception=plain(case.exception, "the exception") if case.exception.strip() else "",
    )


def tells_place(texts: Sequence[str], place: Location) -> bool:
    """Tell whether a number in `texts` is one of the degrees of `place`, or nearly."""
    degrees = [float(one) for text in texts for one in _DEGREES.findall(text)]
    return any(
        abs(abs(one) - abs(known)) < _NEAR_DEGREES for one in degrees for known in (place.latitude, place.longitude)
    )


def invited(one: Assessment, *, who: Sequence[str], closes_on: date, at: datetime) -> Assessment:
    """Return `one` with more people and bodies asked, who may reply up to the end of `closes_on`."""
    _open(one)
    if not who:
        raise BadInput("a consultation asks somebody: people and bodies with a reasonable interest")
    if closes_on < at.date():
        raise BadInput("the closing date of a consultation is not in the past")
    known = {asked.who for asked in one.consultation.invited}
    named = dict.fromkeys(plain(name, "who is asked", MOST_LINE) for name in who)
    asked = tuple(Invitation(who=name, at=at) for name in named if name not in known)
    consultation = replace(one.consultation, invited=one.consultation.invited + asked, closes_on=closes_on)
    return replace(one, consultation=consultation)


def replied(one: Assessment, *, who: str, said: str, at: datetime) -> Assessment:
    """Return `one` with a reply, also of somebody who was not asked but heard of it."""
    _open(one)
    if not one.consultation.invited:
        raise OutOfTurn("nobody has been asked yet: `anpr camera consult CAMERA --invite WHO --closes DATE`")
    reply = Reply(who=plain(who, "who replies", MOST_LINE), at=at, said=plain(said, "the reply"))
    return replace(one, consultation=replace(one.consultation, replies=(*one.consultation.replies, reply)))


def answered(one: Assessment, *, who: str, answer: str) -> Assessment:
    """Return `one` with the oldest open reply of `who` answered."""
    _open(one)
    replies = list(one.consultation.replies)
    for place, reply in enumerate(replies):
        if reply.who == who.strip() and not reply.answer:
            replies[place] = replace(reply, answer=plain(answer, "the answer"))
            return replace(one, consultation=replace(one.consultation, replies=tuple(replies)))
    raise OutOfTurn("no reply of theirs waits for an answer")


def closed(one: Assessment, *, at: datetime) -> Assessment:
    """Return `one` as consulted."""
    _open(one)
    held = one.consultation
    if not held.invited or held.closes_on is None:
        raise OutOfTurn("nobody has been asked yet: `anpr camera consult CAMERA --invite WHO --closes DATE`")
    if not held.replies and at.date() <= held.closes_on:
        raise OutOfTurn(f"nobody has replied yet, and they may until the end of {held.closes_on}")
    if waiting := sum(not reply.answer for reply in held.replies):
        raise OutOfTurn(f"{waiting} reply(ies) wait for an answer: `--reply WHO --answer TEXT`")
    return replace(one, state=AssessmentState.CONSULTED, consultation=replace(held, closed_at=at))


def approved(
    one: Assessment, *, by: Person, at: datetime, reason: str, review_on: date, most_review_days: int
) -> Assessment:
    """Return `one` as approved until the end of `review_on`."""
    _may_decide(one, by, at)
    days = (review_on - at.date()).days
    if not 0 < days <= most_review_days:
        raise BadInput(f"the review date must be in the future, at most {most_review_days} days away")
    if not pressing(one.case):
        raise BadInput("no factor is pressing: without a clear pressing need there is no camera")
    if exceptional_only(one.case) and not one.case.exception:
        raise BadInput(
            "at such a place the published matrix allows what is pressing here exceptionally only, and the assessment "
            "does not say what makes it an exception: draft it anew"
        )
    return _ruled(one, AssessmentState.APPROVED, by, at, reason, review_on)


def refused(one: Assessment, *, by: Person, at: datetime, reason: str) -> Assessment:
    """Return `one` as refused, for good."""
    _may_decide(one, by, at)
    return _ruled(one, AssessmentState.REFUSED, by, at, reason, None)


def withdrawn(one: Assessment, *, by: Person, at: datetime, reason: str) -> Assessment:
    """Return `one` as withdrawn: from this moment nothing runs under it."""
    if by.suspended or (by.person_id != one.author and Permission.CAMERAS not in by.permissions):
        raise AccessDenied("withdrawing another's assessment needs the permission cameras, and no suspension")
    if one.state in (AssessmentState.REFUSED, AssessmentState.WITHDRAWN):
        raise OutOfTurn(f"the assessment is {one.state.value} already")
    if one.state is AssessmentState.APPROVED and Permission.CAMERAS not in by.permissions:
        raise AccessDenied("withdrawing what was approved needs the permission cameras")
    why = Withdrawal(by=by.person_id, at=at, reason=plain(reason, "the reason"))
    return replace(one, state=AssessmentState.WITHDRAWN, withdrawal=why)


def texts_of(one: Assessment) -> list[str]:
    """Return everything in `one` that people wrote and that is published."""
    case, held = one.case, one.consultation
    texts = [case.purpose, case.exception, one.area, *case.screening.values()]
    texts += [weighed.reason for weighed in case.need.values()]
    texts += [text for risk in case.risks for text in (risk.risk, risk.mitigation)]
    texts += [asked.who for asked in held.invited]
    texts += [text for reply in held.replies for text in (reply.who, reply.said, reply.answer)]
    texts += [one.ruling.reason] if one.ruling else []
    return texts + ([one.withdrawal.reason] if one.withdrawal else [])


def _open(one: Assessment) -> None:
    if one.state is not AssessmentState.DRAFT:
        raise OutOfTurn(f"the assessment is {one.state.value}: the consultation is over; draft a new one")


def _may_decide(one: Assessment, by: Person, at: datetime) -> None:
    if one.state is AssessmentState.DRAFT:
        raise OutOfTurn("the consultation is not over: nothing is decided before (`anpr camera consult … --close`)")
    if one.state is not AssessmentState.CONSULTED or one.consultation == Consultation():
        raise OutOfTurn(f"the assessment is {one.state.value}: it was decided on before")
    if by.person_id == one.author:
        raise AccessDenied("nobody may decide on an assessment of their own")
    trained = by.trained_until is not None and at.date() <= by.trained_until
    if by.suspended or not trained or Permission.CAMERAS not in by.permissions:
        raise AccessDenied("deciding needs the permission cameras, valid training, and no suspension")


def _ruled(
    one: Assessment, state: AssessmentState, by: Person, at: datetime, reason: str, review_on: date | None
) -> Assessment:
    text = plain(reason, "the reason")
    return replace(
        one, state=state, ruling=Ruling(by=by.person_id, grade=by.grade, at=at, reason=text, review_on=review_on)
    )
