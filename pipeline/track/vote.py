"""From all looks at one plate to one text: every candidate of any look is judged by every look.

A look judges a text by its character posterior, or, without one, by its own candidates. The looks' log-likelihoods are
added up, weighted by plate size and by how much the look differs from the one before it: consecutive frames are nearly
the same picture and err alike, so their number must not count as evidence. For the same reason the sum is tempered to
`_INDEPENDENT_LOOKS` at most. What grammar and calibration made of a look's candidates is a prior: it counts once, not
once a look. A look at a part of the plate (cut off by the edge of the picture) does not speak against the whole.

On failure: None when no look is legible; a wrong answer shows as a low confidence, never as an error.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Candidate, Passage, PlateText, Sighting
from pipeline.domain.posterior import log_likelihoods_by
from pipeline.domain.vrm import Vrm
from pipeline.track.doubts import doubts_over
from pipeline.track.likeness import edits, is_fragment
from pipeline.track.motion import distance, growth

Numbers = NDArray[np.float64]

_TEXTS = 8
_CANDIDATES = 5
_INDEPENDENT_LOOKS = 4.0
_LEAST_NOVELTY = 0.1
_NOVEL_WIDTHS, _NOVEL_GROWTH, _NOVEL_SECONDS = 0.5, 0.1, 1.0
_FLOOR = math.log(1e-3)
"""The least a look says of any text: it may be of another plate, or spoilt by a reflection."""
_WRONG_CHARACTER = math.log(0.1)
"""What a look without a posterior says of a text it has no candidate for, for each character that differs."""
_PRIOR_LIMIT = 3.0
_DISPERSAL = 0.1
"""The share of what a look leaves over that any one text may have, where no rival shows it."""
_UNSEEN_FRAGMENT = math.log(0.1)
"""What it costs a longer text that a look shows only a part of it though its plate is not narrower."""


def vote(passage: Passage) -> PlateText | None:
    """Return the text of the passage, with the probability that it is right; None when no sighting is legible.

    The result's `candidates` are the likeliest texts with their probabilities; what is missing to 1 is the chance that
    none of them is right. It has no `posterior`: there is no one picture that it would be of.
    """
    if passage.text is not None:
        return passage.text
    return vote_over(passage.sightings)


def vote_over(sightings: Sequence[Sighting]) -> PlateText | None:
    """Return the text that these sightings of one plate, in order of time, vote for."""
    looks = [(one, one.text) for one in sightings if one.text is not None]
    if not looks:
        return None
    seen, read = [one for one, _ in looks], [text for _, text in looks]
    weights = _weights(seen)
    texts = _shortlist(read, weights)
    if not texts:
        return None
    judged = _judged(read, texts)
    prior = _prior(read, texts, judged)
    missing = np.array([_missing(text, row) for text, row in zip(read, judged, strict=True)])
    floored = _lift_fragments(np.logaddexp(judged, _FLOOR), seen, read, texts)
    total = float(weights.sum())
    independent = _independent(total)
    agreed = independent / total * (weights @ floored) + prior
    # what the first look leaves to all other texts together, times what each further one leaves to any one of them
    further = max(independent - 1.0, 0.0)
    any_other = _any_other(judged, missing, int(agreed.argmax()))
    left = (independent - further) * np.log(missing) + further * np.log(any_other)
    scores = np.append(agreed, float(weights @ left) / total)
    probabilities = np.exp(scores - np.logaddexp.reduce(scores))
    order = sorted(range(len(texts)), key=lambda at: (-probabilities[at], texts[at]))
    best = texts[order[0]]
    return PlateText(
        raw=_spelling(best, read),
        vrm=Vrm(best),
        confidence=float(probabilities[order[0]]),
        character_confidences=_characters(best, texts, probabilities, read, weights),
        candidates=tuple(Candidate(text=texts[at], probability=float(probabilities[at])) for at in order[:_CANDIDATES]),
        doubts=doubts_over(best, read, weights, independent, _judged),
    )


def _weights(seen: Sequence[Sighting]) -> Numbers:
    """Return what each look counts, at most 1: size relative to the largest, times novelty over the one before."""
    tallest = max(one.detection.box.height for one in seen)
    weights = np.empty(len(seen))
    for at, one in enumerate(seen):
        novelty = 1.0
        if at:
            before = seen[at - 1]
            seconds = (one.captured_at - before.captured_at).total_seconds()
            change = distance(before.detection.box, one.detection.box) / _NOVEL_WIDTHS
            change += abs(growth(before.detection.box, one.detection.box)) / _NOVEL_GROWTH + seconds / _NOVEL_SECONDS
            novelty = max(1.0 - math.exp(-change), _LEAST_NOVELTY)
        weights[at] = novelty * one.detection.box.height / max(tallest, 1e-6)
    return np.maximum(weights, 1e-3)


def _independent(weight: float) -> float:
    """Return how many independent looks so much weight is worth: 1 up to 1, then saturating."""
    if weight <= 1.0:
        return weight
    room = _INDEPENDENT_LOOKS - 1.0
    return 1.0 + room * (1.0 - math.exp(-(weight - 1.0) / room))


def _shortlist(read: Sequence[PlateText], weights: Numbers) -> list[str]:
    """Return the texts worth judging: those with the most probability over all looks."""
    total: dict[str, float] = {}
    for text, weight in zip(read, weights, strict=True):
        for candidate in _candidates(text):
            # a posterior holds the empty text too: no plate, which is what "none of them" stands for
            if candidate.text:
                total[candidate.text] = total.get(candidate.text, 0.0) + float(weight) * candidate.probability
    return sorted(total, key=lambda one: (-total[one], one))[:_TEXTS]


def _candidates(text: PlateText) -> tuple[Candidate, ...]:
    if any(one.text == text.vrm for one in text.candidates):
        return text.candidates
    return (Candidate(text=text.vrm, probability=text.confidence), *text.candidates)


def _judged(read: Sequence[PlateText], texts: Sequence[str]) -> Numbers:
    """Return the logarithm of what each look thinks of each text, looks x texts."""
    judged = np.array([[0.0] * len(texts) if look.posterior else _by_candidates(look, texts) for look in read])
    posteriors = [look.posterior for look in read if look.posterior is not None]
    judged[[look.posterior is not None for look in read]] = log_likelihoods_by(posteriors, texts)
    return judged


def _by_candidates(look: PlateText, texts: Sequence[str]) -> list[float]:
    """Return the same of one look that has no posterior."""
    known = {one.text: one.probability for one in _candidates(look) if one.probability > 0.0}
    rest = _left_over(look)
    return [
        math.log(known[text]) if text in known else math.log(rest) + edits(text, look.vrm) * _WRONG_CHARACTER
        for text in texts
    ]


def _missing(look: PlateText, judged: Numbers) -> float:
    """Return the probability that this look leaves for texts that are not judged."""
    if look.posterior is None:
        return _left_over(look)
    return float(np.clip(1.0 - np.exp(judged).sum(), math.exp(_FLOOR), 1.0))


def _any_other(judged: Numbers, missing: Numbers, best: int) -> Numbers:
    """Return what each look leaves to any one text that is not judged.

    The rivals that are judged show it: looks that doubt in different ways give little to what the others thought of.
    """
    rivals = np.delete(np.exp(judged), best, axis=1)
    share = rivals.mean(axis=1) if rivals.size else missing * _DISPERSAL
    return np.clip(share, missing * math.exp(_FLOOR), missing)


def _left_over(look: PlateText) -> float:
    return min(max(1.0 - sum(one.probability for one in _candidates(look)), math.exp(_FLOOR)), 1.0)


def _prior(read: Sequence[PlateText], texts: Sequence[str], judged: Numbers) -> Numbers:
    """Return by how much the recogniser's candidates favour each text beyond the bare posterior, in logarithms."""
    beyond: dict[str, list[float]] = {text: [] for text in texts}
    for look, row in zip(read, judged.tolist(), strict=True):
        said = dict(zip(texts, row, strict=True))
        for one in _candidates(look):
            if one.text in said and one.probability > 0.0 and math.isfinite(said[one.text]):
                beyond[one.text].append(math.log(one.probability) - said[one.text])
    medians = (statistics.median(ones) if ones else 0.0 for ones in beyond.values())
    return np.array([min(max(one, -_PRIOR_LIMIT), _PRIOR_LIMIT) for one in medians])


def _lift_fragments(
    judged: Numbers, seen: Sequence[Sighting], read: Sequence[PlateText], texts: Sequence[str]
) -> Numbers:
    """Let looks at a part of a plate count for the whole as much as for the part.

    That a plate is cut off shows in its box, narrower for its height than where the whole was read. Without that sign
    the whole pays a price for each such look, because a badge or a bolt read as one more character looks the same.
    """
    lifted = judged.copy()
    shapes = np.array([one.detection.box.width / max(one.detection.box.height, 1e-6) for one in seen])
    for whole_at, whole in enumerate(texts):
        wholly = [shapes[at] for at, text in enumerate(read) if text.vrm == whole]
        for part_at, part in enumerate(texts):
            if not is_fragment(part, whole) or not wholly:
                continue
            narrow = statistics.median(wholly) * (1.0 + len(part) / len(whole)) / 2.0
            price = np.where(shapes <= narrow, 0.0, _UNSEEN_FRAGMENT)
            lifted[:, whole_at] = np.maximum(lifted[:, whole_at], judged[:, part_at] + price)
    return lifted


def _characters(
    best: str, texts: Sequence[str], probabilities: Numbers, read: Sequence[PlateText], weights: Numbers
) -> tuple[float, ...]:
    """Return for each character of `best` the probability that it is right, whatever the others are."""
    right = np.zeros(len(best))
    for text, probability in zip(texts, probabilities, strict=False):
        if text == best:
            right += probability
            continue
        for block in SequenceMatcher(None, best, text, autojunk=False).get_matching_blocks():
            right[block.a : block.a + block.size] += probability
    alone, total = np.zeros(len(best)), 0.0
    for look, weight in zip(read, weights, strict=True):
        if look.vrm == best and len(look.character_confidences) == len(best):
            alone += weight * np.asarray(look.character_confidences)
            total += float(weight)
    # where none of the texts is right, single characters may still be, as far as the looks were sure of them
    right += float(probabilities[-1]) * (alone / total if total else 0.0)
    return tuple(float(one) for one in np.clip(right, 0.0, 1.0))


def _spelling(best: str, read: Sequence[PlateText]) -> str:
    """Return the text with its line break, as the surest look that read exactly it spells it."""
    same = [one for one in read if one.vrm == best]
    return max(same, key=lambda one: one.confidence).raw if same else best
