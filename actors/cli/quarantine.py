"""`anpr quarantine`: the reads that were put aside."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime

from actors.cli.given import settings_given
from actors.services.national_peer import NationalPeer
from pipeline import bootstrap, bootstrap_access, bootstrap_offices, bootstrap_share
from pipeline.domain.access import PersonId
from pipeline.domain.audit import AuditEvent, Operation, Outcome
from pipeline.domain.sharing import Organisation
from pipeline.errors import BadInput
from pipeline.join.bof2_peer import Bof2Peer
from pipeline.match.lists.watch import person
from pipeline.settings import Settings
from pipeline.share.release import release
from pipeline.share.resend import resend


def execute(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    if bool(chosen.release or chosen.resend) != bool(chosen.reason) or (chosen.release and chosen.resend):
        raise BadInput("--release or --resend goes with --reason: what is let in or sent again is recorded with why")
    if chosen.release:
        return _release(settings, chosen.release, chosen.reason)
    if chosen.resend:
        return _resend(settings, chosen.reason)
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


def _event(settings: Settings, reason: str, what: str, whose: str) -> AuditEvent:
    return AuditEvent(
        operation=Operation.ALTERATION,
        outcome=Outcome.ALLOWED,
        person_id=PersonId(person()),
        force=settings.access.force,
        justification=reason,
        details={what: whose},
    )


def _resend(settings: Settings, reason: str) -> int:
    peers: dict[str, NationalPeer | Bof2Peer] = {}
    if settings.share.peer:
        peers[settings.share.peer_name] = NationalPeer(settings)
    peers |= {name: bootstrap_offices.back_office(settings, name) for name in settings.join.back_offices}
    if not peers:
        raise BadInput("there is nobody to send to: name a peer in [share] peer, or a back office in [join]")
    for name, peer in peers.items():
        with bootstrap_access.audit_writer(settings) as audit:
            audit.append([_event(settings, reason, "resent_from_quarantine", name)])
        quarantine = bootstrap_share.refused(settings, name)
        resent = resend(quarantine, peer, Organisation(name), datetime.now(UTC))
        quarantine.close()
        peer.close()
        print(f"{name} took {resent.taken} reads or their pictures; {resent.left} stay aside.")
    return 0


def _release(settings: Settings, sender: str, reason: str) -> int:
    with bootstrap_access.audit_writer(settings) as audit, bootstrap.journal(settings) as journal:
        audit.append([_event(settings, reason, "released_from_quarantine", sender)])
        released = release(bootstrap_share.quarantine(settings), journal, Organisation(sender))
    print(
        f"{released.taken} reads of {sender} were taken in; {released.left} stay aside: more than their time is wrong."
    )
    return 0
