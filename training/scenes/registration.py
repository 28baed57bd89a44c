"""Fictitious marks in valid British syntaxes, spread out so that no two of a set can be taken for each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

import numpy as np

from pipeline.domain.vrm import Vrm, fold_vrm, parse_vrm

_AREA = "ABCDEFGHJKLMNOPRSTUVWXY"
_SERIAL = "ABCDEFGHJKLMNOPRSTUVWXYZ"
_AGE = "ABCDEFGHJKLMNPRSTVWXY"
_LEAST_APART = 3
_BATCH = 24
_WITHHELD = re.compile(
    "ARS|ASS|BAD|BOG|BUM|BUR|CNT|COC|COK|CUM|CUN|DAM|DIE|DIK|DIC|DYK|FAG|FAT|FCK|FEK|FUC|FUK|FUX|GAY|GOD|GUN|HEL|"
    "HIV|HOE|HOR|JAP|JEW|JIZ|KIL|KKK|KNB|KNO|LSD|NAZ|NGA|NIG|NOB|PEE|PIG|PIS|PKI|PMS|POO|PRC|PSS|RAP|RAT|SAD|SEX|"
    "SHT|SLG|SLT|SNT|SOB|SOD|SUK|TIT|TRD|TWT|URN|VAG|WAN|WNK|WOG|WTF|XXX|YOB"
)


def fictitious_marks(rng: np.random.Generator, count: int) -> list[Vrm]:
    """Return `count` different marks, about three in four of them in the current style."""
    marks: list[Vrm] = []
    while len(marks) < count:
        text = _drawn(rng, len(marks))
        if _WITHHELD.search(text):
            continue
        mark = parse_vrm(text)
        if all(_apart(mark, other) >= _LEAST_APART for other in marks):
            marks.append(mark)
    return marks


def endless_marks(seed: int, place: int = 0, takers: int = 1) -> Iterator[Vrm]:
    """Yield every `takers`-th mark of the seed's list from `place` on: no two takers ever get the same one."""
    for batch in count(1):
        drawn = fictitious_marks(np.random.default_rng((seed, 77)), _BATCH * takers * batch)
        yield from drawn[_BATCH * takers * (batch - 1) + place :: takers]


def _drawn(rng: np.random.Generator, place: int) -> str:
    """Every fourth mark is of an older series, so that short sets hold some too."""
    if place % 4 != 3:
        age = int(rng.integers(2, 27)) + 50 * int(rng.integers(0, 2))
        return _some(rng, _AREA, 2) + f"{age:02d}" + _some(rng, _SERIAL, 3)
    number = str(rng.integers(10, 1000))
    match (place // 4) % 4:
        case 0:
            return _some(rng, _AGE, 1) + number + _some(rng, _SERIAL, 3)
        case 1:
            return _some(rng, _SERIAL, 3) + number + _some(rng, _AGE, 1)
        case 2:
            return _some(rng, _SERIAL, 1) + _some(rng, _SERIAL, 1) + "Z" + str(rng.integers(1000, 10000))
        case _:
            return _some(rng, _SERIAL, 3) + str(rng.integers(100, 1000))


def _some(rng: np.random.Generator, alphabet: str, count: int) -> str:
    return "".join(alphabet[i] for i in rng.integers(0, len(alphabet), count))


def _apart(one: Vrm, other: Vrm) -> int:
    """Return how many places differ when look-alikes count as the same; marks of other lengths are far apart."""
    if len(one) != len(other):
        return _LEAST_APART
    return sum(a != b for a, b in zip(fold_vrm(one), fold_vrm(other), strict=True))
