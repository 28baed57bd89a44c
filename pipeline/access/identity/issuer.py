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

from pipeline.access.audit.chain import key_id_of
from pipeline.access.keyfiles import private_key
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
        _write(folder / KEY_SET, json.dumps({"keys": [described]}))

    def token(self, person: PersonId, lifetime: timedelta, certificate_digest: str | None = None) -> str:
        """Return a token for `person`."""
        now = self._clock.now()
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": person, "iat": now, "exp": now + lifetime}
        if certificate_digest:
            claims["cnf"] = {"x5t#S256": certificate_digest}
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._key_id})


def _write(path: Path, content: str) -> None:
    """Put `content` there in one step, because other processes read it at any moment."""
    try:
        if path.exists() and path.read_text(encoding="utf-8") == content:
            return
        made = path.with_name(f"{path.name}.{os.getpid()}")
        made.write_text(content, encoding="utf-8")
        made.replace(path)
    except OSError as error:
        raise Unavailable(f"{path.name}: the set of keys cannot be written: {error.strerror}") from error
