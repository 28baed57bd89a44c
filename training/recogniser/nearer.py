"""Texts of plates that are too far away to be read, from frames of the same ride in which they are nearer.

A mark that was proposed for at least three plates of a ride is known there. What stays unproposed in that ride, and is
read as something that differs from one known mark in at most two places, bears that mark if the reader, asked, finds it
not impossible. These are the real plates that the reader still has to learn; look at the contact sheet all the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from pipeline.domain.plate import Box, Detection, Pixels, Quad
from pipeline.recognise.recogniser import PlateRecogniser

_LEAST_PLATES, _MOST_DIFFERENCES, _WORST = 3, 2, 16.0
Plate = tuple[Pixels, Quad]


def from_nearer(
    recogniser: PlateRecogniser, plates: Sequence[Plate], rides: Sequence[str], proposed: Sequence[str]
) -> list[str]:
    """Return a text for each plate that has none among `proposed` and whose ride knows it; empty for all others."""
    known: dict[str, list[str]] = defaultdict(list)
    for (ride, text), count in Counter(zip(rides, proposed, strict=True)).items():
        if text and count >= _LEAST_PLATES:
            known[ride].append(text)
    texts = []
    for plate, ride, text in zip(plates, rides, proposed, strict=True):
        texts.append("" if text else _told(recogniser, plate, known[ride]))
    return texts


def _told(recogniser: PlateRecogniser, plate: Plate, known: list[str]) -> str:
    pixels, quad = plate
    found = Detection(box=Box(x=0, y=0, width=1, height=1), quad=quad, confidence=1.0)
    [read] = recogniser.recognise([(pixels, found)])
    if read is None:
        return ""
    near = [text for text in known if differences(text, str(read.vrm)) <= _MOST_DIFFERENCES]
    if len(near) != 1 or read.posterior is None or -read.posterior.log_likelihood(near[0]) > _WORST:
        return ""
    return near[0]


def differences(one: str, other: str) -> int:
    """Return the least number of characters changed, added or left out between the two."""
    row = np.arange(len(other) + 1)
    for place, character in enumerate(one, 1):
        changed = row[:-1] + np.array([character != there for there in other], int)
        below = np.minimum(changed, row[1:] + 1)
        row = np.array([place, *below])
        for column in range(1, len(row)):
            row[column] = min(row[column], row[column - 1] + 1)
    return int(row[-1])
