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
_CHARACTERS = b" " + ALPHABET.encode("ascii") + bytes(256 - 1 - len(ALPHABET))
_ALONE = [bytes((column,)) for column in range(1 + len(ALPHABET))]
"""The texts of one character, by column. A text is the bytes of its columns: to hash and to lengthen, that is cheap."""
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
            Candidate(text=found[i].translate(_CHARACTERS).decode("ascii"), probability=min(1.0, float(exact[i])))
            for i in order
        )

    def character_confidences(self, text: str) -> tuple[float, ...]:
        """Return for every character of `text` how likely it is, given that all the others are right."""
        columns = _columns(text)
        if not columns:
            return ()
        swapped = _with_one_swapped(self._probabilities(), columns)
        right = swapped[np.arange(len(columns)), np.frombuffer(columns, np.uint8) - 1]
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


def _columns(text: str) -> bytes:
    columns = text.encode("latin-1", "replace").translate(_COLUMNS)
    if _UNKNOWN in columns:
        raise BadInput("a posterior knows only the letters A-Z and the digits 0-9")
    return columns


def _states(texts: Sequence[bytes]) -> tuple[NDArray[np.intp], Probabilities]:
    """Return the states of every text (blank, character, blank, …) and where a blank between may be left out.

    Both are states x texts.
    """
    longest = max(map(len, texts))
    padded = b"".join(text.ljust(longest, _ALONE[BLANK]) for text in texts)
    states = np.full((2 * longest + 1, len(texts)), BLANK, np.intp)
    states[1::2] = np.frombuffer(padded, np.uint8).reshape(len(texts), longest).T
    skips = np.zeros(states.shape)
    skips[2:] = (states[2:] != BLANK) & (states[2:] != states[:-2])
    return states, skips


def _forward(emitted: Probabilities, skips: Probabilities, kept: int) -> Probabilities:
    """Return the forward variables of the last `kept` steps, two or all, of what the states emit at every step.

    `emitted` is steps x states x texts, and so is the answer; its rows are used in turn, step i in row i % `kept`. That
    states come before texts makes one run of numbers of all that is summed, which is several times as fast.
    """
    _, states, texts = emitted.shape
    # two states more that nothing reaches: so every state has one before it, and one before that
    reached = np.zeros((kept, states + 2, texts))
    reached[0, 2:4] = emitted[0, :2]
    views = list(zip(reached[:, 2:], reached[:, 1:-1], reached[:, :-2], strict=True))
    over_a_blank = np.empty((states, texts))
    for step, emits in enumerate(emitted[1:]):
        same, one_before, two_before = views[step % kept]
        now = views[(step + 1) % kept][0]
        np.add(same, one_before, out=now)
        np.multiply(two_before, skips, out=over_a_blank)
        now += over_a_blank
        now *= emits
    return reached[:, 2:]


def _likelihoods(probabilities: Probabilities, texts: Sequence[bytes]) -> Probabilities:
    """Return the likelihood of each text by each of the `probabilities`, posteriors x steps x columns."""
    states, skips = _states(texts)
    # every posterior takes every text, as so many texts more
    count, steps, _ = probabilities.shape
    emitted = probabilities.transpose(1, 2, 0).take(states, axis=1).reshape(steps, len(states), -1)
    last = _forward(emitted, np.repeat(skips, count, axis=1), kept=2)[(steps - 1) % 2]
    last = last.reshape(len(states), len(texts), count)
    rows, ends = np.arange(len(texts)), np.array([2 * len(text) for text in texts])
    before = np.where(ends[:, None] > 0, last[np.maximum(ends - 1, 0), rows], 0.0)
    return np.asarray((last[ends, rows] + before).T)


def _with_one_swapped(probabilities: Probabilities, columns: bytes) -> Probabilities:
    """Return the likelihood of the text with character i swapped for character c, for all i and c.

    What comes before character i and what comes after it is summed once, forwards and backwards; between them one
    state is run for every c.
    """
    steps, length = len(probabilities), len(columns)
    states, skips = _states([columns, columns[::-1]])
    emitted = probabilities.take(states, axis=1)
    emitted[:, :, 1] = emitted[::-1, :, 1].copy()
    reached = _forward(emitted, skips, kept=steps)
    forward, backward = reached[:, :, 0], reached[::-1, ::-1, 1]
    every = np.arange(1, len(ALPHABET) + 1)
    text = np.frombuffer(columns, np.uint8)
    fits_before, fits_after = np.zeros((length, len(every))), np.zeros((length, len(every)))
    fits_before[1:] = text[:-1, None] != every
    fits_after[:-1] = text[1:, None] != every
    ink_before, ink_after = np.zeros((steps, length)), np.zeros((steps, length))
    ink_before[:, 1:] = forward[:, 1:-2:2]
    ink_after[:, :-1] = backward[:, 3::2]
    inside, leaving = np.zeros((2, steps, length, len(every)))
    inside[0, 0] = leaving[-1, -1] = 1.0
    np.multiply(ink_before[:-1, :, None], fits_before, out=inside[1:])
    inside[1:] += forward[:-1, 0:-1:2, None]
    np.multiply(ink_after[1:, :, None], fits_after, out=leaving[:-1])
    leaving[:-1] += backward[1:, 2::2, None]
    ink = np.repeat(probabilities[:, None, 1:], length, axis=1)
    inside[0] *= ink[0]
    for before, now, emits in zip(inside, inside[1:], ink[1:], strict=False):
        now += before
        now *= emits
    return np.asarray(np.einsum("slc,slc->lc", inside, leaving))


def _prefixes(probabilities: Probabilities) -> list[bytes]:
    """Return the texts that a prefix beam search keeps to the end."""
    beam: dict[bytes, tuple[float, float]] = {b"": (1.0, 0.0)}
    worth = defaultdict[int, list[int]](list)
    for step, character in np.argwhere(probabilities[:, 1:] > _WORTH_A_BRANCH).tolist():
        worth[step].append(character + 1)
    for step, values in enumerate(probabilities.tolist()):
        likely = sorted(worth.get(step, ()), key=values.__getitem__, reverse=True)[:_BRANCHES]
        if not likely:
            # Between characters nothing branches: only the blank grows.
            beam = {
                prefix: ((blank + ink) * values[BLANK], ink * values[prefix[-1]] if prefix else 0.0)
                for prefix, (blank, ink) in beam.items()
            }
            continue
        beam = _branched(beam, values, likely)
    return list(beam)


def _branched(
    beam: dict[bytes, tuple[float, float]], values: list[float], likely: list[int]
) -> dict[bytes, tuple[float, float]]:
    """Return the beam one step on, where the characters `likely` may follow."""
    ends_blank = {prefix: (blank + ink) * values[BLANK] for prefix, (blank, ink) in beam.items()}
    ends_ink: dict[bytes, float] = {}
    for prefix, (blank, ink) in beam.items():
        last = prefix[-1] if prefix else BLANK
        if prefix:
            ends_ink[prefix] = ends_ink.get(prefix, 0.0) + ink * values[last]
        for column in likely:
            longer = prefix + _ALONE[column]
            ends_ink[longer] = ends_ink.get(longer, 0.0) + (blank if column == last else blank + ink) * values[column]
    totals = ends_blank.copy()
    for prefix, ink in ends_ink.items():
        totals[prefix] = totals.get(prefix, 0.0) + ink
    kept = sorted(totals, key=totals.__getitem__, reverse=True)[:_BEAM]
    scale = totals[kept[0]] or 1.0
    return {prefix: (ends_blank.get(prefix, 0.0) / scale, ends_ink.get(prefix, 0.0) / scale) for prefix in kept}
