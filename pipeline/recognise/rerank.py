"""Lets the layouts of marks speak where the ink leaves a choice, O or 0 for one: a nudge, never a veto.

The weights are how much likelier a mark of that layout is on the road than any odd string that looks as good; they are
set by judgement, small on purpose, so that a plate of no known layout that is clear to read stays as it was read.
Weaker ones (to the power of 2/3) and stronger ones (to that of 4/3 and 2) read drawn plates no better.

On failure: nothing fails here; candidates keep their number and the sum of their probabilities.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product

import numpy as np

from pipeline.domain.posterior import Candidate, CharacterPosterior
from pipeline.domain.syntax import Syntax, has_foreign_layout, syntax_of, was_issued
from pipeline.domain.vrm import Vrm, same_glyphs

_WEIGHTS: dict[Syntax, float] = {
    Syntax.CURRENT: 8.0,
    Syntax.PREFIX: 4.0,
    Syntax.SUFFIX: 2.8,
    Syntax.NORTHERN_IRELAND: 2.8,
    Syntax.DATELESS: 1.7,
    Syntax.Q: 1.3,
}
_FOREIGN, _OTHERWISE = 2.8, 1.0
_STRAY_Q = 0.03
"""British marks have a Q at their beginning alone: where another spelling is British, it is an O with a screw."""
_SPELLING_POWER = 2.0
_ALIKE = {"0": "0O", "O": "0O", "1": "1I", "I": "1I", "Q": "0OQ"}
_MOST_SPELLINGS = 32
_REMEMBERED = 4096
"""Texts whose layouts stay known: the looks at one plate propose the same few again and again."""


def reranked(candidates: tuple[Candidate, ...], posterior: CharacterPosterior | None = None) -> tuple[Candidate, ...]:
    """Return the same texts, likeliest first after the weight of their layout; the empty text keeps weight 1.

    With `posterior`, other spellings of the candidates that are drawn alike and have a British layout come along, with
    the probabilities it gives them.
    """
    shares = {candidate.text: candidate.probability for candidate in candidates}
    if posterior:
        shares.update(_spelt_otherwise(shares, posterior))
    respelt = _respelt(shares)
    weighted = {text: _weight(text) * share for text, share in respelt.items()}
    total = sum(weighted.values())
    if total <= 0:
        return candidates
    scale = min(1.0, sum(shares.values())) / total
    moved = [Candidate(text=text, probability=share * scale) for text, share in weighted.items()]
    return tuple(sorted(moved, key=lambda candidate: -candidate.probability))


def sure_of_ink(candidates: Sequence[Candidate]) -> float:
    """Return how likely the first of `candidates` is right but for its spelling: with all others that show the same.

    What leaves only the spelling open, 0 or O for one, no further look at the ink can settle.
    """
    shown = same_glyphs(candidates[0].text)
    return sum(one.probability for one in candidates if same_glyphs(one.text) == shown)


def _spelt_otherwise(texts: Iterable[str], posterior: CharacterPosterior) -> dict[str, float]:
    """Return the British spellings of `texts` that are not among them, with their probabilities."""
    known = set(texts)
    found = sorted({spelt for text in known for spelt in _british_spellings(text)} - known)
    likelihoods = np.exp(posterior.log_likelihoods(found))
    return dict(zip(found, likelihoods.tolist(), strict=True))


def _spellings(text: str) -> Iterator[str]:
    """Yield the texts that are drawn like `text` where 0 and O, and 1 and I, are one glyph."""
    choices = [_ALIKE.get(character, character) for character in text]
    if 1 < math.prod(map(len, choices)) <= _MOST_SPELLINGS:
        yield from map("".join, product(*choices))


def _respelt(shares: Mapping[str, float]) -> dict[str, float]:
    """Return the probabilities of texts that are drawn alike shared out anew among them.

    On British plates the ink says nothing about which one is meant, and what the network thinks of it is a guess from
    layouts it has seen: it counts by its root, the layout by its weight.
    """
    totals, sums = defaultdict[str, float](float), defaultdict[str, float](float)
    parts = list[tuple[str, str, float]]()
    for text, share in shares.items():
        drawn, part = _drawn(text), _weight(text) ** _SPELLING_POWER * math.sqrt(share)
        totals[drawn] += share
        sums[drawn] += part
        parts.append((text, drawn, part))
    return {text: totals[drawn] * part / (sums[drawn] or 1.0) for text, drawn, part in parts}


def _drawn(text: str) -> str:
    """Return what the spellings of one drawing share; a Q may be one of them, but for a Q in its place (`_STRAY_Q`)."""
    return same_glyphs(text.replace("Q", "0"))


def _british(text: str) -> bool:
    syntax = syntax_of(Vrm(text))
    return syntax in _WEIGHTS and (syntax is Syntax.Q or "Q" not in text)


@lru_cache(maxsize=_REMEMBERED)
def _british_spellings(text: str) -> tuple[str, ...]:
    return tuple(filter(_british, _spellings(text)))


@lru_cache(maxsize=_REMEMBERED)
def _weight(text: str) -> float:
    british = _WEIGHTS.get(syntax_of(Vrm(text)), _OTHERWISE) if was_issued(Vrm(text)) else _OTHERWISE
    weight = max(british, _FOREIGN if has_foreign_layout(Vrm(text)) else _OTHERWISE)
    stray = "Q" in text and syntax_of(Vrm(text)) is not Syntax.Q and _british_spellings(text)
    return weight * _STRAY_Q if stray else weight
