"""`anpr store`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from actors.cli.given import settings_given
from pipeline import bootstrap
from pipeline.domain.read import ReadId
from pipeline.errors import BadInput
from pipeline.settings import Settings
from pipeline.store.copies.backup import Copied, back_up, put_back, restore
from pipeline.store.copies.hold import hold
from pipeline.store.integrity.quarantine import quarantine, quarantined, release
from pipeline.store.integrity.verify import Report, verify
from pipeline.store.lake import Lake
from pipeline.store.tables import open_table


def execute(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    url = settings.store.url_in(settings.folder)
    actions = {
        "verify": _verify,
        "backup": _backup,
        "restore": _restore,
        "expire": _expire,
        "compact": _compact,
        "hold": _hold,
        "resume": _resume,
    }
    return actions[chosen.action](chosen, settings, url)


def _verify(chosen: argparse.Namespace, _: Settings, url: str) -> int:
    report = verify(url, quick=chosen.quick, days=chosen.day, on_file=_progress)
    taken = quarantine(url, report.faults, datetime.now(UTC))
    for fault in report.faults:
        print(f"{'/'.join(part for part in (fault.table, fault.path) if part)}: {fault.what}", file=sys.stderr)
    if taken:
        print(f"{len(taken)} file(s) put into quarantine", file=sys.stderr)
    mended = 0
    if chosen.repair_from:
        for one in quarantined(url):
            if put_back(chosen.repair_from, url, one.table, one.path):
                release(url, one.table, one.path)
                mended += 1
        print(f"{mended} file(s) put back from the backup")
    left = len(quarantined(url))
    print(
        f"{report.files} files, {report.reads} reads, {report.images} pictures checked: {len(report.faults)} fault(s), "
        f"{left} file(s) in quarantine"
    )
    others = sum(not fault.corrupt for fault in report.faults)
    return 1 if others or left else 0


def _progress(report: Report) -> None:
    if sys.stderr.isatty():
        print(f"\r{report.files} files, {report.reads} reads, {report.images} pictures", end="\r", file=sys.stderr)


def _backup(chosen: argparse.Namespace, settings: Settings, url: str) -> int:
    _tell(back_up(url, _place(chosen.url), datetime.now(UTC)))
    return 0


def _restore(chosen: argparse.Namespace, settings: Settings, url: str) -> int:
    _tell(restore(_place(chosen.url), url))
    _tell_erased(bootstrap.caretaker(settings).expire(confirmed=True))
    return 0


def _expire(chosen: argparse.Namespace, settings: Settings, url: str) -> int:
    for name in ("reads", "images", "marks"):
        open_table(url, name)
    today = datetime.now(UTC).date()
    if chosen.confirm_date is not None and chosen.confirm_date != today:
        raise BadInput(f"the clock says {today} (UTC): set it right, then confirm its date")
    _tell_erased(bootstrap.caretaker(settings).expire(confirmed=chosen.confirm_date is not None))
    return 0


def _compact(chosen: argparse.Namespace, settings: Settings, url: str) -> int:
    caretaker = bootstrap.caretaker(settings)
    print(f"{caretaker.merge()} files replaced, {caretaker.tidy()} old ones removed")
    return 0


def _hold(chosen: argparse.Namespace, settings: Settings, url: str) -> int:
    held = hold(
        url,
        chosen.cases or Path(settings.folder) / "cases",
        case=chosen.case,
        read_ids=[ReadId(one) for one in chosen.read],
        by=chosen.by,
        reason=chosen.reason,
        now=datetime.now(UTC),
    )
    print(f"{held.folder}: {held.exhibits} exhibit(s); custody record {held.custody_digest}")
    return 0


def _resume(chosen: argparse.Namespace, settings: Settings, url: str) -> int:
    with bootstrap.journal_reader(settings) as journal:
        lake = Lake(url, journal.identity)
        lost = journal.missing_after(lake.position)
        if lost:
            lake.skip_to(lake.position + lost)
    print(f"{lost} reads are lost; the store goes on")
    return 0


def _place(url: str) -> str:
    return url.rstrip("/") if "://" in url else str(Path(url).absolute())


def _tell(copied: Copied) -> None:
    print(f"{copied.copied} files ({copied.bytes / 2**20:.1f} MiB) copied, {copied.files} in all")


def _tell_erased(gone: Mapping[str, int]) -> None:
    told = ", ".join(f"{count} {kind}" for kind, count in gone.items() if count)
    print(f"erased: {told or 'nothing was past its limit'}")
