"""Who is asking: an OpenID Connect token in, a person's id out.

Promise: a token counts only if a key of the set signed it with that key's own algorithm (never "none", never a
symmetric one), for this audience, by this issuer, within its time, and, where it is bound to a client certificate
(RFC 8705, `cnf` with `x5t#S256`), over a connection with that very certificate. With `require_bound` a token without
that binding does not count, so that a stolen one is worth nothing.
On failure: Unidentified without a hint at what was wrong (the log says it, without the token, and of many of a kind
seldom); Unavailable when the keys cannot be had.
"""

from __future__ import annotations

import logging
from datetime import UTC
from typing import Any, Protocol

import jwt

from pipeline.access.callers.seldom import Seldom, told
from pipeline.domain.access import PersonId
from pipeline.domain.ports import Clock
from pipeline.errors import AccessDenied, Unidentified

log = logging.getLogger(__name__)
ALGORITHMS = ("EdDSA", "ES256", "ES384", "RS256", "PS256")
"""Asymmetric ones only: with a symmetric one, whoever can check a token could make one."""
_LEAST_RSA_BITS = 2048


class KeySet(Protocol):
    """The keys that may sign tokens, by their ids."""

    def key(self, key_id: str) -> jwt.PyJWK | None: ...


class TokenReader:
    """Reads the tokens of one issuer, meant for one audience."""

    def __init__(
        self,
        keys: KeySet,
        *,
        issuer: str,
        audience: str,
        clock: Clock,
        leeway_seconds: float = 10.0,
        longest_seconds: float = 12 * 3600.0,
        require_bound: bool = False,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._leeway = leeway_seconds
        self._longest = longest_seconds
        self._require_bound = require_bound
        self._log_lines = Seldom(clock)

    def person_id(self, token: str, certificate_digest: str | None = None) -> PersonId:
        """Return whose token it is. `certificate_digest`: base64url SHA-256 of the client's certificate, if any."""
        try:
            claims = self._claims(token)
        except jwt.PyJWTError as error:
            raise self._denied(type(error).__name__) from None
        now = self._clock.now().astimezone(UTC).timestamp()
        if not claims["iat"] - self._leeway <= now < claims["exp"] + self._leeway:
            raise self._denied("outside its time")
        if now < claims.get("nbf", now) - self._leeway or claims["exp"] - claims["iat"] > self._longest:
            raise self._denied("not yet valid, or valid too long")
        bound = claims.get("cnf", {}).get("x5t#S256") if isinstance(claims.get("cnf", {}), dict) else ""
        if (bound is not None or self._require_bound) and (not bound or bound != certificate_digest):
            raise self._denied("not bound to this connection's certificate")
        return PersonId(claims["sub"])

    def _claims(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        key = self._keys.key(str(header.get("kid", "")))
        if key is None:
            raise jwt.InvalidKeyError("unknown key")
        if key.algorithm_name not in ALGORITHMS or header.get("alg") != key.algorithm_name or "crit" in header:
            raise jwt.InvalidAlgorithmError("not the key's algorithm")
        if getattr(key.key, "key_size", _LEAST_RSA_BITS) < _LEAST_RSA_BITS and key.key_type == "RSA":
            raise jwt.InvalidKeyError("too short")
        # times are checked against the clock that was given, so that a test, and an audit, can tell them
        options: Any = {
            "require": ["exp", "iat", "iss", "aud", "sub"],
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
        }
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=[key.algorithm_name], issuer=self._issuer, audience=self._audience, options=options
        )
        times = [claims["exp"], claims["iat"], claims.get("nbf", 0)]
        if any(isinstance(one, bool) or not isinstance(one, int | float) for one in times):
            raise jwt.DecodeError("a time is no number")
        return claims

    def _denied(self, why: str) -> AccessDenied:
        if times := self._log_lines.due(why):
            log.warning("a token was refused: %s%s", why, told(times))
        return Unidentified("the token does not show who is asking: sign in again")
