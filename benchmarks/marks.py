"""Made-up British marks and how they are misread, many at once: shared by the generators of traffic and of a year."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Letters = NDArray[np.uint8]
"""Marks as ASCII codes: n x 7."""

_AREA = np.frombuffer(b"ABCDEFGHJKLMNOPRSTUVWXY", np.uint8)
_LAST = np.frombuffer(b"ABCDEFGHJKLMNOPRSTUVWXYZ", np.uint8)
_AGES = np.array([*range(2, 27), *range(51, 76)])
_RADICES = (len(_AREA), len(_AREA), len(_AGES), len(_LAST), len(_LAST), len(_LAST))
SPACE = int(np.prod(_RADICES))
"""How many different marks of today's layout there are."""
_STRIDE = 104_729_413
"""A prime, so that neighbouring vehicles have marks far apart."""

LOOK_ALIKES = {
    "0": "ODQ8", "O": "0DQ", "1": "I7T", "I": "1L", "8": "B0", "B": "8", "5": "S6", "S": "5", "2": "Z7", "Z": "2",
    "6": "G5", "G": "6C", "D": "0O", "V": "Y", "Y": "VT", "M": "N", "N": "MH", "E": "F", "F": "EP", "U": "V", "C": "G",
}  # fmt: skip
"""What a character is misread as, likeliest first: the pairs of the patents and of the British font."""

_REST = "ABCDEFGHJKLMNOPRSTUVWXYZ0123456789"


def _misreadings(code: int) -> list[int]:
    likely = LOOK_ALIKES.get(chr(code)) or [_REST[(code * 7 + at * 11) % len(_REST)] for at in range(4)]
    return [ord(likely[at % len(likely)]) for at in range(4)]


_MISREAD = np.array([_misreadings(code) for code in range(256)], np.uint8)


def marks_of(vehicles: NDArray[np.int64]) -> Letters:
    """Return the mark of each vehicle number: the same number has always the same mark, others another one."""
    rest = (vehicles * _STRIDE) % SPACE
    digits = []
    for radix in reversed(_RADICES):
        rest, digit = np.divmod(rest, radix)
        digits.append(digit)
    first, second, age, *last = reversed(digits)
    ages = _AGES[age]
    columns = [_AREA[first], _AREA[second], 48 + ages // 10, 48 + ages % 10, *(_LAST[one] for one in last)]
    return np.stack([column.astype(np.uint8) for column in columns], axis=1)


def misread(marks: Letters, draw: np.random.Generator) -> Letters:
    """Return `marks`, each with one character taken for another."""
    at, other = draw.integers(0, marks.shape[1], len(marks)), draw.integers(0, 4, len(marks))
    rows = np.arange(len(marks))
    wrong = marks.copy()
    wrong[rows, at] = _MISREAD[marks[rows, at], other]
    return wrong
