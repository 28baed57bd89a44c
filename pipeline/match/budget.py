"""How likely a near match must be before it is told, from how many false ones a list's owner will bear.

The budget is a number of false near hits in 1,000 reads. A list of n entries, of F vehicles on the road, each as
likely to come by as any other: a text that a read leaves possible, but which is wrong, is on the list with a
probability of at most n / F (as if every such text were the mark of some vehicle; there are fewer). With R(t) the mean
number of wrong marks that a read leaves possible with a likelihood of t or more, the list has

    1,000 x n / F x R(t)

false near hits in 1,000 reads, and the threshold is the lowest t that keeps this within the budget. R counts texts that
have the layout of a British mark; it was measured on rendered plates that no network was trained on, many of them
worse than the road's (`misreads.json` says how), and is taken at the next lower t that was measured. So a short list
may follow faint doubts, and one of millions only strong ones. What came of it is measured by
`python -m benchmarks.match`.

On failure: nothing here fails.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.hotlist import HotlistTerms
from pipeline.match.misreads import FIGURES

NEVER = 2.0
"""A threshold that no likelihood reaches."""


def thresholds_of(lists: Sequence[HotlistTerms], *, vehicles_on_the_road: int, least: float) -> NDArray[np.float64]:
    """Return for each list the lowest likelihood of a near hit, `least` or more, NEVER where the budget allows none."""
    return np.array([_threshold(one, vehicles_on_the_road, least) for one in lists], np.float64)


def false_near_hits(entries: int, threshold: float, vehicles_on_the_road: int) -> float:
    """Return how many false near hits in 1,000 reads a list of so many entries has at most at this threshold."""
    return 1000.0 * min(entries / vehicles_on_the_road, 1.0) * rivals_above(threshold)


def rivals_above(threshold: float) -> float:
    """Return R: how many wrong texts a read leaves possible, in the mean, with this likelihood or more."""
    known = [rivals for measured, rivals in FIGURES.rivals if measured <= threshold]
    # the likelihoods of all texts sum to 1
    return known[-1] if known else 1.0 / max(threshold, 1e-9)


def _threshold(terms: HotlistTerms, vehicles: int, least: float) -> float:
    if terms.near_false_per_1000_reads <= 0.0:
        return NEVER
    tried = sorted({least, *(measured for measured, _ in FIGURES.rivals if measured > least)})
    within = (one for one in tried if false_near_hits(terms.entries, one, vehicles) <= terms.near_false_per_1000_reads)
    return min(within, default=NEVER, key=lambda one: one if math.isfinite(one) else NEVER)
