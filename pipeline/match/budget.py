"""How likely a near match must be before it is told, from how many false ones a list's owner will bear.

The budget is a number of false near hits in 1,000 reads. Of the wrong marks that a read leaves possible a share g are
the mark of some vehicle, and of F vehicles on the road n are on the list, none of them likelier than another. With
R(t) the mean number of wrong marks that a read leaves possible with a likelihood of t or more, the list has about

    1,000 x g x n / F x R(t)

false near hits in 1,000 reads, and the threshold is the lowest t that keeps this within the budget. So a short list may
follow faint doubts, and one of millions only strong ones.

R was measured on rendered plates that no network was trained on, many of them worse than the road's (`misreads.json`
says how); it counts texts with the layout of a British mark and is taken at the next lower t that was measured. g is an
estimate, in the settings: about 35 million vehicles share the 365 million marks of today's layout, a tenth; but they
crowd in the areas and years where most were sold, and an error in the last letters stays among those. What comes of it
on lists of made-up marks, which do not crowd, is measured by `python -m benchmarks.match`.

On failure: nothing here fails.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.hotlist import HotlistTerms
from pipeline.match.misreads import FIGURES
from pipeline.match.settings import MatchSettings

NEVER = 2.0
"""A threshold that no likelihood reaches."""


def thresholds_of(lists: Sequence[HotlistTerms], settings: MatchSettings) -> NDArray[np.float64]:
    """Return for each list the lowest likelihood of a near hit; NEVER where the budget allows none."""
    return np.array([_threshold(one, settings) for one in lists], np.float64)


def false_near_hits(entries: int, threshold: float, settings: MatchSettings) -> float:
    """Return how many false near hits in 1,000 reads a list of so many entries has at this threshold."""
    listed = min(entries / settings.vehicles_on_the_road, 1.0)
    return 1000.0 * settings.share_of_marks_in_use * listed * rivals_above(threshold)


def rivals_above(threshold: float) -> float:
    """Return R: how many wrong marks a read leaves possible, in the mean, with this likelihood or more."""
    known = [rivals for measured, rivals in FIGURES.rivals if measured <= threshold]
    # the likelihoods of all texts sum to 1
    return known[-1] if known else 1.0 / max(threshold, 1e-9)


def _threshold(terms: HotlistTerms, settings: MatchSettings) -> float:
    budget, least = terms.near_false_per_1000_reads, settings.near_least_likelihood
    if budget <= 0.0:
        return NEVER
    tried = (least, *(measured for measured, _ in FIGURES.rivals if measured > least))
    return min((one for one in tried if false_near_hits(terms.entries, one, settings) <= budget), default=NEVER)
