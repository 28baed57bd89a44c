"""Cursors that tell nothing: a search's own cursor names the camera of the page's last read.

Promise: a sealed cursor is encrypted and authenticated (Fernet: AES-128-CBC with HMAC-SHA256) and good only for the
request it was given to: the same person, query and reason.
On failure: BadInput for a cursor that is forged, another request's, or none at all.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from cryptography.fernet import Fernet, InvalidToken

from pipeline.access.spelling import spelt
from pipeline.domain.access import AccessRequest
from pipeline.errors import BadInput


class Cursors:
    """Seals and opens with a key made from `secret`."""

    def __init__(self, secret: bytes) -> None:
        key = hmac.new(secret, b"anpr cursors", hashlib.sha256).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def sealed(self, request: AccessRequest, span: str, within: str | None) -> str:
        """Return the cursor for the place `within` the span of that name; None stands for its beginning."""
        return self._fernet.encrypt(json.dumps([_name_of(request), span, within]).encode()).decode()

    def opened(self, request: AccessRequest, cursor: str) -> tuple[str, str | None]:
        """Return the name of the span and the place in it."""
        try:
            holder, span, within = json.loads(self._fernet.decrypt(cursor.encode()))
        except (InvalidToken, ValueError) as error:
            raise BadInput("the cursor is none that an answer gave") from error
        if holder != _name_of(request):
            raise BadInput("the cursor was given to another request")
        return span, within


def _name_of(request: AccessRequest) -> str:
    told = (
        request.request_id,
        request.person.person_id,
        request.purpose,
        request.category,
        request.reference,
        request.justification,
        spelt(request.query),
    )
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
