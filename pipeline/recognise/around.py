"""Cuts a plate out a little differently, and makes one answer of several looks at it.

Promise: `cuts_around` returns quads near the given one; `agreed` returns the candidates that all looks at a plate
together give, likeliest first. The network's answer to a blurred character depends on where the character falls among
its steps: looks that differ in that err differently, and their mean is right more often than any of them.

Figures: the cuts are those of five tried that did best on drawn plates that were not trained on (see the model card).
On failure: nothing raises on looks and quads that the recogniser accepts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.domain.plate import Quad
from pipeline.domain.posterior import Candidate
from pipeline.recognise.eyes import Look

_CUTS = ((-0.022, 1.0, 1.0), (0.0, 1.064, 1.11))
"""Shift to the right in widths, growth in width, growth in height."""


def cuts_around(quad: Quad) -> tuple[Quad, ...]:
    """Return `quad` moved by half a step of the network, and `quad` with more margin."""
    corners = np.asarray(quad.corners, np.float64)
    across = (corners[1] + corners[2] - corners[0] - corners[3]) / 2
    down = (corners[2] + corners[3] - corners[0] - corners[1]) / 2
    # The sides of a unit square and what is added to them.
    signs = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    found = []
    for shift, wider, taller in _CUTS:
        added = signs * [wider - 1, taller - 1]
        moved = corners + across * shift + added[:, :1] * across + added[:, 1:] * down
        a, b, c, d = ((float(x), float(y)) for x, y in moved)
        found.append(Quad(corners=(a, b, c, d)))
    return tuple(found)


def agreed(looks: Sequence[Look], count: int) -> tuple[Candidate, ...]:
    """Return the `count` likeliest texts with the mean of the probabilities that the looks give each."""
    texts = sorted({one.text for look in looks for one in look.posterior.candidates(count)})
    shares = np.mean([np.exp(look.posterior.log_likelihoods(texts)) for look in looks], axis=0)
    order = np.argsort(-shares, kind="stable")[:count]
    return tuple(Candidate(text=texts[i], probability=min(1.0, float(shares[i]))) for i in order)
