"""What is refused at the door again and again: a few lines in the process's log, and every time on the audit log and in
the metrics."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import metrics
from pipeline.access.callers.authority import REVOKED, Authority
from pipeline.access.callers.door import Door
from pipeline.access.callers.revocations import Revocations
from pipeline.access.callers.settings import OrganisationSettings
from pipeline.access.callers.sign_ins import Shown, SignIns
from pipeline.domain.access import Person
from pipeline.errors import Unidentified
from tests.support.clock import ManualClock
from tests.support.doors import ListedAudit
from tests.unit.access.callers.test_sign_ins import LIMITS, METHOD

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
REFUSED = "a certificate was refused: "


def nobody(token: str, certificate_digest: str | None) -> Person:
    raise AssertionError("no token was shown")


def counted() -> float:
    return metrics.SERVICE_SIGN_INS_FAILED.labels("certificate")._value.get()  # type: ignore[no-any-return]


def test_refused_certificates_fill_no_log_and_are_all_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    authority = Authority(tmp_path, now=NOW)
    gone, stranger = (authority.issue([name]).certificate for name in ("kent.example", "nobody.example"))
    authority.revoke([gone])
    clock, audit = ManualClock(NOW), ListedAudit()
    door = Door(
        {"kent": OrganisationSettings(names=("kent.example",), may=())},
        who=nobody,
        audit=audit,
        clock=clock,
        with_certificates=True,
        revoked=Revocations(authority.file(REVOKED), authority.file()),
    )
    asked, before = SignIns(door, LIMITS, clock), counted()

    def shown(certificate: bytes, times: int = 1) -> None:
        for _ in range(times):
            with pytest.raises(Unidentified):
                asked.caller(Shown(address="192.0.2.7", authorization=(), certificate=certificate), METHOD)

    shown(gone, 500)
    shown(stranger)
    clock.advance(10)
    shown(gone)
    revoked = f"{REFUSED}it was revoked"
    assert caplog.messages == [
        *[revoked] * 30,
        f"{REFUSED}it names 0 organisations of the settings",
        f"{revoked}, 471 times",
    ]
    assert counted() - before == 502
    assert sum(int(one.details["times"]) for one in audit.events) == 502
