"""Lets the layouts of marks speak where the ink leaves a choice, O or 0 for one: a nudge, never a veto.

The weights are how much likelier a mark of that layout is on the road than any odd string that looks as good; they are
set by judgement, small on purpose, so that a plate of no known layout that is clear to read stays as it was read.
Foreign layouts are those of the national series, letters and digits by place; many countries share one.

On failure: nothing fails here; candidates keep their number and the sum of their probabilities.
"""

from __future__ import annotations

import re

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
_FOREIGN, _OTHERWISE = 2.0, 1.0
_FOREIGN_LAYOUTS = re.compile(
    # The Netherlands, sidecodes 1 to 11: letters and digits in three blocks.
    r"[A-Z]{2}\d{4}|\d{4}[A-Z]{2}|\d{2}[A-Z]{2}\d{2}|[A-Z]{2}\d{2}[A-Z]{2}|[A-Z]{4}\d{2}|\d{2}[A-Z]{4}"
    r"|\d{2}[A-Z]{3}\d|\d[A-Z]{3}\d{2}|[A-Z]{2}\d{3}[A-Z]|[A-Z]\d{3}[A-Z]{2}"
    # France, Italy, Slovakia; Romania; Poland; Germany; Czechia; Belgium; Spain; Ireland; Hungary.
    r"|[A-Z]{2}\d{3}[A-Z]{2}|[A-Z]{1,2}\d{2,3}[A-Z]{3}|[A-Z]{2,3}\d{4,5}|[A-Z]{2}\d{4}[A-Z]|[A-Z]{3}\d{2}[A-Z]{2}"
    r"|[A-Z]{2,5}\d{1,4}|\d[A-Z0-9]{2}\d{4}|\d[A-Z]{3}\d{3}|\d{4}[A-Z]{3}|\d{2,3}[A-Z]{1,2}\d{1,6}|[A-Z]{3,4}\d{3}"
)


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
    british = _WEIGHTS.get(syntax_of(Vrm(text)), _OTHERWISE)
    return max(british, _FOREIGN if _FOREIGN_LAYOUTS.fullmatch(text) else _OTHERWISE)
