"""`anpr evidence`: exhibits taken out, checked, added to, and their custody."""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta

from actors.cli.asked import person_asking, request_of
from actors.cli.given import settings_given
from pipeline import bootstrap_access, bootstrap_evidence
from pipeline.access.desk import Desk
from pipeline.access.evidence.keeping import Step, opened
from pipeline.access.evidence.verify import check, shown
from pipeline.domain.access import Refusal
from pipeline.domain.query import Order
from pipeline.domain.read import ReadId
from pipeline.errors import BadInput
from pipeline.settings import Settings

_KEY_BYTES = 32


def execute(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    if chosen.action == "verify":
        return _verify(chosen, settings)
    with bootstrap_access.desk(settings) as desk:
        return _export(chosen, settings, desk) if chosen.action == "export" else _keep(chosen, settings, desk)


def _export(chosen: argparse.Namespace, settings: Settings, desk: Desk) -> int:
    made = bootstrap_evidence.exporter(settings, desk).export(
        request_of(chosen, desk, usual=timedelta(days=1), order=Order.OLDEST_FIRST),
        chosen.package,
        recipient=chosen.recipient,
        label=chosen.exhibit,
        only=[ReadId(one) for one in chosen.read],
    )
    if isinstance(made, Refusal):
        print(f"anpr evidence: refused ({made.rule}): {made.reason}", file=sys.stderr)
        return 1
    print(f"{chosen.package}: {made.reads} read(s), package {made.package_id}")
    for one in made.grant.narrowed:
        print(f"Left out: captured {one.away.begin:%Y-%m-%d %H:%M} to {one.away.end:%Y-%m-%d %H:%M}: {one.reason}.")
    print(f"Public key: {made.key}")
    print(f"Newest custody entry: {made.newest}")
    print("Give whoever receives the package these two by another way than the package itself.")
    return 0


def _verify(chosen: argparse.Namespace, settings: Settings) -> int:
    trusted = _keys(chosen) or [one for one in [bootstrap_evidence.own_public_key(settings)] if one]
    checked = check(opened(chosen.package), trusted)
    if chosen.newest and chosen.newest.lower() != checked.newest:
        checked.faults.append("custody.jsonl: its newest entry is not the one that was told")
    print("\n".join(shown(checked, bool(trusted))))
    return 1 if checked.faults else 0 if trusted else 3


def _keep(chosen: argparse.Namespace, settings: Settings, desk: Desk) -> int:
    custodian = bootstrap_evidence.custodian(settings, desk, _keys(chosen))
    person = person_asking(chosen, desk)
    if chosen.action == "add":
        entry = custodian.add(chosen.package, chosen.file, person, note=chosen.note)
    else:
        step = Step(chosen.step)
        entry = custodian.record(chosen.package, step, person, recipient=chosen.recipient, note=chosen.note)
    print(f"{chosen.package}: custody entry {entry.sequence}, digest {entry.digest}")
    return 0


def _keys(chosen: argparse.Namespace) -> list[str]:
    try:
        keys = [bytes.fromhex(one) for one in chosen.key]
    except ValueError:
        keys = [b""]
    if any(len(one) != _KEY_BYTES for one in keys):
        raise BadInput("--key is a public key: 64 hexadecimal digits")
    return [one.hex() for one in keys]
