"""What experience says of a read that tells no doubts, as other makers' cameras give it: how plates get misread.

The figures, `misreads.json`, were measured by `python -m training.recogniser.misreads` and say with what: of all
misreads of a character, which share was which character in truth, was none, or was one of the pairs that run together.
The chance that a read is wrong is what its confidence leaves, within bounds, since nobody vouches for a stranger's
confidence; where the read says how sure it is of each character, it falls on the doubtful ones.

On failure: nothing fails; a mark with characters that no plate can bear has no doubts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import takewhile

from pipeline.domain.posterior import Doubt
from pipeline.domain.read import MOST_DOUBTS, Read
from pipeline.domain.vrm import same_glyphs

_LEAST_DOUBT, _MOST_DOUBT = 0.02, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured. `instead`: for each character read, what stood there in truth and its share of all misreads
    at such a character. `missing`: of all misreads, those that lack this character. `rivals`: (likelihood, how many
    wrong texts a read leaves possible with it or more)."""

    instead: dict[str, tuple[tuple[str, float], ...]]
    missing: tuple[tuple[str, float], ...]
    rivals: tuple[tuple[float, float], ...]


def _measured() -> Figures:
    content = json.loads(files("pipeline.match").joinpath("misreads.json").read_text(encoding="utf-8"))
    return Figures(
        instead={read: _largest_first(shares) for read, shares in content["instead"].items()},
        missing=_largest_first(content["missing"]),
        rivals=tuple((float(likelihood), float(rivals)) for likelihood, rivals in content["rivals"]),
    )


def _largest_first(shares: dict[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(shares.items(), key=lambda one: -one[1]))


FIGURES = _measured()


def doubts_by_experience(read: Read, least: float) -> tuple[Doubt, ...]:
    """Return the doubts about `read` that are at least so likely, likeliest first, most `MOST_DOUBTS`."""
    vrm = read.vrm
    confidence = min(max(read.confidence, 1e-3), 1.0)
    wrong = min(max(1.0 - confidence, _LEAST_DOUBT), _MOST_DOUBT)
    found: list[tuple[float, int, int, str]] = []
    for position, share in enumerate(_where(read)):
        here = wrong * share
        found += [
            (here * of_misreads, position, 1, text)
            for text, of_misreads in _down_to(FIGURES.instead.get(same_glyphs(vrm[position]), ()), least / here)
        ]
        pair = same_glyphs(vrm[position : position + 2])
        if len(pair) > 1 and pair in FIGURES.instead:
            found += [
                (here * of_misreads, position, 2, text)
                for text, of_misreads in _down_to(FIGURES.instead[pair], least / here)
            ]
    here = wrong / (len(vrm) + 1)
    for text, of_misreads in _down_to(FIGURES.missing, least / here):
        found += [(here * of_misreads, position, 0, text) for position in range(len(vrm) + 1)]
    found.sort(key=lambda one: -one[0])
    return tuple(
        Doubt(position=position, length=length, text=text, cost=max(0, round(-100.0 * math.log(chance / confidence))))
        for chance, position, length, text in found[:MOST_DOUBTS]
    )


def _down_to(shares: tuple[tuple[str, float], ...], least: float) -> Iterator[tuple[str, float]]:
    """Yield from `shares`, largest first, those of `least` or more."""
    return takewhile(lambda one: one[1] >= least, shares)


def _where(read: Read) -> list[float]:
    """Return for each character the share of misreads that is its own."""
    sure = read.character_confidences
    doubtful = [max(1.0 - one, _LEAST_DOUBT) for one in sure] if len(sure) == len(read.vrm) else [1.0] * len(read.vrm)
    total = sum(doubtful)
    return [one / total for one in doubtful]
