"""The record of what was erased: when, of what kind, how many and why. Never a mark, a camera or a read.

One small file for each erasure, named by its moment and its id, so that writing it again after a crash changes nothing
and an object store can hold it.

On failure: Unavailable when it cannot be written; what was erased stays erased, and the next try writes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from pipeline.store.files import Files

FOLDER = "ledger/erasures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """`counts` says how many of each kind went; `before` is the instant before which nothing is kept."""

    erasure_id: str
    at: datetime
    before: datetime
    because: str
    counts: Mapping[str, int]


def record(files: Files, erasure: Erasure) -> None:
    """Write it down, once however often it is called."""
    told = asdict(erasure) | {"at": erasure.at.isoformat(), "before": erasure.before.isoformat()}
    name = f"{FOLDER}/{erasure.at:%Y%m%dT%H%M%S}-{erasure.erasure_id}.json"
    files.write(name, (json.dumps(told, sort_keys=True) + "\n").encode())


def recorded(files: Files) -> list[Erasure]:
    """Return every erasure, the oldest first."""
    found = (json.loads(files.read(file.path)) for file in files.under(FOLDER))
    return [
        Erasure(
            erasure_id=one["erasure_id"],
            at=datetime.fromisoformat(one["at"]),
            before=datetime.fromisoformat(one["before"]),
            because=one["because"],
            counts=one["counts"],
        )
        for one in found
    ]
