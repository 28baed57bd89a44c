"""Whether an audit log is exactly what was written: every entry, every link, every checkpoint.

Promise: `check_log` names the first fault by file and line. It finds any byte changed, any entry removed, added or put
elsewhere, and a log cut short of its newest checkpoint. Whoever can cut both files back to an earlier state together
leaves a shorter log that is whole in itself: that is what `kept` is for, a checkpoint kept somewhere else.

On failure: NotFound where there is no log; faults are values, `require_whole` turns them into IntegrityError.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipeline.access.audit.chain import BEGINNING, Checkpoint, read_checkpoint, read_entry
from pipeline.domain.audit import AuditEntry
from pipeline.errors import IntegrityError, NotFound

ENTRIES, CHECKPOINTS = "audit.jsonl", "audit.checkpoints"
Keys = Mapping[str, Ed25519PublicKey]
TAIL_BYTES = 4 * 2**20
"""More than one commit ever writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found: how many entries are whole, the last of them, and the first fault, if any."""

    entries: int
    last: AuditEntry | None
    last_checkpoint: int
    fault: str

    def require_whole(self) -> None:
        """Raise IntegrityError unless there is no fault."""
        if self.fault:
            raise IntegrityError(f"the audit log is not as it was written: {self.fault}")


def entries_of(folder: Path) -> Iterator[AuditEntry]:
    """Yield the entries in order. Raises IntegrityError at the first that does not follow on the one before."""
    sequence, before = 0, BEGINNING
    for number, line in _lines(folder / ENTRIES):
        try:
            entry = read_entry(line)
        except IntegrityError as error:
            raise IntegrityError(f"{ENTRIES}: line {number} {error}") from error
        if entry.sequence != sequence + 1 or entry.previous_digest != before:
            raise IntegrityError(f"{ENTRIES}: line {number} does not follow on the entry before it")
        sequence, before = entry.sequence, entry.digest
        yield entry


def check_log(folder: Path, keys: Keys, *, kept: Sequence[Checkpoint] = ()) -> Checked:
    """Return whether the log in `folder` is whole. `keys` are the trusted ones, by their ids.

    Works in one pass over both files, in memory that does not grow with them.
    """
    last: AuditEntry | None = None
    newest, fault = 0, ""
    try:
        own = ((one, f"{CHECKPOINTS}: line {number}") for number, one in _checkpoints(folder, keys))
        elsewhere = ((one, "a checkpoint kept elsewhere") for one in sorted(kept, key=_sequence))
        wanted = heapq.merge(own, elsewhere, key=lambda pair: pair[0].sequence)
        entries = entries_of(folder)
        for checkpoint, where in wanted:
            newest = checkpoint.sequence
            while last is None or last.sequence < newest:
                following = next(entries, None)
                if following is None:
                    count = last.sequence if last else 0
                    raise IntegrityError(
                        f"{where} speaks of entry {newest}, the log ends with {count}: it was cut short"
                    )
                last = following
            if last.digest != checkpoint.digest:
                raise IntegrityError(f"{where} does not match entry {newest}: the chain was written anew")
        for later in entries:
            last = later
    except IntegrityError as error:
        fault = str(error)
    return Checked(entries=last.sequence if last else 0, last=last, last_checkpoint=newest, fault=fault)


def end_of(folder: Path, keys: Keys) -> tuple[AuditEntry | None, int]:
    """Return the last entry and the entry of the last checkpoint (0: none), having checked what lies between.

    What a writer needs to go on; all that is older is `check_log`'s to check. Raises IntegrityError.
    """
    entries = [_read(line, ENTRIES) for line in _last_lines(folder / ENTRIES)]
    stamps = [_stamp(line, keys) for line in _last_lines(folder / CHECKPOINTS)[-1:]]
    for before, after in pairwise(entries):
        if after.previous_digest != before.digest or after.sequence != before.sequence + 1:
            raise IntegrityError(f"{ENTRIES}: an entry near the end does not follow on the one before it")
    if not stamps:
        return (entries[-1] if entries else None), 0
    stamped = [entry for entry in entries if entry.sequence == stamps[0].sequence]
    if not stamped or stamped[0].digest != stamps[0].digest:
        raise IntegrityError(f"{ENTRIES}: the last checkpoint is not about any of its last entries: it was cut short")
    return entries[-1], stamps[0].sequence


def recent_entries(folder: Path, since: datetime) -> list[AuditEntry]:
    """Return the entries from `since` on, as many as stand in the last part of the log; none where there is no log."""
    if not (folder / ENTRIES).is_file():
        return []
    entries = [_read(line, ENTRIES) for line in _last_lines(folder / ENTRIES) if line.endswith(b"\n")]
    return [entry for entry in entries if entry.at >= since]


def newest_checkpoint(folder: Path, keys: Keys) -> bytes:
    """Return the line of the newest checkpoint, to be kept where nobody of this machine can change it."""
    lines = [one for _, one in _lines(folder / CHECKPOINTS) if one.endswith(b"\n")]
    if not lines:
        raise NotFound("the audit log has no checkpoint yet")
    _stamp(lines[-1], keys)
    return lines[-1]


def _checkpoints(folder: Path, keys: Keys) -> Iterator[tuple[int, Checkpoint]]:
    before = 0
    for number, line in _lines(folder / CHECKPOINTS):
        try:
            checkpoint = read_checkpoint(line, keys)
        except IntegrityError as error:
            raise IntegrityError(f"{CHECKPOINTS}: line {number} {error}") from error
        if checkpoint.sequence < before:
            raise IntegrityError(f"{CHECKPOINTS}: line {number} is out of order")
        before = checkpoint.sequence
        yield number, checkpoint


def _sequence(checkpoint: Checkpoint) -> int:
    return checkpoint.sequence


def _read(line: bytes, where: str) -> AuditEntry:
    try:
        return read_entry(line)
    except IntegrityError as error:
        raise IntegrityError(f"{where}: a line near the end {error}") from error


def _stamp(line: bytes, keys: Keys) -> Checkpoint:
    try:
        return read_checkpoint(line, keys)
    except IntegrityError as error:
        raise IntegrityError(f"{CHECKPOINTS}: the last line {error}") from error


def _last_lines(path: Path) -> list[bytes]:
    """Return the whole lines in the last part of a file."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        begin = file.seek(max(0, size - TAIL_BYTES))
        lines = file.read().splitlines(keepends=True)
    return lines[1:] if begin else lines


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as lines:
            yield from enumerate(lines, 1)
    except OSError as error:
        raise NotFound(f"{path.name}: the audit log cannot be read: {error.strerror}") from error
