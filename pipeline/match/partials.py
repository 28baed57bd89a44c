"""Partial marks, `AB1?CDE` or `AB*`, found without trying them one by one.

A partial mark is a shape (which of its characters are known) and the known glyphs. For a read of some length every
shape allows some placements of its known characters, one where there is at most one `*`. So each read asks for one
hash a placement, all at once, however many partial marks there are; hashes that are found are compared in full.

On failure: nothing here fails.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.vrm import same_glyphs
from pipeline.match.keys import CODES, Hashes, Marks

_KNOWN = re.compile(r"[^?*]")
_FACTORS = np.array([pow(0x100000001B3, power, 1 << 64) for power in range(1, 17)], np.uint64)


class PartialMarks:
    """The partial marks of an index, sorted by hash. `first` is the position of the first of them."""

    def __init__(self, marks: Marks, hashes: Hashes, *, first: int) -> None:
        self._marks = marks
        self._hashes = hashes
        self._first = first
        self._shapes = sorted({_shape_of(mark) for mark in _texts(marks)})
        self._placements: dict[int, tuple[Hashes, Hashes]] = {}

    def fitting(self, mark: str) -> list[int]:
        """Return the positions of the partial marks that `mark` fits."""
        if not self._shapes:
            return []
        if len(mark) not in self._placements:
            self._placements[len(mark)] = _placements(self._shapes, len(mark))
        factors, seeds = self._placements[len(mark)]
        asked = factors @ np.array([CODES[glyph] for glyph in mark], np.uint64) + seeds
        begins = np.searchsorted(self._hashes, asked)
        there = self._hashes.take(begins, mode="clip") == asked
        if not there.any():
            return []
        # two placements of one shape may ask for the same
        hashes = np.array(sorted(set(asked[there].tolist())), np.uint64)
        begins, ends = (np.searchsorted(self._hashes, hashes, side=side).tolist() for side in ("left", "right"))
        return [
            self._first + place
            for begin, end in zip(begins, ends, strict=True)
            for place in range(begin, end)
            if fits(self._marks[place].decode(), mark)
        ]


def fits(partial: str, mark: str) -> bool:
    """Tell whether a plate that shows `mark` may be the one that `partial` describes."""
    pattern = same_glyphs(partial).replace("?", ".").replace("*", ".*")
    return re.fullmatch(pattern, same_glyphs(mark)) is not None


def partial_hashes(marks: Marks) -> Hashes:
    """Return the hash of every partial mark: that of its shape and of its known glyphs in order."""
    return np.array([_hash_of(mark) for mark in _texts(marks)], np.uint64)


def _hash_of(mark: str) -> int:
    known = [CODES[glyph] for glyph in _KNOWN.findall(mark)]
    hashed = _seed_of(_shape_of(mark)) + sum(int(_FACTORS[place]) * code for place, code in enumerate(known))
    return hashed % (1 << 64)


def _texts(marks: Marks) -> list[str]:
    return [mark.decode() for mark in marks.tolist()]


def _shape_of(mark: str) -> str:
    return _KNOWN.sub("A", mark)


def _seed_of(shape: str) -> int:
    return int.from_bytes(hashlib.blake2b(shape.encode(), digest_size=8).digest())


def _placements(shapes: list[str], length: int) -> tuple[Hashes, NDArray[np.uint64]]:
    """Return for every placement of every shape in a mark of this length the factors of its glyphs, and the seed."""
    found = [(_seed_of(shape), places) for shape in shapes for places in _places(shape, 0, length)]
    factors = np.zeros((len(found), length), np.uint64)
    for placement, (_, places) in enumerate(found):
        factors[placement, list(places)] = _FACTORS[: len(places)]
    return factors, np.array([seed for seed, _ in found], np.uint64)


def _places(shape: str, at: int, length: int) -> Iterator[tuple[int, ...]]:
    """Yield where the known characters of `shape` may stand in a mark of this length, from `at` on."""
    if not shape:
        if at == length:
            yield ()
        return
    least = len(shape.replace("*", ""))
    if shape[0] == "*":
        # the shortest rest that must follow bounds how far the star reaches
        for begin in range(at, length - least + 1):
            yield from _places(shape[1:], begin, length)
    elif at < length:
        for rest in _places(shape[1:], at + 1, length):
            yield (at, *rest) if shape[0] == "A" else rest
