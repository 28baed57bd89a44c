"""How an audit entry is written down, and how entries and checkpoints are chained.

Promise: one entry is one line of canonical JSON (sorted keys, no spaces, UTF-8 escapes as ASCII), so there is exactly
one spelling of it: `read_entry` accepts only the bytes that `line_of` writes. The digest of an entry is the SHA-256 of
its line without the digest, and the line holds the digest of the entry before it. A checkpoint is a line too: sequence
and digest of the newest entry, signed with Ed25519 (RFC 8032).

On failure: IntegrityError says what is wrong with a line; it does not quote it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipeline.domain.audit import AuditEntry, AuditEvent, Operation, Outcome
from pipeline.domain.read import Digest
from pipeline.errors import IntegrityError

BEGINNING = Digest("0" * 64)
"""What stands for the digest before the first entry."""
_EVENT_FIELDS = tuple(one.name for one in fields(AuditEvent))


def entry_after(previous: AuditEntry | None, event: AuditEvent, at: datetime) -> AuditEntry:
    """Return `event` as the entry that follows `previous` (None: the first)."""
    sequence = previous.sequence + 1 if previous else 1
    before = previous.digest if previous else BEGINNING
    body = _body(sequence, at, event, before)
    return AuditEntry(sequence=sequence, at=at, event=event, previous_digest=before, digest=_digest(body))


def line_of(entry: AuditEntry) -> bytes:
    """Return the line of `entry`, with its end."""
    body = _body(entry.sequence, entry.at, entry.event, entry.previous_digest)
    return _canonical(body | {"digest": entry.digest}) + b"\n"


def read_entry(line: bytes) -> AuditEntry:
    """Return the entry in `line`. Raises IntegrityError unless the line is exactly as it was written."""
    try:
        written = json.loads(line)
        event = event_of(written["event"])
        entry = AuditEntry(
            sequence=written["sequence"],
            at=datetime.fromisoformat(written["at"]),
            event=event,
            previous_digest=written["previous_digest"],
            digest=written["digest"],
        )
        body = _body(entry.sequence, entry.at, event, entry.previous_digest)
        same = line_of(entry) == line
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError("is not an audit entry") from error
    if not same:
        raise IntegrityError("is not spelt as it was written")
    if _digest(body) != entry.digest:
        raise IntegrityError("does not match its digest")
    return entry


def told(event: AuditEvent) -> dict[str, Any]:
    """Return `event` as values that JSON knows."""
    return {name: getattr(event, name) for name in _EVENT_FIELDS} | {"details": dict(event.details)}


def event_of(written: dict[str, Any]) -> AuditEvent:
    """Return what `told` told. Raises KeyError, TypeError or ValueError for anything else."""
    kinds = {"operation": Operation(written["operation"]), "outcome": Outcome(written["outcome"])}
    return AuditEvent(**{name: written[name] for name in _EVENT_FIELDS} | kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A signed statement: at `at` the log ended with entry `sequence`, whose digest is `digest`."""

    sequence: int
    digest: Digest
    at: datetime
    key_id: str
    signature: str


def key_id_of(key: Ed25519PublicKey) -> str:
    """Return the name of a key: the first 16 hexadecimal digits of the SHA-256 of its raw bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def signed(entry: AuditEntry, at: datetime, key: Ed25519PrivateKey) -> Checkpoint:
    """Return the checkpoint on `entry`."""
    key_id = key_id_of(key.public_key())
    signature = key.sign(_statement(entry.sequence, entry.digest, at, key_id)).hex()
    return Checkpoint(sequence=entry.sequence, digest=entry.digest, at=at, key_id=key_id, signature=signature)


def checkpoint_line(checkpoint: Checkpoint) -> bytes:
    """Return the line of `checkpoint`, with its end."""
    body = {
        "sequence": checkpoint.sequence,
        "digest": checkpoint.digest,
        "at": _instant(checkpoint.at),
        "key_id": checkpoint.key_id,
        "signature": checkpoint.signature,
    }
    return _canonical(body) + b"\n"


def read_checkpoint(line: bytes, keys: Mapping[str, Ed25519PublicKey]) -> Checkpoint:
    """Return the checkpoint in `line`. Raises IntegrityError unless one of `keys` signed exactly this."""
    try:
        written = json.loads(line)
        checkpoint = Checkpoint(**written | {"at": datetime.fromisoformat(written["at"])})
        statement = _statement(checkpoint.sequence, checkpoint.digest, checkpoint.at, checkpoint.key_id)
        signature = bytes.fromhex(checkpoint.signature)
        same = checkpoint_line(replace(checkpoint, signature=signature.hex())) == line
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError("is not a checkpoint") from error
    if not same:
        raise IntegrityError("is not spelt as it was written")
    key = keys.get(checkpoint.key_id)
    if key is None:
        raise IntegrityError(f"is signed with key {checkpoint.key_id}, which is not among the trusted ones")
    try:
        key.verify(signature, statement)
    except InvalidSignature:
        raise IntegrityError("has a false signature") from None
    return checkpoint


def _body(sequence: int, at: datetime, event: AuditEvent, before: Digest) -> dict[str, Any]:
    return {"sequence": sequence, "at": _instant(at), "event": told(event), "previous_digest": before}


def _digest(body: dict[str, Any]) -> Digest:
    return Digest(hashlib.sha256(_canonical(body)).hexdigest())


def _statement(sequence: int, digest: str, at: datetime, key_id: str) -> bytes:
    statement = {"what": "anpr audit checkpoint", "sequence": sequence, "digest": digest}
    return _canonical(statement | {"at": _instant(at), "key": key_id})


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
