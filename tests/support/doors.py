"""Doors for tests of what lies behind them: one that lets a known person in, and channels that say who calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import grpc

from actors.services.client import introduced
from pipeline.access.callers.door import Door
from pipeline.access.callers.settings import CallerLimits
from pipeline.clock import SystemClock
from pipeline.domain.access import Grade, Person, PersonId
from pipeline.domain.audit import AuditEntry, AuditEvent
from pipeline.errors import Unidentified

DISPATCHER = Person(
    person_id=PersonId("dispatcher"),
    force="Testshire",
    grade=Grade.STAFF,
    roles=frozenset({"control-room"}),
    trained_until=date(9999, 12, 31),
    desks=frozenset({"control-room"}),
)
PEOPLE = {"token-of-dispatcher": DISPATCHER, "token-of-another": replace(DISPATCHER, person_id=PersonId("another"))}


class ListedAudit:
    """An audit log in memory, which knows no sequence."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    def append(self, events: list[AuditEvent]) -> list[AuditEntry]:
        self.events += events
        return []


def a_door(people: Mapping[str, Person] = PEOPLE, audit: ListedAudit | None = None) -> Door:
    """A door to this machine, which knows people by made-up tokens."""

    def who(token: str, certificate_digest: str | None) -> Person:
        if token not in people:
            raise Unidentified("nobody has this token")
        return people[token]

    return Door({}, who=who, audit=audit or ListedAudit(), clock=SystemClock())


def known(channel: grpc.Channel, token: str = "token-of-dispatcher") -> grpc.Channel:
    """`channel`, over which the bearer of `token` calls with deadlines."""
    return introduced(channel, CallerLimits(), token)
