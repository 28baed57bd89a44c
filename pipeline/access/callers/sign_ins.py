"""Signing in at the door, and what comes of those who cannot.

Promise: whoever fails too often, by the certificate shown or else the address called from, is turned away before what
they show is looked at, until time has passed; what lately was found good is still let in from there, so that one
client with an old token keeps nobody out who is at work. A failure is counted, and on the audit log before it is told:
each of the first, then one in ten seconds with how many there were, and of all strangers together one in five seconds,
so that nobody fills the disk with it. What was shown is on no log.
On failure: Unidentified and AccessDenied as the door says them; Overloaded for who fails too often; Unavailable when
the audit log cannot be written: then nobody is let in either.
"""

from __future__ import annotations

import hashlib
import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from pipeline import metrics
from pipeline.access.callers.buckets import Buckets
from pipeline.access.callers.door import Caller, Door
from pipeline.access.callers.settings import CallerLimits
from pipeline.domain.ports import Clock
from pipeline.errors import AccessDenied, Overloaded

_MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a call shows of its caller. `address` has no port; `certificate` is PEM."""

    address: str
    authorization: tuple[str, ...] = ()
    certificate: bytes | None = None

    @property
    def caller(self) -> str:
        """Return what failures are counted under."""
        return _name_of(self.certificate) if self.certificate else self.address

    @property
    def digest(self) -> bytes:
        """Return what tells whether the same is shown again."""
        told = hashlib.sha256(self.caller.encode())
        for one in self.authorization:
            told.update(b"\n" + one.encode(errors="replace"))
        return told.digest()


@lru_cache(maxsize=1024)
def _name_of(certificate: bytes) -> str:
    """Return the digest of a certificate. The same few come again and again."""
    return hashlib.sha256(certificate).hexdigest()


class SignIns:
    """Asks `door` who calls. Safe for many threads."""

    def __init__(self, door: Door, limits: CallerLimits, clock: Clock) -> None:
        self._door = door
        self._tries = Buckets(
            burst=limits.burst_failed_sign_ins, a_second=limits.failed_sign_ins_a_minute / 60, clock=clock
        )
        self._good: OrderedDict[bytes, None] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def caller(self, shown: Shown, method: str) -> Caller:
        """Return who shows `shown` to call `method`; a failure is counted and written down first."""
        try:
            return self.look_at(shown)
        except AccessDenied as error:
            self.note_failed(shown, method, error)
            raise

    def look_at(self, shown: Shown) -> Caller:
        """Return who shows `shown`. Whoever gets an AccessDenied notes it by `note_failed` before anybody is told."""
        digest = shown.digest
        if self._tries.is_empty(shown.caller) and digest not in self._good:
            metrics.SERVICE_SIGN_INS_FAILED.labels("too-often").inc()
            raise Overloaded("too many calls from here did not show who calls: wait a minute, then sign in again")
        found = self._door.caller(shown.authorization, shown.certificate)
        with self._one_at_a_time:
            self._good[digest] = None
            self._good.move_to_end(digest)
            if len(self._good) > _MOST_REMEMBERED:
                self._good.popitem(last=False)
        return found

    def note_failed(self, shown: Shown, method: str, error: AccessDenied) -> None:
        """Count that `shown` did not show who calls, and write it down."""
        self._tries.take(shown.caller)
        with self._one_at_a_time:
            self._good.pop(shown.digest, None)
        self._door.turned_away(shown.address, shown.certificate, method, error)


@lru_cache(maxsize=1024)
def address_of(peer: str) -> str:
    """Return the address in gRPC's name of a peer, such as `ipv4:192.0.2.7:50123`, without the port.

    Of an IPv6 address only the network (/64): whoever has one has all addresses of it.
    """
    kind, _, rest = unquote(peer).partition(":")
    host = rest.rpartition(":")[0].strip("[]").partition("%")[0]
    if kind == "ipv6":
        try:
            return str(ipaddress.ip_network((host, 64), strict=False))
        except ValueError:
            return kind
    return host if kind == "ipv4" else kind
