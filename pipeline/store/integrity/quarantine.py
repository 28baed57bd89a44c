"""Damaged files are taken out of harm's way, and nothing is made of their absence.

A file in quarantine is moved to `quarantine/` of the store and noted in the ledger, but the table's log still names it:
whatever needs it fails with its name until the file is put back or its day expires, and never finds nothing instead.

On failure: Unavailable when it cannot be moved; nothing has changed then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipeline import metrics
from pipeline.store.files import Files
from pipeline.store.integrity.verify import Fault

FOLDER = "quarantine"
LEDGER = "ledger/quarantine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A file that was taken aside: where it stood, what was wrong with it, and when that was found."""

    table: str
    path: str
    what: str
    at: datetime


def quarantine(url: str, faults: Iterable[Fault], now: datetime) -> list[Quarantined]:
    """Move the files that are corrupt, and note those that are missing; return what is newly in the ledger."""
    files = Files(url)
    known = {(one.table, one.path) for one in quarantined(url)}
    taken = []
    for fault in faults:
        if not fault.corrupt or (fault.table, fault.path) in known:
            continue
        entry = Quarantined(table=fault.table, path=fault.path, what=fault.what, at=now)
        place = f"{fault.table}/{fault.path}"
        if files.exists(place):
            files.move(place, f"{FOLDER}/{place}")
        told = {"table": entry.table, "path": entry.path, "what": entry.what, "at": now.isoformat()}
        files.write(_ledger_path(entry.table, entry.path), (json.dumps(told) + "\n").encode())
        metrics.STORE_FAULTS.labels(entry.table).inc()
        taken.append(entry)
    metrics.STORE_QUARANTINED.set(len(known) + len(taken))
    return taken


def quarantined(url: str) -> list[Quarantined]:
    """Return what is in quarantine."""
    files = Files(url)
    found = (json.loads(files.read(file.path)) for file in files.under(LEDGER))
    return [
        Quarantined(table=one["table"], path=one["path"], what=one["what"], at=datetime.fromisoformat(one["at"]))
        for one in found
    ]


def release(url: str, table: str, path: str) -> None:
    """Forget that a file was in quarantine: a good copy stands in its place, or its day has expired."""
    files = Files(url)
    files.delete(f"{FOLDER}/{table}/{path}")
    files.delete(_ledger_path(table, path))


def _ledger_path(table: str, path: str) -> str:
    return f"{LEDGER}/{table}/{path}.json"
