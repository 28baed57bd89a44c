"""Bytes that are nearly messages: seeds with pieces flipped, cut, doubled, mixed, or replaced by what breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

BREAKERS = [
    b"\x00", b"\xff\xfe", b"\xf0\x9f", b"-1", b"1e999", b"NaN", b"9" * 5000, b"0x10", b"'", b'"', b"|" * 20, b"{",
    b"[" * 500, b"</", b"<a>" * 100, b"&#0;", b"&amp;", b"&x;", b"<!DOCTYPE a>", b"<![CDATA[", b"]]>",
    b"<?xml version='1.1'?>", b"--X7\r\n", b"--X7--", b"\r\n\r\n", b"; boundary=", b"\\u0000", b"\\ud800", b"null",
    b"true", b"2026-02-30T25:61:61Z", b"0001-01-01T00:00:00+23:59", b"9999-12-31T23:59:59-23:59", b"PK\x03\x04",
    b"\x08\x96\x01", b"\xff" * 10, "ΑΒ12ΓΔΕ".encode(), "\u202eAB".encode(), b"A" * 20_000,
]  # fmt: skip
_LONGEST = 200_000


def mutated(chance: Random, seeds: Sequence[bytes]) -> bytes:
    """Return a seed after one to six mutations, or, rarely, bytes of no seed at all."""
    if chance.random() < 0.02:
        return chance.randbytes(chance.randrange(200))
    content = chance.choice(seeds)
    for _ in range(chance.randint(1, 6)):
        content = chance.choice(_WAYS)(chance, content, seeds)
    return content[:_LONGEST]


def _span(chance: Random, content: bytes) -> tuple[int, int]:
    begin = chance.randint(0, len(content))
    return begin, min(len(content), begin + int(chance.expovariate(1 / 16)) + 1)


def _flip(chance: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    if not content:
        return content
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]


def _cut(chance: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    begin, end = _span(chance, content)
    return content[:begin] + content[end:]


def _end(chance: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    return content[: chance.randint(0, len(content))]


def _double(chance: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    begin, end = _span(chance, content)
    return content[:begin] + content[begin:end] * chance.choice((2, 3, 60)) + content[end:]


def _break(chance: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    begin, end = _span(chance, content)
    return content[:begin] + chance.choice(BREAKERS) + content[chance.choice((begin, end)) :]


def _mix(chance: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    other = chance.choice(seeds)
    begin, end = _span(chance, other)
    at = chance.randint(0, len(content))
    return content[:at] + chance.choice((other[begin:end], other[begin:])) + content[at:]


def _digits(chance: Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    return content.translate(bytes.maketrans(b"0123456789", bytes(chance.choices(b"0123456789", k=10))))


_WAYS: list[Callable[[Random, bytes, Sequence[bytes]], bytes]] = [_flip, _cut, _end, _double, _break, _mix, _digits]
