"""How sure the recogniser was of every character: the posterior that votes, near matches and searches share.

All answers are exact sums over the alignments of a text (Graves et al. 2006, "Connectionist temporal classification"),
but for probabilities below 1e-12 for a single step, which count as 1e-12: so no text is ever quite impossible that the
number of steps allows. Only the choice of candidates is a search.

On failure: BadInput for a text with a character outside `ALPHABET`; the message never quotes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import BadInput

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BLANK = 0
"""Column of the blank in a posterior; character `ALPHABET[i]` has column `i + 1`."""

_UNKNOWN = 255
_COLUMNS = bytes(ALPHABET.index(chr(code)) + 1 if chr(code) in ALPHABET else _UNKNOWN for code in range(256))
_FLOOR = 1e-12
_BEAM = 8
_WORTH_A_BRANCH = 1e-3
_BRANCHES = 6
Probabilities = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One text a plate may bear; probabilities of all candidates of one plate sum to at most 1."""

    text: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One difference by which a plate may bear another text than was read: `text` (0 to 2 characters) in place of the
    `length` characters (0 to 2) from `position` on.

    `cost` is how much less likely the text with this difference is, in hundredths of a natural logarithm.
    """

    position: int
    length: int
    text: str
    cost: int

    def applied(self, to: str) -> str:
        """Return `to` with this difference."""
        return to[: self.position] + self.text + to[self.position + self.length :]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CharacterPosterior:
    """A CTC posterior: `log_probabilities` is steps x 37 natural logarithms, each row summing to 1 in probability."""

    log_probabilities: NDArray[np.float32]

    def log_likelihood(self, text: str) -> float:
        """Return the logarithm of the probability that the plate bears `text`; minus infinity if it cannot fit."""
        return float(self.log_likelihoods([text])[0])

    def log_likelihoods(self, texts: Sequence[str]) -> Probabilities:
        """Return `log_likelihood` of every text: many at once cost little more than one."""
        return np.asarray(log_likelihoods_by([self], texts)[0])

    def candidates(self, count: int) -> tuple[Candidate, ...]:
        """Return the likeliest texts found by a prefix beam search, best first, at most `count` of them.

        The empty text (no plate, or nothing legible) is a candidate like any other.
        """
        probabilities = self._probabilities()
        found = _prefixes(probabilities)
        exact = _likelihoods(probabilities[None], found)[0]
        order = np.argsort(-exact, kind="stable")[:count]
        return tuple(
            Candidate(text="".join(ALPHABET[column - 1] for column in found[i]), probability=min(1.0, float(exact[i])))
            for i in order
        )

    def character_confidences(self, text: str) -> tuple[float, ...]:
        """Return for every character of `text` how likely it is, given that all the others are right."""
        columns = _columns(text)
        if not columns:
            return ()
        swapped = _with_one_swapped(self._probabilities(), columns)
        right = swapped[np.arange(len(columns)), np.asarray(columns) - 1]
        return tuple(float(share) for share in np.minimum(1.0, right / np.maximum(swapped.sum(axis=1), 1e-300)))

    def _probabilities(self) -> Probabilities:
        return np.maximum(np.exp(self.log_probabilities, dtype=np.float64), _FLOOR)


def log_likelihoods_by(posteriors: Sequence[CharacterPosterior], texts: Sequence[str]) -> Probabilities:
    """Return `log_likelihoods` of each posterior, posteriors x texts: together they cost little more than one."""
    found = np.empty((len(posteriors), len(texts)))
    if not texts:
        return found
    columns = [_columns(text) for text in texts]
    alike: defaultdict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(posteriors):
        alike[len(one.log_probabilities)].append(place)
    for places in alike.values():
        stacked = np.stack([posteriors[place]._probabilities() for place in places])
        with np.errstate(divide="ignore"):
            found[places] = np.log(_likelihoods(stacked, columns))
    return found


def _columns(text: str) -> tuple[int, ...]:
    columns = text.encode("latin-1", "replace").translate(_COLUMNS)
    if _UNKNOWN in columns:
        raise BadInput("a posterior knows only the letters A-Z and the digits 0-9")
    return tuple(columns)


def _states(texts: Sequence[tuple[int, ...]]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the states of every text (blank, character, blank, …) and where a blank between may be left out."""
    longest = max(len(text) for text in texts)
    states = np.full((len(texts), 2 * longest + 1), BLANK, np.intp)
    for row, text in enumerate(texts):
        states[row, 1 : 2 * len(text) : 2] = text
    skips = np.zeros(states.shape)
    skips[:, 2:] = (states[:, 2:] != BLANK) & (states[:, 2:] != states[:, :-2])
    return states, skips


def _forward(emitted: Probabilities, skips: Probabilities) -> Probabilities:
    """Return the forward variables, steps x texts x states, of what the states emit at every step."""
    reached = np.zeros(emitted.shape)
    reached[0, :, :2] = emitted[0, :, :2]
    for step in range(1, len(emitted)):
        before, now = reached[step - 1], reached[step]
        now += before
        now[:, 1:] += before[:, :-1]
        now[:, 2:] += before[:, :-2] * skips[:, 2:]
        now *= emitted[step]
    return reached


def _likelihoods(probabilities: Probabilities, texts: Sequence[tuple[int, ...]]) -> Probabilities:
    """Return the likelihood of each text by each of the `probabilities`, posteriors x steps x columns."""
    states, skips = _states(texts)
    # every posterior takes every text, as so many texts more
    emitted = probabilities.transpose(1, 0, 2)[:, :, states].reshape(probabilities.shape[1], -1, states.shape[1])
    last = _forward(emitted, np.tile(skips, (len(probabilities), 1)))[-1]
    last = last.reshape(len(probabilities), *states.shape)
    rows, ends = np.arange(len(texts)), np.array([2 * len(text) for text in texts])
    return np.asarray(last[:, rows, ends] + np.where(ends > 0, last[:, rows, np.maximum(ends - 1, 0)], 0.0))


def _with_one_swapped(probabilities: Probabilities, columns: tuple[int, ...]) -> Probabilities:
    """Return the likelihood of the text with character i swapped for character c, for all i and c.

    What comes before character i and what comes after it is summed once, forwards and backwards; between them one
    state is run for every c.
    """
    steps, length = len(probabilities), len(columns)
    states, skips = _states([columns, columns[::-1]])
    reached = _forward(np.stack([probabilities[:, states[0]], probabilities[::-1, states[1]]], axis=1), skips)
    forward, backward = reached[:, 0], reached[::-1, 1, ::-1]
    every = np.arange(1, len(ALPHABET) + 1)
    text = np.asarray(columns)
    fits_before, fits_after = np.zeros((length, len(every))), np.zeros((length, len(every)))
    fits_before[1:] = text[:-1, None] != every
    fits_after[:-1] = text[1:, None] != every
    ink_before, ink_after = np.zeros((steps, length)), np.zeros((steps, length))
    ink_before[:, 1:] = forward[:, 1:-2:2]
    ink_after[:, :-1] = backward[:, 3::2]
    inside, leaving = np.zeros((2, steps, length, len(every)))
    inside[0, 0] = leaving[-1, -1] = 1.0
    inside[1:] = forward[:-1, 0:-1:2, None] + ink_before[:-1, :, None] * fits_before
    leaving[:-1] = backward[1:, 2::2, None] + ink_after[1:, :, None] * fits_after
    emitted = probabilities[:, None, 1:]
    inside[0] *= emitted[0]
    for step in range(1, steps):
        inside[step] += inside[step - 1]
        inside[step] *= emitted[step]
    return np.asarray(np.einsum("slc,slc->lc", inside, leaving))


def _prefixes(probabilities: Probabilities) -> list[tuple[int, ...]]:
    """Return the texts that a prefix beam search keeps to the end."""
    beam: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    ink = probabilities[:, 1:]
    likeliest = (np.argsort(-ink, axis=1)[:, :_BRANCHES] + 1).tolist()
    for values, columns in zip(probabilities.tolist(), likeliest, strict=True):
        likely = [column for column in columns if values[column] > _WORTH_A_BRANCH]
        if not likely:
            # Between characters nothing branches: only the blank grows.
            beam = {
                prefix: ((ends[0] + ends[1]) * values[BLANK], ends[1] * values[prefix[-1]] if prefix else 0.0)
                for prefix, ends in beam.items()
            }
            continue
        beam = _branched(beam, values, likely)
    return list(beam)


def _branched(
    beam: dict[tuple[int, ...], tuple[float, float]], values: list[float], likely: list[int]
) -> dict[tuple[int, ...], tuple[float, float]]:
    """Return the beam one step on, where the characters `likely` may follow."""
    ends_blank: defaultdict[tuple[int, ...], float] = defaultdict(float)
    ends_ink: defaultdict[tuple[int, ...], float] = defaultdict(float)
    for prefix, (blank, ink) in beam.items():
        ends_blank[prefix] += (blank + ink) * values[BLANK]
        if prefix:
            ends_ink[prefix] += ink * values[prefix[-1]]
        for column in likely:
            repeated = bool(prefix) and prefix[-1] == column
            ends_ink[(*prefix, column)] += (blank if repeated else blank + ink) * values[column]
    totals = {prefix: ends_blank[prefix] + ends_ink[prefix] for prefix in {**ends_blank, **ends_ink}}
    kept = sorted(totals, key=lambda prefix: -totals[prefix])[:_BEAM]
    scale = totals[kept[0]] or 1.0
    return {prefix: (ends_blank[prefix] / scale, ends_ink[prefix] / scale) for prefix in kept}
