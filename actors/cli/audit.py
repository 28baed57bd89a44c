"""`anpr audit`: the log verified, reported on, and its checkpoints taken away."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from actors.cli.asked import person_asking
from actors.cli.given import settings_given
from pipeline import bootstrap_access, bootstrap_audit
from pipeline.access.audit.chain import Checkpoint, key_id_of, read_checkpoint
from pipeline.access.audit.verify import ENTRIES, Checked, check_log, entries_of, newest_checkpoint
from pipeline.access.desk import Desk
from pipeline.access.keyfiles import public_key
from pipeline.access.reports.findings import NAMES, Material, report
from pipeline.access.reports.inquiries import Inquiry, inquiries
from pipeline.access.reports.render import Head, page, table
from pipeline.domain.access import Permission
from pipeline.domain.audit import AuditEntry, AuditEvent, Operation, Outcome
from pipeline.errors import AccessDenied, BadInput, IntegrityError, SettingsError
from pipeline.settings import Settings

Keys = Mapping[str, Ed25519PublicKey]
_ATTEMPTS = 3


def execute(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    if chosen.action == "verify":
        return _verify(chosen, settings)
    if chosen.action == "checkpoint":
        line = newest_checkpoint(bootstrap_access.audit_folder(settings), bootstrap_access.public_keys(settings))
        sys.stdout.write(line.decode())
        return 0
    if chosen.action == "stamp":
        return _stamp(settings)
    with bootstrap_access.desk(settings) as desk:
        return _report(chosen, settings, desk)


def _verify(chosen: argparse.Namespace, settings: Settings) -> int:
    given = [public_key(one) for one in chosen.key or []]
    keys = {key_id_of(one): one for one in given} or bootstrap_access.public_keys(settings)
    kept = _kept(chosen.kept, keys) if chosen.kept else []
    folder = chosen.folder or bootstrap_access.audit_folder(settings)
    stamps = bootstrap_audit.stamps_of(settings, folder, keys)
    kept += [one.checkpoint for one in stamps]
    checked = _checked(folder, keys, kept)
    if checked.fault:
        print(f"NOT as it was written: {checked.fault}", file=sys.stderr)
        print(f"{checked.entries} entries before that are whole", file=sys.stderr)
        return 1
    last = f", the last of {checked.last.at:%Y-%m-%d %H:%M:%S} UTC" if checked.last else ""
    held = f", {len(kept)} checkpoint(s) kept elsewhere" if kept else ""
    print(f"whole: {checked.entries} entries{last}; signed up to entry {checked.last_checkpoint}{held}")
    if checked.last:
        print(f"last digest {checked.last.digest}")
    if stamps:
        newest = max(stamps, key=lambda one: one.at)
        print(f"stamped {len(stamps)} time(s), entry {newest.checkpoint.sequence} at {newest.at:%Y-%m-%d %H:%M:%S} UTC")
    return 0


def _stamp(settings: Settings) -> int:
    stamper = bootstrap_audit.stamper(settings)
    if stamper is None:
        raise SettingsError(["[access.audit] stamp_url: is not set: there is no authority to ask"])
    print(f"stamped at {stamper.stamp():%Y-%m-%d %H:%M:%S} UTC")
    return 0


def _checked(folder: Path, keys: Keys, kept: list[Checkpoint]) -> Checked:
    """Check the log; a fault in one that is being written to counts when it is still there afterwards."""
    for _ in range(_ATTEMPTS):
        before = _size_of(folder)
        checked = check_log(folder, keys, kept=kept)
        if not checked.fault or _size_of(folder) == before:
            break
    return checked


def _size_of(folder: Path) -> int:
    path = folder / ENTRIES
    return path.stat().st_size if path.exists() else 0


def _kept(path: Path, keys: Keys) -> list[Checkpoint]:
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from error
    checkpoints = []
    for number, line in enumerate(lines, 1):
        try:
            checkpoints.append(read_checkpoint(line, keys))
        except IntegrityError as error:
            raise BadInput(f"{path}: line {number} {error}") from error
    return checkpoints


def _report(chosen: argparse.Namespace, settings: Settings, desk: Desk) -> int:
    asking = person_asking(chosen, desk)
    if asking.suspended or Permission.AUDIT not in asking.permissions:
        raise AccessDenied("reports of the audit log need the permission audit, and no suspension")
    as_csv = chosen.out.suffix.lower() == ".csv"
    if chosen.report == "all" and as_csv:
        raise BadInput("all reports together are a page (.html); a table (.csv) holds one")
    if not as_csv and chosen.out.suffix.lower() not in (".html", ".htm"):
        raise BadInput("--out ends with .html or .csv")
    if chosen.sample < 1:
        raise BadInput("--sample must be at least 1")
    seed = secrets.randbelow(2**32) if chosen.seed is None else chosen.seed
    only = {"person": chosen.person, "reference": chosen.reference}
    told = {"what": "audit report", "report": chosen.report, "seed": str(seed)}
    event = AuditEvent(
        operation=Operation.ADMINISTRATION,
        outcome=Outcome.ALLOWED,
        person_id=asking.person_id,
        force=asking.force,
        details=told | {f"only {name}": value for name, value in only.items() if value},
    )
    desk.audit.append([event])
    checked = _checked(desk.audit_folder, bootstrap_access.public_keys(settings), [])
    history = inquiries(_whole(desk.audit_folder, checked))
    material = Material(
        inquiries=[one for one in history if _is_wanted(one, chosen)],
        history=history,
        people={one.person_id: one for one in desk.people.everyone()},
        own_marks=desk.people.own_marks(),
        settings=desk.settings.audit,
        sample=chosen.sample,
        seed=seed,
    )
    reports = [report(name, material) for name in (NAMES if chosen.report == "all" else [chosen.report])]
    head = Head(
        force=desk.settings.force,
        made_at=desk.clock.now(),
        made_by=asking.person_id,
        begin=chosen.begin,
        end=chosen.end or desk.clock.now(),
        only=", ".join(f"{name} {value}" for name, value in only.items() if value),
        entries=checked.entries,
        digest=checked.last.digest if checked.last else "",
        fault=checked.fault,
    )
    _write(chosen.out, table(reports[0]) if as_csv else page(head, reports))
    print(f"{chosen.out}: " + ", ".join(f"{one.name} {len(one.rows)}" for one in reports))
    if checked.fault:
        print(f"anpr audit: the log is NOT as it was written: {checked.fault}", file=sys.stderr)
    return 1 if checked.fault else 0


def _whole(folder: Path, checked: Checked) -> Iterator[AuditEntry]:
    """Yield the entries up to the first fault."""
    for entry in entries_of(folder) if checked.entries else ():
        yield entry
        if entry.sequence == checked.entries:
            return


def _is_wanted(one: Inquiry, chosen: argparse.Namespace) -> bool:
    return (
        (chosen.begin is None or one.at >= chosen.begin)
        and (chosen.end is None or one.at < chosen.end)
        and chosen.person in (None, one.person_id)
        and chosen.reference in (None, one.reference)
    )


def _write(path: Path, content: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(content)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}") from error
