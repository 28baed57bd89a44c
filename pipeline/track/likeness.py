"""How alike two texts are, when both may be misread or cut off by the edge of the picture.

Texts are compared folded (`fold_vrm`), because O and 0 or I and 1 are the same glyph on British plates.

On failure: nothing here fails; an empty text is unlike every other.
"""

from __future__ import annotations

from functools import lru_cache

_SHORTEST_FRAGMENT = 3
_FRAGMENT_UNLIKENESS = 0.1
_PAIRS = "B8 D0 C0 U0 G6 GC S5 Z2 71 T1 L1 T7 Y7 A4 UV VY EF MN HN HM WV KX PR"
"""Characters that plates and readers confuse (patents US8798325 and US9224058, police reports on misreads)."""
CONFUSABLE = frozenset(frozenset(pair) for pair in _PAIRS.split())


@lru_cache(maxsize=8192)
def edits(one: str, other: str) -> int:
    """Return how many characters must be put in, left out or replaced to turn one text into the other."""
    row = list(range(len(other) + 1))
    for i, mine in enumerate(one, start=1):
        diagonal, row[0] = row[0], i
        for j, theirs in enumerate(other, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (mine != theirs))
    return row[-1]


def is_fragment(part: str, whole: str) -> bool:
    """Tell whether `part` is the beginning, the end or the middle of `whole`, and long enough to say so."""
    return _SHORTEST_FRAGMENT <= len(part) < len(whole) and part in whole


@lru_cache(maxsize=8192)
def unlikeness(one: str, other: str) -> float:
    """Return 0 for the same text up to 1 for nothing in common. A text cut off at either end stays like the whole."""
    if not one or not other:
        return 1.0
    short, long = sorted((one, other), key=len)
    plain = edits(one, other) / len(long)
    if len(short) < _SHORTEST_FRAGMENT or len(short) == len(long):
        return plain
    size = len(short)
    cut = min(edits(short, long[:size]), edits(short, long[-size:])) / size
    return min(plain, _FRAGMENT_UNLIKENESS + cut)


def is_nearly(one: str, other: str) -> bool:
    """Tell whether two texts differ by one confusable character at most, or one is a fragment of the other."""
    if len(one) != len(other):
        return is_fragment(one, other) or is_fragment(other, one)
    different = [frozenset(pair) for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    return not different or (len(different) == 1 and different[0] in CONFUSABLE)
