"""Legal hold: exhibits leave the store's clock by being copied to a folder of their case, with their custody record.

Promise: an exhibit is the read as it was stored (its canonical bytes, and the same as JSON) and both its pictures, each
with its SHA-256, all checked against the digests the read was stored with before anything is written. The
custody record says who held what, when, why and from where, and chains to the record before it by its digest. A case
folder is complete or not there. The store itself is not changed: its rows go at their limit, the exhibits stay.

On failure: NotFound naming the reads that the store does not hold, IntegrityError for one that is not what was stored,
Unavailable for a disk that refuses; nothing of the hold is left then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.domain.read import NO_PICTURE, Digest, Read, ReadId, digest_of
from pipeline.errors import BadInput, IntegrityError, NotFound, Unavailable
from pipeline.store.durable import sync
from pipeline.store.files import Files, remove_folder
from pipeline.store.tables import IMAGES, READS, open_table
from pipeline.wire.read_arrow import reads_of
from pipeline.wire.read_columns import canonical_bytes, read_digest

_CASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a hold put where."""

    folder: Path
    exhibits: int
    custody_digest: Digest


def hold(url: str, cases: Path, *, case: str, read_ids: Sequence[ReadId], by: str, reason: str, now: datetime) -> Held:
    """Copy the reads with these ids and their pictures to `cases`/`case`/<moment of the hold>."""
    if not _CASE.fullmatch(case):
        raise BadInput("a case is named by up to 64 letters, digits, dots, dashes and underscores")
    if not (by.strip() and reason.strip() and read_ids):
        raise BadInput("a hold needs at least one read, the name of who holds it and a reason")
    exhibits = _exhibits(url, sorted(set(read_ids)))
    folder = cases / case / f"{now:%Y%m%dT%H%M%S%fZ}"
    fresh = folder.with_name(f".{folder.name}.part")
    remove_folder(fresh)
    files = Files(str(fresh))
    previous = _last_custody(cases / case)
    items = []
    for read, contents in exhibits:
        for name, content in contents.items():
            files.write(f"{read.read_id}/{name}", content)
        digests = {name: digest_of(content) for name, content in contents.items()}
        items.append({"read_id": read.read_id, "record_digest": read_digest(read), "files": digests})
    custody = {
        "case": case,
        "held_at": now.isoformat(),
        "held_by": by,
        "reason": reason,
        "taken_from": {READS: open_table(url, READS).version(), IMAGES: open_table(url, IMAGES).version()},
        "previous_custody_digest": previous,
        "exhibits": items,
    }
    content = (json.dumps(custody, indent=2, sort_keys=True) + "\n").encode()
    files.write("custody.json", content)
    try:
        fresh.rename(folder)
        sync(folder.parent)
    except OSError as error:
        raise Unavailable(f"the folder of the case cannot be made: {error.strerror}") from error
    return Held(folder=folder, exhibits=len(items), custody_digest=digest_of(content))


def _exhibits(url: str, read_ids: list[ReadId]) -> list[tuple[Read, dict[str, bytes]]]:
    wanted = pc.field("read_id").isin(pa.array(read_ids, pa.string()))
    table = open_table(url, READS).to_pyarrow_dataset().to_table(filter=wanted)
    reads = dict(zip(table["read_id"].to_pylist(), reads_of(table), strict=True))
    if missing := [one for one in read_ids if one not in reads]:
        raise NotFound(f"the store does not hold {len(missing)} of the reads: {', '.join(missing[:10])}")
    days = pc.field("capture_day").isin(table["capture_day"].combine_chunks().unique())
    rows = open_table(url, IMAGES).to_pyarrow_dataset().to_table(filter=days & wanted).to_pylist()
    pictures = {(row["read_id"], row["kind"]): row["jpeg"] for row in rows}
    stored = dict(zip(table["read_id"].to_pylist(), table["record_digest"].to_pylist(), strict=True))
    return [(reads[one], _contents(reads[one], stored[one], pictures)) for one in read_ids]


def _contents(read: Read, stored: str, pictures: dict[tuple[str, str], bytes]) -> dict[str, bytes]:
    patch, overview = (pictures.get((read.read_id, kind), b"") for kind in ("patch", "overview"))
    promised = ((patch, read.patch_digest), (overview, read.overview_digest))
    # what came after a read that came without is held against the custody record from here on
    if read_digest(read) != stored or any(
        digest_of(jpeg) != digest for jpeg, digest in promised if digest not in NO_PICTURE
    ):
        raise IntegrityError(f"read {read.read_id} or a picture of it is not what was stored; verify the store")
    told = json.dumps(asdict(read), default=str, indent=2, sort_keys=True) + "\n"
    return {
        "read.bin": canonical_bytes(read),
        "read.json": told.encode(),
        "patch.jpg": patch,
        "overview.jpg": overview,
    }


def _last_custody(folder: Path) -> str:
    """Return the digest of the newest custody record of the case, empty for the first."""
    records = sorted(folder.glob("[0-9]*/custody.json"))
    return digest_of(records[-1].read_bytes()) if records else ""
