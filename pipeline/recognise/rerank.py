"""Lets the layouts of British marks speak where the ink leaves a choice, O or 0 for one: a nudge, never a veto.

The weights are how much likelier a mark of that layout is on the road than any odd string that looks as good; they are
set by judgement, small on purpose, so that a foreign or a cloned plate that is clear to read stays as it was read.

On failure: nothing fails here; candidates keep their number and the sum of their probabilities.
"""

from __future__ import annotations

from pipeline.domain.posterior import Candidate
from pipeline.domain.syntax import Syntax, syntax_of
from pipeline.domain.vrm import Vrm

_WEIGHTS: dict[Syntax, float] = {
    Syntax.CURRENT: 4.0,
    Syntax.PREFIX: 2.5,
    Syntax.SUFFIX: 2.0,
    Syntax.NORTHERN_IRELAND: 2.0,
    Syntax.DATELESS: 1.4,
    Syntax.Q: 1.2,
}
_OTHERWISE = 1.0


def reranked(candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Return the same texts, likeliest first after the weight of their layout; the empty text keeps weight 1."""
    weighted = [_weight(candidate.text) * candidate.probability for candidate in candidates]
    total = sum(weighted)
    if total <= 0:
        return candidates
    share = sum(candidate.probability for candidate in candidates) / total
    moved = [
        Candidate(text=candidate.text, probability=weight * share)
        for candidate, weight in zip(candidates, weighted, strict=True)
    ]
    return tuple(sorted(moved, key=lambda candidate: -candidate.probability))


def _weight(text: str) -> float:
    return _WEIGHTS.get(syntax_of(Vrm(text)), _OTHERWISE)
