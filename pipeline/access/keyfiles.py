"""Keys and secrets as files: made on first use, for their owner's eyes only, and durable before they are used.

Promise: two processes that make the same file at once agree on one content.
On failure: Unavailable naming the file, never its content.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipeline.errors import Unavailable

_SECRET_BYTES = 32


def private_key(path: Path, *, make: bool = True) -> Ed25519PrivateKey:
    """Return the Ed25519 key (PEM) in `path`, made on first use if `make`."""
    content = _content(path, _new_key if make else None)
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as error:
        raise Unavailable(f"{path.name}: holds no private key in the clear") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Unavailable(f"{path.name}: holds no Ed25519 key")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """Return the public Ed25519 key (PEM) in `path`."""
    try:
        key = serialization.load_pem_public_key(_content(path, None))
    except ValueError as error:
        raise Unavailable(f"{path.name}: holds no public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise Unavailable(f"{path.name}: holds no Ed25519 key")
    return key


def write_public(path: Path, key: Ed25519PublicKey) -> None:
    """Put `key` (PEM) into `path` for whoever verifies; a file that says so already is left alone."""
    content = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise Unavailable(f"{path.name}: the key cannot be written: {error.strerror}") from error


def secret(path: Path) -> bytes:
    """Return the 32 random bytes in `path`, made on first use."""
    content = _content(path, lambda: secrets.token_bytes(_SECRET_BYTES))
    if len(content) != _SECRET_BYTES:
        raise Unavailable(f"{path.name}: is not what was made; what it hides would get other names")
    return content


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _content(path: Path, make: Callable[[], bytes] | None) -> bytes:
    try:
        if make is not None and not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(path, make())
        return path.read_bytes()
    except OSError as error:
        raise Unavailable(f"{path.name}: the key cannot be used: {error.strerror}") from error


def _make(path: Path, content: bytes) -> None:
    made = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # a link, unlike a move, does not replace what another process was quicker to make
        with suppress(FileExistsError):
            os.link(made, path)
    finally:
        made.unlink()
