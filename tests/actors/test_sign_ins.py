"""Who fails to sign in, or shows a revoked certificate, over real TLS: turned away, told of, and nobody else hurt."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from pipeline.access.callers.authority import REVOKED, Issued
from pipeline.access.callers.door import Door
from pipeline.access.callers.revocations import Revocations
from pipeline.access.callers.settings import CallerLimits, OrganisationSettings
from pipeline.clock import SystemClock
from pipeline.domain.access import Person
from pipeline.domain.audit import Outcome
from pipeline.errors import Unidentified
from protos.anpr.v1 import alert_pb2_grpc
from tests.support.alert_service import PLAIN, TOKEN, Watching, code_of, listed, standing
from tests.support.certified import KENT, ORGANISATIONS, Certified
from tests.support.doors import PEOPLE, ListedAudit, a_door, known

FEW = CallerLimits(burst_failed_sign_ins=3, failed_sign_ins_a_minute=0.001, review_every_seconds=0.05)
STOLEN = "eyJhbGciOiJub25lIn0.a-token-that-is-not-good"


@pytest.fixture
def certified(tmp_path: Path) -> Certified:
    return Certified(tmp_path / "certificates")


def a_guarded_door(
    audit: ListedAudit, organisations: Mapping[str, OrganisationSettings] = ORGANISATIONS, **more: Any
) -> Door:
    def who(token: str, certificate_digest: str | None) -> Person:
        if token not in PEOPLE:
            raise Unidentified("nobody has this token")
        return PEOPLE[token]

    return Door(organisations, who=who, audit=audit, clock=SystemClock(), with_certificates=True, **more)


def test_who_fails_too_often_is_turned_away_unseen_and_who_is_at_work_there_is_not(tmp_path: Path) -> None:
    audit = ListedAudit()
    settings = replace(PLAIN, limits=FEW)
    with standing(tmp_path, settings, a_door(audit=audit)) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as plain:
        listed(known(plain))()
        for _ in range(3):
            assert code_of(listed(known(plain, STOLEN))) is grpc.StatusCode.UNAUTHENTICATED
        assert code_of(listed(known(plain, STOLEN))) is grpc.StatusCode.RESOURCE_EXHAUSTED
        # also a good token, if it was never shown before
        assert code_of(listed(known(plain, "token-of-another"))) is grpc.StatusCode.RESOURCE_EXHAUSTED
        listed(known(plain))()
    refused = [one for one in audit.events if one.outcome is Outcome.REFUSED]
    assert [(one.person_id, one.details["address"], one.details["times"]) for one in refused] == [
        ("nobody", "127.0.0.1", "1")
    ] * 3
    assert STOLEN not in str(audit.events)


def test_failures_behind_one_certificate_hinder_nobody_behind_another(tmp_path: Path, certified: Certified) -> None:
    settings = certified.settings(limits=FEW)
    with standing(tmp_path, settings, a_guarded_door(ListedAudit())) as port:
        shown = certified.authority().issue([KENT])
        with certified.channel(port, shown, STOLEN) as channel:
            for _ in range(3):
                assert code_of(listed(channel)) is grpc.StatusCode.UNAUTHENTICATED
            assert code_of(listed(channel)) is grpc.StatusCode.RESOURCE_EXHAUSTED
        with certified.channel(port, token=TOKEN) as channel:
            listed(channel)()


def test_a_revoked_certificate_counts_no_more_also_on_an_open_connection(tmp_path: Path, certified: Certified) -> None:
    authority, audit = certified.authority(), ListedAudit()
    authority.revoke()
    revocations = Revocations(authority.file(REVOKED), authority.file())
    door, settings = a_guarded_door(audit, revoked=revocations), certified.settings(limits=FEW)
    shown = authority.issue([KENT])
    with standing(tmp_path, settings, door) as port, certified.channel(port, shown, TOKEN) as channel:
        watching = Watching(alert_pb2_grpc.AlertServiceStub(channel), "desk")
        assert watching.take(1) == [1]
        authority.revoke([shown.certificate])
        assert code_of(listed(channel)) is grpc.StatusCode.UNAUTHENTICATED
        assert code_of(lambda: watching.take(1)) is grpc.StatusCode.UNAUTHENTICATED
        watching.end()
        # the organisation's other certificates are as good as before
        with certified.channel(port, token=TOKEN) as other:
            listed(other)()


def test_a_system_whose_certificate_is_revoked_is_refused_from_the_next_call_on(
    tmp_path: Path, certified: Certified
) -> None:
    authority, audit = certified.authority(), ListedAudit()
    authority.revoke()
    system = {"kent": replace(ORGANISATIONS["kent"], desks=("control-room",))}
    door = a_guarded_door(audit, system, revoked=Revocations(authority.file(REVOKED), authority.file()))
    shown = [authority.issue([KENT]) for _ in range(2)]
    with standing(tmp_path, certified.settings(), door) as port, ExitStack() as opened:
        # nobody's token: such calls are looked at without a thread while the list is as it was
        first, second = (opened.enter_context(certified.channel(port, one)) for one in shown)
        for gone in (first, second):
            assert len(listed(gone)().alerts) == 1
            authority.revoke([shown[gone is second].certificate])
            assert code_of(listed(gone)) is grpc.StatusCode.UNAUTHENTICATED
            assert code_of(listed(gone)) is grpc.StatusCode.UNAUTHENTICATED
    assert [one.outcome.value for one in audit.events] == ["allowed", "refused", "refused"] * 2


@pytest.mark.parametrize("put", ["nothing", "half a list", "another authority's list", "a list that is gone"])
def test_a_list_that_cannot_be_used_lets_nobody_back_in(
    tmp_path: Path, certified: Certified, put: str, caplog: pytest.LogCaptureFixture
) -> None:
    authority, theirs = certified.authority(), certified.authority("theirs")
    shown: Issued = authority.issue([KENT])
    authority.revoke([shown.certificate])
    theirs.revoke()
    file = authority.file(REVOKED)
    door = a_guarded_door(ListedAudit(), revoked=Revocations(file, authority.file()))
    with standing(tmp_path, certified.settings(), door) as port, certified.channel(port, shown, TOKEN) as channel:
        assert code_of(listed(channel)) is grpc.StatusCode.UNAUTHENTICATED
        found = file.read_bytes()
        if put == "a list that is gone":
            file.unlink()
        else:
            replaced = {"nothing": b"", "half a list": found[:-60]}
            file.write_bytes(replaced.get(put, theirs.file(REVOKED).read_bytes()))
        for _ in range(2):
            assert code_of(listed(channel)) is grpc.StatusCode.UNAUTHENTICATED
        assert caplog.text.count("the last good one stays") == 1


def test_what_a_watch_is_for_is_on_the_audit_log_before_its_first_alert(tmp_path: Path) -> None:
    audit = ListedAudit()
    with standing(tmp_path, PLAIN, a_door(audit=audit)) as port, grpc.insecure_channel(f"127.0.0.1:{port}") as plain:
        watching = Watching(alert_pb2_grpc.AlertServiceStub(known(plain)), "desk")
        watching.take(1)
        (event,) = audit.events
        assert event.details["method"] == "anpr.v1.AlertService/WatchAlerts"
        assert '"recipients": ["control-room"]' in event.query
        watching.end()
