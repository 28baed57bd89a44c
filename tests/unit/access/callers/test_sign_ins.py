"""Failures to sign in: how many are looked at, how many are written down, and what is remembered."""

from __future__ import annotations

import pytest

from pipeline.access.callers.door import Door
from pipeline.access.callers.settings import CallerLimits
from pipeline.access.callers.sign_ins import Shown, SignIns, address_of
from pipeline.domain.access import Person
from pipeline.errors import AnprError, Overloaded, Unidentified
from tests.support.clock import ManualClock
from tests.support.doors import DISPATCHER, ListedAudit

METHOD = "/anpr.v1.SearchService/Search"
LIMITS = CallerLimits(burst_failed_sign_ins=1000, failed_sign_ins_a_minute=60_000)


def sign_ins(audit: ListedAudit, clock: ManualClock, limits: CallerLimits = LIMITS) -> SignIns:
    def who(token: str, certificate_digest: str | None) -> Person:
        if token != "good":
            raise Unidentified("nobody has this token")
        return DISPATCHER

    return SignIns(Door({}, who=who, audit=audit, clock=clock), limits, clock)


def tries(asked: SignIns, address: str, token: str = "bad", times: int = 1) -> list[type[AnprError] | None]:
    found: list[type[AnprError] | None] = []
    for _ in range(times):
        try:
            asked.caller(Shown(address=address, authorization=(f"Bearer {token}",)), METHOD)
            found.append(None)
        except AnprError as error:
            found.append(type(error))
    return found


def test_a_flood_is_counted_and_does_not_fill_the_audit_log() -> None:
    audit, clock = ListedAudit(), ManualClock()
    asked = sign_ins(audit, clock)
    for _ in range(60):
        tries(asked, "192.0.2.7", times=50)
        clock.advance(1)
    # the first thirty, and one in each ten seconds of the minute
    assert len(audit.events) == 30 + 5
    assert sum(int(one.details["times"]) for one in audit.events) > 2500


def test_a_flood_from_everywhere_does_not_either() -> None:
    audit, clock = ListedAudit(), ManualClock()
    asked = sign_ins(audit, clock)
    for number in range(2000):
        tries(asked, f"host-{number}")
    assert len(audit.events) == 300
    clock.advance(5)
    tries(asked, "one-more")
    assert audit.events[-1].details["entries_left_out"] == "1700"


def test_time_lets_a_caller_try_again() -> None:
    clock = ManualClock()
    asked = sign_ins(ListedAudit(), clock, CallerLimits(burst_failed_sign_ins=2, failed_sign_ins_a_minute=6))
    assert tries(asked, "a", times=3) == [Unidentified, Unidentified, Overloaded]
    assert tries(asked, "a", "good") == [Overloaded]
    assert tries(asked, "b", "good") == [None]
    clock.advance(10)
    assert tries(asked, "a", "good") == [None]


def test_what_was_good_and_is_no_longer_is_no_way_past_the_limit() -> None:
    known = {"Bearer good"}

    def who(token: str, certificate_digest: str | None) -> Person:
        if f"Bearer {token}" not in known:
            raise Unidentified("nobody has this token")
        return DISPATCHER

    clock = ManualClock()
    limits = CallerLimits(burst_failed_sign_ins=1, failed_sign_ins_a_minute=1)
    asked = SignIns(Door({}, who=who, audit=ListedAudit(), clock=clock), limits, clock)
    assert tries(asked, "a", "good") == [None]
    known.clear()
    assert tries(asked, "a", "good", times=2) == [Unidentified, Overloaded]


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:192.0.2.7:50123", "192.0.2.7"),
        ("ipv6:%5B2001:db8:1:2:3::4%5D:50123", "2001:db8:1:2::/64"),
        ("ipv6:[::1]:7", "::/64"),
        ("unix:/run/anpr", "unix"),
        ("nonsense", "nonsense"),
    ],
)
def test_an_address_is_told_without_its_port(peer: str, address: str) -> None:
    assert address_of(peer) == address
