"""Marks as numbers: what the index is sorted by, and which shard an entry belongs to.

Promise: `key_of` is one to one for marks of up to `LONGEST_KEY` characters (as the glyphs a plate shows: O is 0, I is
1); a longer mark has a 61-bit digest as its key, so equal keys of long marks must be compared once more. Characters
stand left to right in base 35, 0 for none, so that one character more or less shifts the rest by one place.

On failure: nothing fails for canonical marks; ValueError for a character that no mark can hold.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.vrm import MAXIMUM_LENGTH, is_partial, same_glyphs

Keys = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Marks = NDArray[np.bytes_]

GLYPHS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""What a plate can show. A glyph's code is its place here and one more; code 0 is no glyph."""
BASE = len(GLYPHS) + 1
LONGEST_KEY = 12
CODES: dict[str, int] = {glyph: code for code, glyph in enumerate(GLYPHS, start=1)} | {
    "O": GLYPHS.index("0") + 1,
    "I": GLYPHS.index("1") + 1,
}
POWERS = np.array([BASE ** (LONGEST_KEY - 1 - place) for place in range(LONGEST_KEY)], np.int64)
_DIGITS = bytes(
    ord("0123456789abcdefghijklmnopqrstuvwxy"[CODES[chr(byte)]]) if chr(byte) in CODES else ord("!")
    for byte in range(256)
)
_CODE_OF_BYTE = np.zeros(256, np.int64)
for _glyph, _code in CODES.items():
    _CODE_OF_BYTE[ord(_glyph)] = _code
_LONG = 1 << 62
_MIX = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_CHUNK = 1 << 18


def key_of(vrm: str) -> int:
    """Return the key of a whole mark."""
    if len(vrm) <= LONGEST_KEY:
        return int(vrm.encode().translate(_DIGITS).ljust(LONGEST_KEY, b"0"), BASE)
    return _LONG + (int.from_bytes(hashlib.blake2b(same_glyphs(vrm).encode(), digest_size=8).digest()) >> 3)


def keys_of(marks: Marks) -> Keys:
    """Return `key_of` of every whole mark in an array of dtype S16."""
    keys = np.empty(len(marks), np.int64)
    for start in range(0, len(marks), _CHUNK):
        chunk = np.ascontiguousarray(marks[start : start + _CHUNK], f"S{MAXIMUM_LENGTH}")
        codes = _CODE_OF_BYTE[chunk.view(np.uint8).reshape(len(chunk), MAXIMUM_LENGTH)]
        keys[start : start + len(chunk)] = codes[:, :LONGEST_KEY] @ POWERS
        for place in np.flatnonzero(codes[:, LONGEST_KEY]):
            keys[start + place] = key_of(chunk[place].decode())
    return keys


def hash_of(key: int) -> int:
    """Return the key with its bits spread evenly: one to one, and the high bits are as good as random."""
    return key * _MIX & _MASK


def hashes_of(keys: Keys) -> Hashes:
    """Return `hash_of` of every key."""
    return keys.view(np.uint64) * np.uint64(_MIX)


def shard_of(mark: str, shards: int) -> int:
    """Return which of `shards` owns an entry with this mark, whole or partial; spellings of one mark share a shard."""
    if is_partial(mark):
        return int.from_bytes(hashlib.blake2b(same_glyphs(mark).encode(), digest_size=4).digest()) % shards
    return owner_of(hash_of(key_of(mark)), shards)


def owner_of(hashed: int, shards: int) -> int:
    """Return which of `shards` owns the entries with a whole mark of this hash."""
    return (hashed >> 32) % shards


def owners_of(hashes: Hashes, shards: int) -> NDArray[np.intp]:
    """Return `owner_of` of every hash."""
    return ((hashes >> np.uint64(32)) % np.uint64(shards)).astype(np.intp)


def shards_of(marks: Marks, shards: int) -> NDArray[np.intp]:
    """Return `shard_of` of every mark in an array of dtype S16."""
    owners = owners_of(hashes_of(keys_of(marks)), shards)
    for place in np.flatnonzero(partial_among(marks)):
        owners[place] = shard_of(marks[place].decode(), shards)
    return owners


def partial_among(marks: Marks) -> NDArray[np.bool_]:
    """Tell of every mark in an array of dtype S16 whether it is partial."""
    found = np.zeros(len(marks), np.bool_)
    for start in range(0, len(marks), _CHUNK):
        chunk = np.ascontiguousarray(marks[start : start + _CHUNK], f"S{MAXIMUM_LENGTH}")
        letters = chunk.view(np.uint8).reshape(len(chunk), MAXIMUM_LENGTH)
        found[start : start + len(chunk)] = ((letters == ord("?")) | (letters == ord("*"))).any(axis=1)
    return found
