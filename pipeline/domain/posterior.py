"""How sure the recogniser was of every character: the posterior that votes, near matches and searches share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BLANK = 0
"""Column of the blank in a posterior; character `ALPHABET[i]` has column `i + 1`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CharacterPosterior:
    """A CTC posterior: `log_probabilities` is steps x 37 natural logarithms, each row summing to 1 in probability."""

    log_probabilities: NDArray[np.float32]
