"""The recognise stage: reads the plates that were found.

Promise: `PlateRecogniser.recognise` takes (image, detection) pairs and returns, in their order, each one's text with
its confidences, candidates and posterior, or None where no text of at least `minimum_confidence` can be read. Empty
in, empty out. What is read of a plate does not depend on the plates beside it, beyond the rounding of floats.

Where there is a second network, it looks again at what the first is less sure of than `second_look_below`, and its
answer counts alone: the first is meant to be small, the second seven times as dear and right more often. A plate whose
shape leaves open whether it has one line or two is read the likelier way, and the other way too unless that settles it.
What is less sure than `look_around_below`, whichever way it is spelt, is cut out twice more, a little otherwise, and
all three looks answer together: for single pictures, where no other frame will tell.
Figures: how well the shipped weights read is in `weights/MODEL_CARD.md`.
On failure: BadInput for a quad without area, NotFound or BadInput when the weights cannot be opened; an error of the
runtime is raised as it is. None of them is ever "illegible".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.domain.plate import Detection, Pixels, PlateText
from pipeline.domain.posterior import Candidate, CharacterPosterior
from pipeline.domain.vrm import MAXIMUM_LENGTH, Vrm
from pipeline.recognise.around import agreed, cuts_around
from pipeline.recognise.eyes import Eye, Look
from pipeline.recognise.rectify import patches_of, readings_of
from pipeline.recognise.rerank import reranked, sure_of_ink

_SHORTEST = 2
"""No mark is shorter than A 1; what reads as one character is a lamp, a handle or a post."""
_SETTLED_FROM = 0.8
_UNDECIDED_BELOW = 3.0
"""A way of reading stays open while it is at most e^3 times less likely than the likeliest."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Read:
    """What one network made of one plate: the likeliest of its `looks`, with candidates."""

    best: Look
    looks: tuple[Look, ...]
    candidates: tuple[Candidate, ...]

    @property
    def sure(self) -> float:
        """How likely the best text is, which may be the empty one."""
        return self.candidates[0].probability

    @property
    def sure_of_ink(self) -> float:
        """The same, whichever way what the ink shows is spelt."""
        return sure_of_ink(self.candidates)

    @property
    def settled(self) -> bool:
        """Whether a look the other way could hardly be likelier."""
        return bool(self.candidates[0].text) and self.sure >= _SETTLED_FROM

    @property
    def open_ways(self) -> tuple[bool, ...]:
        least = self.best.likelihood - _UNDECIDED_BELOW
        return tuple(
            one.two_line
            for one in self.looks
            if one is self.best or not self.best.legible or (one.legible and one.likelihood >= least)
        )


class PlateRecogniser:
    """Reads plates with `eye`, and with `second` what `eye` is unsure of. Serves one caller at a time."""

    def __init__(
        self,
        eye: Eye,
        *,
        version: str,
        minimum_confidence: float,
        candidates: int,
        second: Eye | None = None,
        second_look_below: float = 0.0,
        look_around_below: float = 0.0,
    ) -> None:
        self.version = version
        self._eye = eye
        self._second = second
        self._second_look_below = second_look_below
        self._look_around_below = look_around_below
        self._minimum_confidence = minimum_confidence
        self._candidates = candidates

    def recognise(self, plates: Sequence[tuple[Pixels, Detection]]) -> list[PlateText | None]:
        """Return the text of each plate; see the module's promise."""
        ways = {place: readings_of(found) for place, (_, found) in enumerate(plates)}
        read = self._seen(self._eye, plates, {place: some[:1] for place, some in ways.items()})
        others = {place: some for place, some in ways.items() if len(some) > 1 and not read[place].settled}
        again = self._seen(self._eye, plates, {place: some[1:] for place, some in others.items()})
        read.update({place: self._likeliest((*read[place].looks, *one.looks)) for place, one in again.items()})
        if self._second:
            unsure = {place: one.open_ways for place, one in read.items() if one.sure < self._second_look_below}
            read.update(self._seen(self._second, plates, unsure))
        read.update(
            self._looked_around(
                plates, {place: one for place, one in read.items() if one.sure_of_ink < self._look_around_below}
            )
        )
        return [self._text(read[place]) for place in range(len(plates))]

    def _seen(
        self, eye: Eye, plates: Sequence[tuple[Pixels, Detection]], ways: dict[int, tuple[bool, ...]]
    ) -> dict[int, _Read]:
        """Return what `eye` makes of each of the plates in `ways`."""
        asked = [(place, two_line) for place, all_ways in ways.items() for two_line in all_ways]
        patches = patches_of([(plates[place][0], plates[place][1].quad, two_line) for place, two_line in asked])
        looks: dict[int, list[Look]] = {place: [] for place in ways}
        seen = eye.looks(patches, [two_line for _, two_line in asked])
        for (place, _), look in zip(asked, seen, strict=True):
            looks[place].append(look)
        return {place: self._likeliest(tuple(ones)) for place, ones in looks.items()}

    def _looked_around(self, plates: Sequence[tuple[Pixels, Detection]], unsure: dict[int, _Read]) -> dict[int, _Read]:
        """Return what all looks at each of the `unsure` say together."""
        asked = [(place, quad) for place in unsure for quad in cuts_around(plates[place][1].quad)]
        lines = [unsure[place].best.two_line for place, _ in asked]
        patches = patches_of([(plates[place][0], quad, two) for (place, quad), two in zip(asked, lines, strict=True)])
        looks = {place: [one.best] for place, one in unsure.items()}
        for (place, _), look in zip(asked, (self._second or self._eye).looks(patches, lines), strict=True):
            looks[place].append(look)
        return {place: self._together(ones) for place, ones in looks.items()}

    def _together(self, looks: list[Look]) -> _Read:
        found = reranked(agreed(looks, max(self._candidates, 2)), looks[0].posterior)
        clearest = max(looks, key=lambda look: look.posterior.log_likelihood(found[0].text))
        return _Read(best=clearest, looks=tuple(looks), candidates=found)

    def _likeliest(self, looks: tuple[Look, ...]) -> _Read:
        # Nothing legible one way says nothing against the other.
        best = max(looks, key=lambda look: (look.legible, look.likelihood))
        found = reranked(best.posterior.candidates(max(self._candidates, 2)), best.posterior)
        return _Read(best=best, looks=looks, candidates=found)

    def _text(self, read: _Read) -> PlateText | None:
        first, posterior = read.candidates[0], read.best.posterior
        if not _SHORTEST <= len(first.text) <= MAXIMUM_LENGTH or first.probability < self._minimum_confidence:
            return None
        return PlateText(
            raw=_with_line_break(posterior, first.text) if read.best.two_line else first.text,
            vrm=Vrm(first.text),
            confidence=first.probability,
            character_confidences=posterior.character_confidences(first.text),
            candidates=tuple(one for one in read.candidates if one.text)[: self._candidates],
            posterior=posterior,
        )


def _with_line_break(posterior: CharacterPosterior, text: str) -> str:
    """Return `text` with a space where the second line begins: the first line fills the posterior's first half."""
    rows = posterior.log_probabilities
    half = len(rows) // 2
    cuts = range(len(text) + 1)
    upper = CharacterPosterior(log_probabilities=rows[:half]).log_likelihoods([text[:cut] for cut in cuts])
    lower = CharacterPosterior(log_probabilities=rows[half:]).log_likelihoods([text[cut:] for cut in cuts])
    cut = int(np.argmax(upper + lower))
    return f"{text[:cut]} {text[cut:]}".strip()
