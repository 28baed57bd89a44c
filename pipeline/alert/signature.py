"""How a webhook's receiver knows who called: the Standard Webhooks scheme (standardwebhooks.com), HMAC-SHA256.

Signed is "<webhook-id>.<webhook-timestamp>.<body>"; the signature is base64 after "v1,". A receiver refuses a time that
is minutes away from its own, and an id that it has had. A secret file holds the secret itself, or "whsec_" and its
base64, as libraries for receivers write it.

On failure: Unavailable when the secret cannot be read, BadInput when it is too short.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from pathlib import Path

from pipeline.errors import BadInput, Unavailable

_SHORTEST_SECRET = 16
_ENCODED = b"whsec_"


def secret_in(path: Path) -> bytes:
    """Return the secret in the file at `path`, without the end of its line."""
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise Unavailable(f"the secret {path} cannot be read: {error.strerror}") from error
    if secret.startswith(_ENCODED):
        try:
            secret = base64.b64decode(secret.removeprefix(_ENCODED), validate=True)
        except binascii.Error:
            raise BadInput(f"the secret {path} is not base64 after whsec_") from None
    if len(secret) < _SHORTEST_SECRET:
        raise BadInput(f"the secret {path} is shorter than {_SHORTEST_SECRET} bytes")
    return secret


def signed_headers(body: bytes, *, event_id: str, at: datetime, key_id: str, secret: bytes) -> dict[str, str]:
    """Return the headers that sign `body`."""
    timestamp = str(int(at.timestamp()))
    return {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature_of(body, event_id=event_id, timestamp=timestamp, secret=secret)}",
        "anpr-key-id": key_id,
    }


def signature_of(body: bytes, *, event_id: str, timestamp: str, secret: bytes) -> str:
    """Return the base64 of the HMAC-SHA256 of id, time and body."""
    signed = b".".join((event_id.encode(), timestamp.encode(), body))
    return base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
