"""`anpr quarantine`: the reads that were put aside."""

from __future__ import annotations

import argparse
import json

from actors.cli.given import settings_given
from pipeline import bootstrap, bootstrap_access, bootstrap_share
from pipeline.domain.access import PersonId
from pipeline.domain.audit import AuditEvent, Operation, Outcome
from pipeline.domain.sharing import Organisation
from pipeline.errors import BadInput
from pipeline.match.lists.watch import person
from pipeline.settings import Settings
from pipeline.share.release import release


def execute(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    if bool(chosen.release) != bool(chosen.reason):
        raise BadInput("--release and --reason go together: what is let in is recorded with why")
    if chosen.release:
        return _release(settings, chosen.release, chosen.reason)
    rows = [
        {"sender": sender, "fault": fault.value, "reads": number}
        for one in bootstrap_share.quarantines(settings)
        for (sender, fault), number in sorted(one.by_fault().items())
    ]
    for row in rows:
        print(json.dumps(row) if chosen.json else f"{row['sender']}: {row['reads']} reads put aside: {row['fault']}")
    if not rows and not chosen.json:
        print("Nothing is put aside.")
    return 0


def _release(settings: Settings, sender: str, reason: str) -> int:
    event = AuditEvent(
        operation=Operation.ALTERATION,
        outcome=Outcome.ALLOWED,
        person_id=PersonId(person()),
        force=settings.access.force,
        justification=reason,
        details={"released_from_quarantine": sender},
    )
    with bootstrap_access.audit_writer(settings) as audit, bootstrap.journal(settings) as journal:
        audit.append([event])
        released = release(bootstrap_share.quarantine(settings), journal, Organisation(sender))
    print(
        f"{released.taken} reads of {sender} were taken in; {released.left} stay aside: more than their time is wrong."
    )
    return 0
