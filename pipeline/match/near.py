"""Every mark that a plate may bear by the doubts of its read, as keys that the index can be asked for.

The probability that the plate bears a mark is the read's confidence times the odds of the differences that lead to the
mark. Up to two differences at different places are put together, their odds multiplied, as the reader judges places
nearly independently. So a near match costs the same however many entries there are: one look-up for each such mark.

Promise: `near_marks` gives every mark that is at least as likely as asked, and none that shows the same as the read.
Reads of more than `_LONGEST` characters have no near marks: no plate is so long.

On failure: nothing fails; a doubt that no plate could give (beyond the mark's end, of unknown characters) is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.posterior import Doubt
from pipeline.domain.read import MOST_DOUBTS, Read
from pipeline.match.keys import BASE, CODES, LONGEST_KEY, POWERS, Keys, key_of
from pipeline.match.misreads import doubts_by_experience

_LONGEST = LONGEST_KEY - 2
_LONGEST_REPLACEMENT = 2
_PLACES = POWERS.tolist()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NearMarks:
    """Keys of marks and how likely the plate bears each; a mark that can be reached in two ways is there twice."""

    keys: Keys
    likelihoods: NDArray[np.float64]


NOTHING_NEAR = NearMarks(keys=np.empty(0, np.int64), likelihoods=np.empty(0))


def near_marks(read: Read, least: float) -> NearMarks:
    """Return the marks, other than the one that was read, that the plate bears with a probability of `least` or more.

    A read without doubts, as other makers' readers give it, is doubted by experience.
    """
    if len(read.vrm) > _LONGEST or least > 1.0:
        return NOTHING_NEAR
    told = bool(read.doubts)
    confidence = read.confidence if told else min(read.confidence, 1.0)
    doubts = read.doubts[:MOST_DOUBTS] if told else doubts_by_experience(read, least)
    room = _cost_of(least, confidence)
    own = key_of(read.vrm)
    singles = _singles(read.vrm, doubts, room)
    others = [
        (key_of(one.text), one.probability)
        for one in read.candidates
        if least <= one.probability and 0 < len(one.text) <= _LONGEST and _is_spellable(one.text)
    ]
    keys, costs = _with_pairs(own, singles, room)
    likelihoods = np.minimum(confidence * np.exp(costs / -100.0), 1.0)
    keys = np.concatenate([keys, np.array([key for key, _ in others], np.int64)])
    likelihoods = np.concatenate([likelihoods, np.array([probability for _, probability in others])])
    other = keys != own
    return NearMarks(keys=keys[other], likelihoods=likelihoods[other])


def _cost_of(least: float, confidence: float) -> int:
    """Return the highest cost, in hundredths of a natural logarithm, that leaves a likelihood of `least`."""
    if confidence <= 0.0:
        return -1
    return math.floor(100.0 * math.log(confidence / least) + 1e-6) if least > 0.0 else 1 << 30


def _singles(vrm: str, doubts: Sequence[Doubt], room: int) -> NDArray[np.int64]:
    """Return for each doubt that there is room for: position, end, growth, cost and the change of the key."""
    codes = [CODES[character] for character in vrm]
    length = len(vrm)
    tails: list[int] = []
    found: list[int] = []
    for one in doubts:
        position, replaced, text, cost = one.position, one.length, one.text, one.cost
        if not 0 <= cost <= room:
            continue
        if replaced == 1 and len(text) == 1 and 0 <= position < length and text in CODES:
            # most are one character for another, and these are many: nothing that follows moves
            found += (position, position + 1, 0, cost, (CODES[text] - codes[position]) * _PLACES[position])
            continue
        end, growth = position + replaced, len(text) - replaced
        if not 0 <= position <= end <= length or not -1 <= growth <= 1:
            continue
        if length + growth == 0 or len(text) > _LONGEST_REPLACEMENT or not _is_spellable(text):
            continue
        tails = tails or _tails(codes)
        rest = tails[end]
        # what follows the difference moves with it
        changed = rest * BASE if growth < 0 else rest // BASE if growth > 0 else rest
        for place, character in enumerate(text, start=position):
            changed += CODES[character] * _PLACES[place]
        found += (position, end, growth, cost, changed - tails[position])
    return np.array(found, np.int64).reshape(-1, 5)


def _tails(codes: Sequence[int]) -> list[int]:
    """Return what the characters from each place on add to the key."""
    tails = [0]
    for place in range(len(codes) - 1, -1, -1):
        tails.append(tails[-1] + codes[place] * _PLACES[place])
    return tails[::-1]


def _is_spellable(text: str) -> bool:
    return all(map(CODES.__contains__, text))


def _with_pairs(own: int, singles: NDArray[np.int64], room: int) -> tuple[Keys, NDArray[np.float64]]:
    """Return the keys and costs of the single differences and of all two that fit together."""
    keys, costs = own + singles[:, 4], singles[:, 3]
    if not len(singles):
        return keys, costs.astype(np.float64)
    position, end, growth, cost, change = singles[costs <= room - costs.min()].T
    both = cost[:, None] + cost
    fits = (both <= room) & (end[:, None] <= position)
    if (put_in := end == position).any():
        # two characters put in at one place have no order
        fits &= ~((position[:, None] == position) & put_in[:, None] & put_in)
    first, second = np.nonzero(fits)
    moved = change[second]
    if growth.any():
        grown = growth[first]
        moved = np.where(grown > 0, moved // BASE, moved * np.where(grown < 0, BASE, 1))
    keys = np.concatenate([keys, own + change[first] + moved])
    return keys, np.concatenate([costs, both[first, second]]).astype(np.float64)
