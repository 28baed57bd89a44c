"""Places at rest: AES-256 in Galois/Counter Mode, each bound to the entry that it belongs to.

Promise: without the key folder a place cannot be read, changed unnoticed or moved to another camera's entry. Keys are
files named by rising numbers; the highest seals, all open. A new key is used from the moment its file is there.
On failure: Unavailable for a key that is missing, IntegrityError for a place that was tampered with; neither message
says anything of the place.
"""

from __future__ import annotations

import base64
import os
import struct
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.access.keyfiles import secret
from pipeline.domain.read import Location
from pipeline.errors import IntegrityError, Unavailable

_NONCE_BYTES = 12
_PLACE = struct.Struct("<dd")


class PlaceSeal:
    """Seals places with the keys in `folder`, which is made with a first key on first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def close(self, place: Location, entry: str) -> str:
        """Return `place` sealed for `entry`, as text. Every call gives another text."""
        number = self._newest() or 1
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(secret(self._file(number))).encrypt(
            nonce, _PLACE.pack(place.latitude, place.longitude), entry.encode()
        )
        return f"{number}:{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, entry: str) -> Location:
        """Return the place that `close` sealed for the same `entry`."""
        try:
            number, _, text = sealed.partition(":")
            file = self._file(int(number))
            content = base64.b64decode(text, validate=True)
            if not file.exists():
                raise Unavailable(f"key {file.name} of the cameras' places is missing; restore it from its copy")
            opened = AESGCM(secret(file)).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], entry.encode())
            latitude, longitude = _PLACE.unpack(opened)
        except (InvalidTag, ValueError, struct.error):
            raise IntegrityError("the place of a camera is not what was sealed; restore the register") from None
        return Location(latitude=latitude, longitude=longitude)

    def renew(self) -> list[int]:
        """Make a new key, which seals from now on; return the numbers of the former ones."""
        former = self._numbers()
        secret(self._file(max(former, default=0) + 1))
        return former

    def forget(self, numbers: list[int]) -> None:
        """Remove keys that nothing is sealed with any more."""
        for number in numbers:
            self._file(number).unlink(missing_ok=True)

    def _newest(self) -> int:
        return max(self._numbers(), default=0)

    def _numbers(self) -> list[int]:
        return sorted(int(file.stem) for file in self._folder.glob("*.key") if file.stem.isdigit())

    def _file(self, number: int) -> Path:
        return self._folder / f"{number}.key"
