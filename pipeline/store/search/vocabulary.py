"""Which marks a file holds, known without opening it, for exact look-ups and for patterns alike; in memory only.

Statistics do not help here: every day's file holds marks from A to Z. So each different mark of a file is kept, cut in
two: the heads (all but the last three characters) once each and in order, and behind each head the tails it has, two
bytes each. A pattern is held against the few ten thousand heads and the 39,304 possible tails instead of against every
row. A day of a million reads (850,000 marks) takes 2.2 MB, a year 0.8 GB. Nothing is written to disk, so there is
nothing to erase: what is known of a file goes when the file does.

On failure: nothing here touches the outside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.domain.vrm import MAXIMUM_LENGTH

FOLDED_ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_TAIL = 3
_BASE = len(FOLDED_ALPHABET) + 1
_FEW = 50_000
_WILDCARDS = re.compile(rb"[?*]")
Flags = NDArray[np.bool_]
Letters = NDArray[np.uint8]
"""Texts as ASCII codes, n x width, zeros behind the end."""

_CODES = np.zeros(256, np.int64)
_CODES[list(FOLDED_ALPHABET.encode())] = np.arange(1, _BASE)


def _every_tail() -> Letters:
    """Return the text of every tail by its number; one that begins with a gap is shorter, one with others is none."""
    codes = np.arange(_BASE**_TAIL)[:, None] // _BASE ** np.arange(_TAIL - 1, -1, -1) % _BASE
    letters = np.frombuffer(b"\0" + FOLDED_ALPHABET.encode(), np.uint8)[codes]
    # the gaps of a shorter tail stand behind its end
    return np.take_along_axis(letters, np.argsort(letters == 0, axis=1, kind="stable"), axis=1)


_TAILS = _every_tail()


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Marks (folded), cut in two, and of each whether a rival of a read will do."""

    heads: NDArray[np.bytes_]
    tails: list[int]
    rivals: list[bool]


def asked_for(marks: Mapping[str, bool]) -> Asked:
    """Return what `Vocabulary.holds` wants to know of `marks`, each with whether a rival of a read will do."""
    heads = np.array([mark[:-_TAIL].encode() for mark in marks], "S")
    return Asked(heads, [_tail_of(mark) for mark in marks], list(marks.values()))


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """A pattern (folded, `?` and `*`), cut in two in every way in which it may be: what fits of a head, which tails."""

    cuts: tuple[tuple[bytes, Flags], ...]


def pattern_of(text: str) -> Pattern:
    """Return the pattern that `text` is."""
    places = range(len(text) + 1)
    within_a_run = [at for at, letter in enumerate(text) if letter == "*"]
    cuts = {(text[:at], text[at:]) for at in places} | {(text[: at + 1], text[at:]) for at in within_a_run}
    wanted = ((head.encode(), fitting(_TAILS, tail.encode())) for head, tail in sorted(cuts) if _has_room(head, tail))
    return Pattern(tuple((head, tails) for head, tails in wanted if tails.any()))


class Vocabulary:
    """The marks of one file. `own` tells of each whether it is a read's own, and not a rival of it."""

    def __init__(self, marks: pa.Array, own: Flags) -> None:
        # a longer one is no VRM, and nobody can ask for it
        sound = pc.less_equal(pc.binary_length(marks), MAXIMUM_LENGTH)
        marks, own = marks.filter(sound), own[sound.to_numpy(zero_copy_only=False)]
        coded = pc.utf8_slice_codeunits(marks, 0, -_TAIL).dictionary_encode()
        heads = np.array(coded.dictionary.to_pylist(), "S")
        order = np.argsort(heads, kind="stable")
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        keys = (rank[coded.indices.to_numpy()] << 16 | _tails_of(marks)) << 1 | ~own
        keys.sort(kind="stable")
        # of a mark that is there as both, the read's own comes first
        keys = keys[np.flatnonzero(np.diff(keys >> 1, prepend=-1))]
        self._heads = heads[order]
        self._begins = np.searchsorted(keys >> 17, np.arange(len(heads) + 1)).astype(np.uint32)
        self._tails = (keys >> 1 & 0xFFFF).astype(np.uint16)
        self._own = np.packbits(keys & 1 == 0)

    @property
    def nbytes(self) -> int:
        return sum(one.nbytes for one in (self._heads, self._begins, self._tails, self._own))

    def holds(self, asked: Asked) -> Flags:
        """Tell of each mark whether the file holds it: as a read's own, or as a rival where that will do."""
        found = np.zeros(len(asked.tails), np.bool_)
        if not len(self._heads):
            return found
        places = np.searchsorted(self._heads, asked.heads.astype(self._heads.dtype))
        headed = self._heads.take(places, mode="clip") == asked.heads
        for number in np.flatnonzero(headed).tolist():
            begin, end = self._begins[places[number] : places[number] + 2].tolist()
            tails, tail = self._tails[begin:end], asked.tails[number]
            at = int(tails.searchsorted(tail))
            there = at < len(tails) and tails[at] == tail
            found[number] = there and (asked.rivals[number] or self._is_own(begin + at))
        return found

    def fitting(self, pattern: Pattern, most: int) -> set[str] | None:
        """Return the marks of reads' own that fit, None when they are more than `most`."""
        found: set[str] = set()
        for head, tails in pattern.cuts:
            begin, end = self._range_of(head)
            letters = self._heads[begin:end].view(np.uint8).reshape(end - begin, self._heads.itemsize)
            places = begin + np.flatnonzero(fitting(letters, head))
            positions = self._positions(places, tails)
            positions = positions[self._own[positions >> 3] >> (7 - (positions & 7)).astype(np.uint8) & 1 == 1]
            if len(positions) > most:
                return None
            both = zip(self._heads[self._heads_at(positions)].tolist(), _TAILS[self._tails[positions]], strict=True)
            found |= {(head + tail.tobytes().rstrip(b"\0")).decode() for head, tail in both}
        return found if len(found) <= most else None

    def _is_own(self, position: int) -> bool:
        return bool(self._own[position >> 3] >> (7 - (position & 7)) & 1)

    def _range_of(self, head: bytes) -> tuple[int, int]:
        """Return between which places the heads stand that begin as the pattern does."""
        first = _WILDCARDS.split(head, maxsplit=1)[0]
        if len(first) > self._heads.itemsize:
            return 0, 0
        begin, end = np.searchsorted(self._heads, np.array([first, first + b"\x7f"], self._heads.dtype)).tolist()
        # what fills a head to its width leaves no place for what comes behind it
        return begin, end if len(first) < self._heads.itemsize else min(begin + 1, len(self._heads))

    def _positions(self, heads: NDArray[np.intp], tails: Flags) -> NDArray[np.intp]:
        """Return where the marks stand that have one of these heads and one of these tails."""
        begins = self._begins[heads].astype(np.intp)
        lengths = self._begins[heads + 1] - begins
        count = int(lengths.sum())
        if count > _FEW:
            # many heads: rather look at the tails of all
            wanted = np.zeros(len(self._heads), np.bool_)
            wanted[heads] = True
            fits = np.flatnonzero(tails[self._tails])
            return fits[wanted[self._heads_at(fits)]]
        ends = np.cumsum(lengths)
        behind = np.arange(count) + np.repeat(begins - (ends - lengths), lengths)
        chosen: NDArray[np.intp] = behind[tails[self._tails[behind]]]
        return chosen

    def _heads_at(self, positions: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the place of the head of the mark at each position."""
        return np.searchsorted(self._begins, positions, side="right") - 1


def fitting(letters: Letters, pattern: bytes) -> Flags:
    """Tell of each text whether `pattern` fits all of it."""
    reached: list[Any] = [np.zeros(len(letters), np.bool_) for _ in range(len(pattern) + 1)]
    reached[0][:] = True
    _pass_stars(reached, pattern)
    for column in letters.T:
        ended = column == 0
        last, reached = reached, [one & ended for one in reached]
        for at, letter in enumerate(pattern):
            if letter == ord("*"):
                reached[at] |= last[at]
            else:
                reached[at + 1] |= last[at] & (~ended if letter == ord("?") else column == letter)
        _pass_stars(reached, pattern)
    fits: Flags = reached[-1]
    return fits


def _pass_stars(reached: list[Any], pattern: bytes) -> None:
    for at, letter in enumerate(pattern):
        if letter == ord("*"):
            reached[at + 1] |= reached[at]


def _has_room(head: str, tail: str) -> bool:
    """Tell whether a tail can be three characters, or a whole mark that is shorter."""
    least = len(tail) - tail.count("*")
    return least <= _TAIL and ("*" in tail or least == _TAIL or not head.strip("*"))


def _tail_of(mark: str) -> int:
    number = 0
    for letter in mark[-_TAIL:]:
        number = number * _BASE + int(_CODES[ord(letter)])
    return number


def _tails_of(marks: pa.Array) -> NDArray[np.int64]:
    ends = pc.ascii_lpad(pc.utf8_slice_codeunits(marks, -_TAIL), _TAIL)
    begin = ends.offset * _TAIL
    letters = np.frombuffer(ends.buffers()[2] or b"", np.uint8)[begin : begin + len(ends) * _TAIL]
    codes = _CODES[letters.reshape(-1, _TAIL)]
    return (codes[:, 0] * _BASE + codes[:, 1]) * _BASE + codes[:, 2]
