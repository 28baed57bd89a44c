"""Alerts: hits that people must act on, and what each of them did about it, when.

The rule that matters most is held by the type: an alert can only have been actioned if a person had confirmed the
image before, since no other history can be built (plate text is never acted on without the image being viewed).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from pipeline.domain.hotlist import Hit, HitId
from pipeline.domain.plate import CameraId
from pipeline.domain.read import ClockState, Digest, Direction, FeedId, Read, ReadId, SourceId
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput, OutOfTurn

AlertId = NewType("AlertId", str)
PersonId = NewType("PersonId", str)
Recipient = NewType("Recipient", str)
"""A desk, a team or a system that alerts go to, by the name it has in the settings."""

_LONGEST_NAME = 128
_LONGEST_NOTE = 1000


class AlertState(StrEnum):
    """How far people have come with an alert."""

    RAISED = "raised"
    SEEN = "seen"
    CONFIRMED = "confirmed"
    """A person looked at the image: it shows this mark, on a vehicle like the one wanted."""
    MISREAD = "misread"
    """A person looked at the image: it shows another mark."""
    SUSPECTED_CLONE = "suspected-clone"
    """A person looked at the image: the mark is right, the vehicle is not the one it belongs to."""
    ACTIONED = "actioned"
    CLOSED = "closed"


NEXT_STATES: dict[AlertState, frozenset[AlertState]] = {
    AlertState.RAISED: frozenset({AlertState.SEEN}),
    AlertState.SEEN: frozenset({AlertState.CONFIRMED, AlertState.MISREAD, AlertState.SUSPECTED_CLONE}),
    AlertState.CONFIRMED: frozenset(
        {AlertState.ACTIONED, AlertState.MISREAD, AlertState.SUSPECTED_CLONE, AlertState.CLOSED}
    ),
    # a second look may find otherwise; only "confirmed" leads on to action
    AlertState.MISREAD: frozenset({AlertState.CONFIRMED, AlertState.SUSPECTED_CLONE, AlertState.CLOSED}),
    AlertState.SUSPECTED_CLONE: frozenset({AlertState.CONFIRMED, AlertState.MISREAD, AlertState.CLOSED}),
    AlertState.ACTIONED: frozenset({AlertState.CLOSED}),
    AlertState.CLOSED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertedRead:
    """What people who act on a hit must know of its read. Where the camera stands is not among it."""

    read_id: ReadId
    feed_id: FeedId
    source_id: SourceId
    camera_id: CameraId
    captured_at: datetime
    received_at: datetime
    clock_state: ClockState
    vrm: Vrm
    confidence: float
    direction: Direction
    patch_digest: Digest
    overview_digest: Digest

    @classmethod
    def of(cls, read: Read) -> AlertedRead:
        return cls(
            read_id=read.read_id,
            feed_id=read.feed_id,
            source_id=read.source_id,
            camera_id=read.camera_id,
            captured_at=read.captured_at,
            received_at=read.received_at,
            clock_state=read.clock_state,
            vrm=read.vrm,
            confidence=read.confidence,
            direction=read.direction,
            patch_digest=read.patch_digest,
            overview_digest=read.overview_digest,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertedHit:
    """A hit and its read."""

    hit: Hit
    read: AlertedRead


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A person has seen the alert; from then on it does not escalate."""

    person: PersonId
    at: datetime

    @property
    def state(self) -> AlertState:
        return AlertState.SEEN

    def __post_init__(self) -> None:
        _check_person(self.person)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """What a person found or did: any state after "seen"."""

    state: AlertState
    person: PersonId
    at: datetime
    note: str = ""

    def __post_init__(self) -> None:
        _check_person(self.person)
        if self.state in (AlertState.RAISED, AlertState.SEEN):
            raise BadInput(f"{self.state.value} is no disposition")
        if len(self.note) > _LONGEST_NOTE:
            raise BadInput(f"a note has at most {_LONGEST_NOTE} characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A hit on its way through people's hands. Raises OutOfTurn when made with a history that may not be.

    `repeats` are the hits that were collapsed into this alert, oldest first, each with its own kind. `escalations` are
    the times at which it was sent on because nobody had seen it.
    """

    alert_id: AlertId
    hit: Hit
    read: AlertedRead
    recipients: tuple[Recipient, ...]
    raised_at: datetime
    repeats: tuple[AlertedHit, ...] = ()
    history: tuple[Acknowledgement | Disposition, ...] = ()
    escalations: tuple[datetime, ...] = ()

    def __post_init__(self) -> None:
        state = AlertState.RAISED
        for step in self.history:
            if step.state not in NEXT_STATES[state]:
                raise OutOfTurn(
                    f"an alert that is {state.value} cannot become {step.state.value}; next may be: {_next_of(state)}"
                )
            state = step.state

    @property
    def state(self) -> AlertState:
        return self.history[-1].state if self.history else AlertState.RAISED

    @property
    def read_age(self) -> timedelta:
        """How old the read was when the alert was raised; never negative, whatever clocks did."""
        return max(self.raised_at - self.read.captured_at, timedelta())

    def advanced(self, step: Acknowledgement | Disposition) -> Alert:
        """Return the alert after `step`. Raises OutOfTurn when that may not follow now.

        The step that the same person took last, asked again, changes nothing: it is a retry.
        """
        last = self.history[-1] if self.history else None
        if last is not None and (last.state, last.person) == (step.state, step.person):
            return self
        return replace(self, history=(*self.history, step))


class AlertEventKind(StrEnum):
    """What happened to an alert."""

    RAISED = "raised"
    REPEATED = "repeated"
    ADVANCED = "advanced"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """Something that happened to an alert; `cursor` rises with every event. `alert` may be later than the event."""

    cursor: int
    kind: AlertEventKind
    at: datetime
    alert: Alert


def step_to(state: AlertState, *, person: PersonId, at: datetime, note: str = "") -> Acknowledgement | Disposition:
    """Return the step that leads to `state`. Raises BadInput for a state no person can bring about."""
    if state is AlertState.SEEN:
        return Acknowledgement(person=person, at=at)
    return Disposition(state=state, person=person, at=at, note=note)


def alert_id_of(hit_id: HitId) -> AlertId:
    """Return the id of the alert that this hit raises: raising it again makes the same alert, not a second one."""
    return AlertId(hashlib.sha256(f"alert\n{hit_id}".encode()).hexdigest()[:32])


def _next_of(state: AlertState) -> str:
    return ", ".join(sorted(one.value for one in NEXT_STATES[state])) or "nothing"


def _check_person(person: str) -> None:
    if not person.strip() or len(person) > _LONGEST_NAME or not person.isprintable():
        raise BadInput(f"who did it must be named, in at most {_LONGEST_NAME} printable characters")
