"""Which sighting of this frame continues which trail: by place, size and text at once, at the least total cost.

Places count in plate widths from where the trail is expected, because a plate's width is the only scale in the picture
that is known. An exactly agreeing text lets a plate be anywhere it can have moved to; without one it must be near. A
clearly different text never continues a trail: it is another vehicle or a misread, and the tracker finds out which.

On failure: nothing here fails; what fits nothing stays without a partner.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from enum import Enum

from pipeline.domain.plate import Box, PlateText, Sighting
from pipeline.domain.vrm import Vrm, fold_vrm
from pipeline.track.likeness import unlikeness
from pipeline.track.motion import distance, growth, overlap
from pipeline.track.settings import TrackSettings
from pipeline.track.trail import Trail

SAME_PLATE_OVERLAP = 0.5
"""Two boxes of one frame that overlap more are one plate found twice."""
SAME_PLACE_WIDTHS = 1.0
"""Plates of consecutive frames nearer than this may be one."""
_UNMATCHED = 20.0
_FORBIDDEN = 1e9
_CANDIDATE_PROBABILITY = 0.05
_CLEARLY_DIFFERENT = 0.45
_SURE = 0.8
_CLEARLY_DIFFERENT_IF_SURE = 0.28
_NEAR_WIDTHS = 2.0
_NEAR_GROWTH = math.log(1.6)
_FAR_GROWTH = math.log(4.0)
_TEXT_WEIGHT = 4.0


class Likeness(Enum):
    """What a sighting's text says about a trail."""

    SAME = "same"
    SIMILAR = "similar"
    UNKNOWN = "unknown"
    DIFFERENT = "different"


def likeness(trail: Trail, text: PlateText | None) -> tuple[Likeness, float]:
    """Compare a sighting's text with a trail's; the number grows from 0 (same) to 1."""
    if text is None or not (known := trail.texts):
        return Likeness.UNKNOWN, 0.5
    found = fold_vrm(text.vrm)
    if found in known:
        return Likeness.SAME, 0.0
    if any(one.probability >= _CANDIDATE_PROBABILITY and fold_vrm(Vrm(one.text)) in known for one in text.candidates):
        return Likeness.SAME, 0.05
    unlike = min(unlikeness(found, one) for one in known)
    sure = text.confidence >= _SURE and trail.sureness >= _SURE
    if unlike > (_CLEARLY_DIFFERENT_IF_SURE if sure else _CLEARLY_DIFFERENT):
        return Likeness.DIFFERENT, 1.0
    return Likeness.SIMILAR, unlike


def associate(
    trails: Sequence[Trail], sightings: Sequence[Sighting], at: datetime, settings: TrackSettings
) -> list[tuple[Trail, Sighting]]:
    """Return the pairs that belong together; every trail and every sighting is in one pair at most."""
    expected = [trail.motion.expected(at) for trail in trails]
    costs = [
        [_cost(trail, place, sighting, at, settings) for trail, place in zip(trails, expected, strict=True)]
        for sighting in sightings
    ]
    return [(trails[column], sightings[row]) for row, column in assign(costs)]


def without_doubles(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Return the sightings without those that are the same plate found twice: the surer one stays."""
    if len(sightings) < 2:
        return list(sightings)
    kept: list[Sighting] = []
    surest = sorted(sightings, key=lambda one: (one.text is None, -(one.text.confidence if one.text else 0.0)))
    for one in surest:
        if all(overlap(one.detection.box, other.detection.box) <= SAME_PLATE_OVERLAP for other in kept):
            kept.append(one)
    return [one for one in sightings if any(one is other for other in kept)]


def is_at_the_place_of(trail: Trail, sighting: Sighting) -> bool:
    """Tell whether the sighting is about where the trail is now, and of a size that the trail's plate could have."""
    box = sighting.detection.box
    places = (trail.box, trail.motion.expected(sighting.captured_at))
    return min(distance(place, box) for place in places) <= SAME_PLACE_WIDTHS and any(
        abs(growth(place, box)) <= _FAR_GROWTH for place in places
    )


def _cost(trail: Trail, expected: Box, sighting: Sighting, at: datetime, settings: TrackSettings) -> float | None:
    gap = max((at - trail.last.captured_at).total_seconds(), 0.0)
    if gap > settings.returning_after_seconds:
        return None
    box = sighting.detection.box
    from_expected = distance(expected, box)
    apart = min(from_expected, distance(trail.box, box))
    reach = SAME_PLACE_WIDTHS + settings.reach_widths_per_second * gap
    if apart > reach:
        return None  # no text could bring them together
    kind, unlike = likeness(trail, sighting.text)
    if kind is Likeness.DIFFERENT or (kind is not Likeness.SAME and gap > settings.gone_after_seconds):
        return None
    grown = min(abs(growth(expected, box)), abs(growth(trail.box, box)))
    same = kind is Likeness.SAME
    if (not same and apart > _NEAR_WIDTHS) or grown > (_FAR_GROWTH if same else _NEAR_GROWTH):
        return None
    # what was not read belongs to whom was read there last: the other one has left
    stale = 0.0 if sighting.text else min((at - (trail.last_legible or trail.first).captured_at).total_seconds(), 1.0)
    # distance is compressed: between two candidates of the same text, nearer wins, but no distance outweighs the text
    return min(from_expected, 3.0) + min(grown, 1.0) + _TEXT_WEIGHT * unlike + stale


def assign(costs: Sequence[Sequence[float | None]]) -> list[tuple[int, int]]:
    """Return (row, column) pairs of the least total cost, leaving out as few as can be; None forbids a pair.

    The Hungarian method with potentials, O(rows^2 x columns). Each row has a column of its own for "no partner".
    """
    if not costs or not costs[0]:
        return []
    if len(costs) == 1:
        # one plate, as in most frames: what the method would find
        allowed = [(cost, column) for column, cost in enumerate(costs[0]) if cost is not None and cost <= _UNMATCHED]
        return [(0, min(allowed)[1])] if allowed else []
    rows, real = len(costs), len(costs[0])
    columns = real + rows
    table = [
        [_FORBIDDEN if cost is None else cost for cost in row]
        + [_UNMATCHED if at == i else _FORBIDDEN for at in range(rows)]
        for i, row in enumerate(costs)
    ]
    row_potential, column_potential = [0.0] * (rows + 1), [0.0] * (columns + 1)
    partner = [0] * (columns + 1)
    for row in range(1, rows + 1):
        partner[0], column = row, 0
        least, before, done = [math.inf] * (columns + 1), [0] * (columns + 1), [False] * (columns + 1)
        while partner[column]:
            done[column] = True
            current, step, nearest = partner[column], math.inf, 0
            for other in range(1, columns + 1):
                if done[other]:
                    continue
                reduced = table[current - 1][other - 1] - row_potential[current] - column_potential[other]
                if reduced < least[other]:
                    least[other], before[other] = reduced, column
                if least[other] < step:
                    step, nearest = least[other], other
            for other in range(columns + 1):
                if done[other]:
                    row_potential[partner[other]] += step
                    column_potential[other] -= step
                else:
                    least[other] -= step
            column = nearest
        while column:
            partner[column], column = partner[before[column]], before[column]
    return sorted((partner[column] - 1, column - 1) for column in range(1, real + 1) if partner[column])
