"""The manifest of a package, its signature, and its custody log: who had it, what they did, in a signed chain.

Promise: a custody entry is an audit entry (`pipeline/access/audit/chain.py`) on one line, and the next line is the
checkpoint that signs it and, through its digest, everything before it. The first entry names the manifest.
On failure: IntegrityError for a log that is not as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipeline.access.audit.chain import checkpoint_line, entry_after, line_of, read_entry, signed
from pipeline.access.evidence.verify import MANIFEST, SIGNATURE, SIGNED_AS, canonical, manifest_of
from pipeline.domain.audit import AuditEntry, AuditEvent
from pipeline.domain.read import digest_of


def sealed(files: Mapping[str, bytes], key: Ed25519PrivateKey) -> dict[str, bytes]:
    """Return `files` with their manifest and its signature."""
    manifest = manifest_of({name: digest_of(content) for name, content in files.items()})
    told = {"key": public_hex(key.public_key()), "signature": key.sign(SIGNED_AS + manifest).hex()}
    return dict(files) | {MANIFEST: manifest, SIGNATURE: canonical(told) + b"\n"}


def public_hex(key: Ed25519PublicKey) -> str:
    """Return the public key as the force gives it out: 64 hexadecimal digits."""
    return key.public_bytes_raw().hex()


def continued(custody: bytes, event: AuditEvent, at: datetime, key: Ed25519PrivateKey) -> tuple[bytes, AuditEntry]:
    """Return the custody log with one more entry, and that entry."""
    lines = custody.splitlines(keepends=True)
    entry = entry_after(read_entry(lines[-2]) if lines else None, event, at)
    return custody + line_of(entry) + checkpoint_line(signed(entry, at, key)), entry


def verified(key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether `signature` is by `key`: the quick way, where `cryptography` is at hand."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
