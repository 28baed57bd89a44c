"""The embedded provider of one machine: its own key signs short tokens, which go the same way as any provider's.

Promise: the private key is made on first use, readable by its owner alone; the set of public keys lies beside it.
On failure: Unavailable when the folder cannot be used.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.access.audit.chain import key_id_of
from pipeline.domain.access import PersonId
from pipeline.domain.ports import Clock
from pipeline.errors import Unavailable

ISSUER, AUDIENCE = "anpr-local", "anpr"
KEY_SET = "token-keys.json"
_KEY = "token-key.pem"


class LocalIssuer:
    """Issues tokens with the key in `folder`."""

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._clock = clock
        self._key = private_key(folder / _KEY)
        public = self._key.public_key()
        self._key_id = key_id_of(public)
        algorithm = jwt.algorithms.OKPAlgorithm()
        described = json.loads(algorithm.to_jwk(public)) | {"kid": self._key_id, "use": "sig", "alg": "EdDSA"}
        (folder / KEY_SET).write_text(json.dumps({"keys": [described]}))

    def token(self, person: PersonId, lifetime: timedelta, certificate_digest: str | None = None) -> str:
        """Return a token for `person`."""
        now = self._clock.now()
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": person, "iat": now, "exp": now + lifetime}
        if certificate_digest:
            claims["cnf"] = {"x5t#S256": certificate_digest}
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._key_id})


def private_key(path: Path) -> Ed25519PrivateKey:
    """Return the Ed25519 key in `path`, made on first use."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_secret(path, Ed25519PrivateKey.generate())
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise Unavailable(f"{path.name}: the key cannot be used: {error.strerror}") from error
    except ValueError as error:
        raise Unavailable(f"{path.name}: holds no private key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Unavailable(f"{path.name}: holds no Ed25519 key")
    return key


def _write_secret(path: Path, key: Ed25519PrivateKey) -> None:
    content = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
