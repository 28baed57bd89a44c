"""How likely it is that mere chance does as much.

On failure: nothing here touches the outside.
"""

from __future__ import annotations

from math import exp, inf, lgamma, log, log10

_TERMS = 1000


def surprise(count: int, expected: float) -> float:
    """Return -log10 of the probability that a Poisson count with mean `expected` is `count` or more.

    >>> round(surprise(1, 0.01), 2), round(surprise(3, 0.01), 2), round(surprise(3, 3.0), 2)
    (2.0, 6.78, 0.24)
    """
    if count <= 0:
        return 0.0
    if expected <= 0:
        return inf
    if count <= expected:
        below = sum(exp(at * log(expected) - expected - lgamma(at + 1)) for at in range(count))
        return max(0.0, -log10(max(1e-12, 1.0 - below)))
    first = count * log(expected) - expected - lgamma(count + 1)
    term, total = 1.0, 1.0
    for at in range(count + 1, count + _TERMS):
        term *= expected / at
        total += term
        if term < 1e-12 * total:
            break
    return max(0.0, -(first + log(total)) / log(10))
