"""Verification of Ed25519 signatures (RFC 8032, section 5.1) in plain Python, for machines with nothing else.

The verification alone: no secret is ever in here, so that it may take as long as it takes. A signature is held against
the one encoding of its point, and encodings that are not the smallest are refused, as the RFC says.
On failure: nothing raises; what is no key or no signature is false.
"""

from __future__ import annotations

import hashlib
from typing import Tuple  # noqa: UP035

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_Point = Tuple[int, int, int, int]  # noqa: UP006


def ed25519_verified(key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether `signature` (64 bytes) on `message` is by the holder of `key` (32 bytes)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    public, s = _point(key), int.from_bytes(signature[32:], "little")
    if public is None or s >= _L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _L
    x, y, z, t = public
    return _encoded(_added(_times(s, _BASE), _times(k, (-x % _P, y, z, -t % _P)))) == signature[:32]


def _point(encoded: bytes) -> _Point | None:
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _added(one: _Point, other: _Point) -> _Point:
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % _P, (one[1] + one[0]) * (other[1] + other[0]) % _P
    c, d = 2 * one[3] * other[3] * _D % _P, 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: _Point) -> _Point:
    product = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            product = _added(product, point)
        point = _added(point, point)
        scalar >>= 1
    return product


def _encoded(point: _Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_base = _point((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
assert _base is not None
_BASE: _Point = _base
