"""The audit log: a folder with one growing file of entries and one of signed checkpoints.

Promise: `append` returns only when the entries are on the disk, so whoever waits for it may then hand over the first
read; if it raises, nothing may be handed over. A signed checkpoint over them is written at the same time; the disk may
have it a little later, because a power cut that takes it takes no entry, and they get another when the log is opened.
Entries are never changed. One writer at a time holds the log (a lock of the operating system, gone with the process).
Opening the log checks its end; all of it is checked by `check_log`, which `anpr audit verify` runs.

A crash can leave a torn last line, or entries whose checkpoint is missing: nobody was told that they are durable. The
torn line is cut off and said to be so in an entry of its own; whole entries stay and get their checkpoint.

On failure: Unavailable for a full or failing disk or a second writer; IntegrityError when the log is not as written.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipeline import metrics
from pipeline.access.audit.chain import checkpoint_line, entry_after, key_id_of, line_of, signed
from pipeline.access.audit.verify import CHECKPOINTS, ENTRIES, TAIL_BYTES, end_of
from pipeline.domain.access import PersonId
from pipeline.domain.audit import AuditEntry, AuditEvent, Operation, Outcome
from pipeline.domain.ports import Clock
from pipeline.errors import Unavailable

_SYSTEM = PersonId("system")
_APPEND = metrics.STAGE_SECONDS.labels("audit")
_SYNC_CHECKPOINTS_EVERY_BYTES = TAIL_BYTES // 4
"""Of entries: the last checkpoint on the disk is always about one of those that opening the log looks at."""


class AuditLog:
    """Appends to the log in `folder`; checkpoints are signed with `key`, older ones with any of `former_keys`."""

    def __init__(
        self,
        folder: Path,
        key: Ed25519PrivateKey,
        *,
        clock: Clock,
        force: str,
        former_keys: Sequence[Ed25519PublicKey] = (),
    ) -> None:
        self._key = key
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._unsynced = 0
        with ExitStack() as opened:
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._entries = opened.enter_context((folder / ENTRIES).open("ab", buffering=0))
                self._checkpoints = opened.enter_context((folder / CHECKPOINTS).open("ab", buffering=0))
                _lock(self._entries.fileno())
                torn = _cut_torn_line(folder / ENTRIES) + _cut_torn_line(folder / CHECKPOINTS)
                _settle(folder)
            except OSError as error:
                raise Unavailable(f"the audit log cannot be opened: {error.strerror}") from error
            self._good = self._sizes()
            keys = {key_id_of(one): one for one in (*former_keys, key.public_key())}
            self._last, checkpointed = end_of(folder, keys)
            if torn:
                self.append([_torn(torn, force)])
            elif self._last is not None and checkpointed != self._last.sequence:
                self._write([], self._last)
            opened.pop_all()

    @property
    def last(self) -> AuditEntry | None:
        """Return the newest durable entry."""
        return self._last

    def append(self, events: list[AuditEvent]) -> list[AuditEntry]:
        """Make `events` durable, in order; return them as entries. Threads may share the log."""
        with _APPEND.time(), self._one_at_a_time:
            if self._entries.closed:
                raise Unavailable("the audit log is closed; nothing may be answered until it is opened again")
            entries: list[AuditEntry] = []
            newest = self._last
            at = self._clock.now()
            for event in events:
                newest = entry_after(newest, event, at)
                entries.append(newest)
            if newest is not None and entries:
                self._write(entries, newest)
                self._last = newest
        for event in events:
            metrics.AUDIT_ENTRIES.labels(event.operation.value, event.outcome.value).inc()
        return entries

    def close(self) -> None:
        self._entries.close()
        self._checkpoints.close()

    def _write(self, entries: list[AuditEntry], newest: AuditEntry) -> None:
        checkpoint = checkpoint_line(signed(newest, self._clock.now(), self._key))
        lines = b"".join(line_of(entry) for entry in entries)
        try:
            _append(self._entries.fileno(), lines)
            os.fsync(self._entries.fileno())
            _append(self._checkpoints.fileno(), checkpoint)
            self._unsynced += len(lines)
            if self._unsynced > _SYNC_CHECKPOINTS_EVERY_BYTES:
                os.fsync(self._checkpoints.fileno())
                self._unsynced = 0
        except OSError as error:
            metrics.AUDIT_FAILURES.inc()
            try:
                for file, size in zip((self._entries, self._checkpoints), self._good, strict=True):
                    os.ftruncate(file.fileno(), size)
            except OSError:
                # what half stands there would spoil the next line; opening the log anew cuts it off
                self.close()
            raise Unavailable(
                f"the audit log: {error.strerror}; nothing may be answered until it can be kept"
            ) from error
        self._good = self._sizes()

    def _sizes(self) -> list[int]:
        return [os.fstat(one.fileno()).st_size for one in (self._entries, self._checkpoints)]


def _torn(size: int, force: str) -> AuditEvent:
    return AuditEvent(
        operation=Operation.ADMINISTRATION,
        outcome=Outcome.FAILED,
        person_id=_SYSTEM,
        force=force,
        details={"what": "a torn line was cut off after a crash", "bytes": str(size)},
    )


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Unavailable("another process writes the audit log; there must be one writer") from None


def _append(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _cut_torn_line(path: Path) -> int:
    """Cut off what follows the last end of line; return how many bytes that were."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        begin = file.seek(max(0, size - TAIL_BYTES))
        whole = begin + file.read().rfind(b"\n") + 1
    if whole < size:
        os.truncate(path, whole)
    return size - whole


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
