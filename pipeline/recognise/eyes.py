"""A network with its calibration: patches in, looks out.

The posterior's logarithms are divided by the network's temperature and normalised again, so that confidences are
frequencies (Guo et al. 2017, "On calibration of modern neural networks"). The temperature was fitted on rendered plates
that were not trained on and stands in the model's metadata.

On failure: an error of the runtime is raised as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.posterior import BLANK, CharacterPosterior
from pipeline.inference.session import Session


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """One reading of one plate. `likelihood` is the logarithm of its best path's probability."""

    posterior: CharacterPosterior
    two_line: bool
    legible: bool
    likelihood: float


class Eye:
    """A session with its temperature."""

    def __init__(self, session: Session, temperature: float = 1.0) -> None:
        self._session = session
        self._temperature = temperature

    def looks(self, patches: NDArray[np.uint8], two_lines: Sequence[bool]) -> list[Look]:
        """Return the look at each of the patches, N x 48 x 192 x 3."""
        found = []
        for start in range(0, len(patches), self._session.at_once):
            batch = patches[start : start + self._session.at_once].transpose(0, 3, 1, 2)
            [rows] = self._session.run(np.ascontiguousarray(batch, np.float32))
            rows = tempered(rows, self._temperature)
            likelihoods = rows.max(axis=2).sum(axis=1)
            legible = (rows.argmax(axis=2) != BLANK).any(axis=1)
            found += [
                Look(
                    posterior=CharacterPosterior(log_probabilities=rows[i]),
                    two_line=two_lines[start + i],
                    legible=bool(legible[i]),
                    likelihood=float(likelihoods[i]),
                )
                for i in range(len(rows))
            ]
        return found


def tempered(rows: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Return log probabilities, N x steps x 37, at `temperature`: above 1 less sure, below 1 surer."""
    if temperature == 1.0:
        return rows
    cooled = rows / np.float32(temperature)
    return np.asarray(cooled - np.log(np.exp(cooled).sum(axis=2, keepdims=True)), np.float32)
