"""What else a plate may bear than the text that was voted: every single difference that its looks leave possible.

Differences are one character for another, one too many, one too few, and the pairs that run together in a picture (a
bolt between two strokes makes H of 11). Each is judged by the posterior of every look, as exactly as the voted text
was, and the looks are weighed as in the vote. Differences at two places are as likely as both together, so near
matches can be found from these alone.

On failure: nothing fails; without any other plausible character the doubts are empty.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import PlateText
from pipeline.domain.posterior import ALPHABET, BLANK, Doubt
from pipeline.domain.read import MOST_DOUBTS
from pipeline.domain.vrm import same_glyphs

Numbers = NDArray[np.float64]

_PLAUSIBLE = 1e-3
"""A character that no step of any look gives this probability is not tried."""
_LEAST = math.log(1e-4)
"""No single look speaks more strongly against a text, and what stays this unlikely over all looks is left out."""
_MOST = 2.0
"""Nor for one that was not voted: a look that is so sure saw another plate, or a part of this one."""
_MOST_LOOKS = 4
"""As many as may count as independent; the heaviest tell what there is to tell."""
_RUN_TOGETHER = (("H", "11"), ("W", "VV"))


def doubts_over(
    best: str,
    read: Sequence[PlateText],
    weights: Numbers,
    independent: float,
    judge: Callable[[Sequence[PlateText], Sequence[str]], Numbers],
) -> tuple[Doubt, ...]:
    """Return the doubts that these looks leave about `best`, likeliest first; the first one however unlikely.

    `weights` are those of the looks, `independent` how many independent looks they are worth, and `judge` gives the
    logarithm of what each look thinks of each text, looks x texts.
    """
    heaviest = np.sort(np.argsort(-weights, kind="stable")[:_MOST_LOOKS])
    read, weights = [read[at] for at in heaviest], weights[heaviest]
    differences = list(_differences(best, _plausible(read)))
    if not differences:
        return ()
    texts = [best, *(text for _, text in differences)]
    judged = judge(read, texts)
    by_look = np.clip(judged[:, 1:] - judged[:, :1], _LEAST, _MOST)
    odds = independent / float(weights.sum()) * (weights @ by_look)
    told = np.argsort(-odds, kind="stable")[:MOST_DOUBTS]
    told = told[: max(1, int((odds[told] > _LEAST).sum()))]
    return tuple(_doubt(differences[at][0], float(odds[at])) for at in told)


def _doubt(difference: tuple[int, int, str], odds: float) -> Doubt:
    position, length, text = difference
    return Doubt(position=position, length=length, text=text, cost=max(0, round(-100.0 * odds)))


def _plausible(read: Sequence[PlateText]) -> str:
    """Return the characters that some look thinks it may have seen, in the order of the alphabet."""
    likely = np.zeros(len(ALPHABET), np.bool_)
    for look in read:
        if look.posterior is not None:
            rows = look.posterior.log_probabilities[:, BLANK + 1 :]
            likely |= rows.max(axis=0) > math.log(_PLAUSIBLE)
    proposed = {character for look in read for one in look.candidates for character in one.text}
    return "".join(
        character
        for character, is_likely in zip(ALPHABET, likely.tolist(), strict=True)
        if is_likely or character in proposed
    )


def _differences(best: str, characters: str) -> Iterator[tuple[tuple[int, int, str], str]]:
    """Yield (position, length, replacement) and the text it makes, each text as a plate shows it once."""
    shown = {same_glyphs(best), ""}
    for position, length, text in _edits(best, characters):
        other = best[:position] + text + best[position + length :]
        glyphs = same_glyphs(other)
        if glyphs not in shown:
            shown.add(glyphs)
            yield (position, length, text), other


def _edits(best: str, characters: str) -> Iterator[tuple[int, int, str]]:
    for position, character in enumerate(best):
        for other in characters:
            yield position, 1, other
        yield position, 1, ""
        for one, two in _RUN_TOGETHER:
            if character == one:
                yield position, 1, two
            if same_glyphs(best[position : position + 2]) == two:
                yield position, 2, one
    for position in range(len(best) + 1):
        for other in characters:
            yield position, 0, other
