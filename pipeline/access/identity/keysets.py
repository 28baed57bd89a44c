"""Where the keys come from that sign tokens: a JSON Web Key Set in a file, or at a provider's address.

Promise: a set is read again when it is old, or when a key is asked for that it does not hold (a provider rotates its
keys), but never more often than every `pause_seconds`: unknown key ids cost nobody a request each. While a provider
does not answer, the last good set counts for `keep_seconds`.
On failure: Unavailable when there is no set that may still count; BadInput when what was read is none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import jwt
import urllib3

from pipeline.domain.ports import Clock
from pipeline.errors import AnprError, BadInput, Unavailable

_MOST_BYTES = 1 << 20
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class CachedKeys:
    """A key set that `fetch` reads."""

    def __init__(
        self,
        fetch: Callable[[], bytes],
        *,
        clock: Clock,
        refresh_seconds: float = 300.0,
        pause_seconds: float = 10.0,
        keep_seconds: float = 24 * 3600.0,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._refresh = refresh_seconds
        self._pause = pause_seconds
        self._keep = keep_seconds
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = self._tried_at = float("-inf")
        self._one_reader = threading.Lock()

    def key(self, key_id: str) -> jwt.PyJWK | None:
        """Return the key of that id, None if the newest set does not hold it."""
        with self._one_reader:
            now = self._clock.monotonic()
            wanted = key_id not in self._keys or now - self._read_at > self._refresh
            if wanted and now - self._tried_at >= self._pause:
                self._tried_at = now
                try:
                    self._keys, self._read_at = _keys_in(self._fetch()), now
                except AnprError:
                    if now - self._read_at > self._keep:
                        raise
            if now - self._read_at > self._keep:
                raise Unavailable("the keys that sign tokens cannot be had; nobody can be let in")
            return self._keys.get(key_id)


def file_keys(path: Path) -> Callable[[], bytes]:
    """Return what reads the set in a file."""

    def fetch() -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise Unavailable(f"{path.name}: the keys that sign tokens cannot be read: {error.strerror}") from error

    return fetch


def address_keys(url: str, timeout_seconds: float = 5.0) -> Callable[[], bytes]:
    """Return what reads the set at a provider's address: HTTPS, or this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise BadInput("the address of a key set begins with https://")
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(total=timeout_seconds), retries=False)

    def fetch() -> bytes:
        try:
            with pool.request("GET", url, redirect=False, preload_content=False) as answer:
                content = answer.read(_MOST_BYTES + 1)
                status = answer.status
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"the identity provider does not answer: {type(error).__name__}") from error
        if status != 200 or len(content) > _MOST_BYTES:
            raise Unavailable(f"the identity provider gives no key set (status {status})")
        return bytes(content)

    return fetch


def _keys_in(content: bytes) -> dict[str, jwt.PyJWK]:
    try:
        keys = jwt.PyJWKSet.from_json(content.decode()).keys
    except (jwt.PyJWTError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise BadInput("what should be a set of keys is none") from error
    return {key.key_id: key for key in keys if key.key_id and key.public_key_use in (None, "sig")}
