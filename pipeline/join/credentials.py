"""Who posts: a sender of the settings, by a name in its client certificate or by the password in its file.

Secrets are read anew each time, so that one may be replaced while the endpoint runs. A sender that nobody knows and a
password that is wrong are answered alike. A sender with both a certificate name and a secret may show either.
On failure: AccessDenied when the sender is not shown; Unavailable when its secret cannot be read now.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Collection, Mapping
from pathlib import Path

from pipeline.errors import AccessDenied, SettingsError, Unavailable
from pipeline.join.settings import SenderSettings

_SHORTEST_SECRET = 16
_NOBODY = SenderSettings.__name__.encode()


class Senders:
    """The senders of the settings. Raises SettingsError when a secret is not there or too short."""

    def __init__(self, senders: Mapping[str, SenderSettings]) -> None:
        self._senders = dict(senders)
        faults = []
        for name, one in senders.items():
            try:
                if one.secret_file and len(_secret(one)) < _SHORTEST_SECRET:
                    faults.append(f"[join.senders.{name}] secret_file: shorter than {_SHORTEST_SECRET} characters")
            except Unavailable as error:
                faults.append(f"[join.senders.{name}] secret_file: {error}")
        if faults:
            raise SettingsError(faults)

    def shown(self, name: str, authorization: str, certificate_names: Collection[str]) -> SenderSettings:
        """Return the sender called `name`, if the request's `Authorization` or its certificate shows that it is it."""
        sender = self._senders.get(name)
        if sender is not None and sender.certificate_name and sender.certificate_name in certificate_names:
            return sender
        user, password = _basic(authorization)
        secret = _secret(sender) if sender is not None and sender.secret_file else b""
        # compared also where there is nothing to compare with, so that the time tells nothing
        right = hmac.compare_digest(password, secret or _NOBODY)
        if sender is None or not secret or not right or user != name.encode("utf-8"):
            raise AccessDenied("send the sender's name and password as HTTP Basic, or its client certificate")
        return sender


def _secret(sender: SenderSettings) -> bytes:
    try:
        return Path(sender.secret_file).read_bytes().strip()
    except OSError as error:
        raise Unavailable(f"the secret cannot be read: {error.strerror}") from error


def _basic(authorization: str) -> tuple[bytes, bytes]:
    scheme, _, spelt = authorization.partition(" ")
    if scheme.lower() != "basic":
        return b"", b""
    try:
        user, _, password = base64.b64decode(spelt.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return b"", b""
    return user, password
