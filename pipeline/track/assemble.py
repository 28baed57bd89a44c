"""From a passage and its text to the read that is stored and shared.

On failure: BadInput when the passage has no sighting; everything else is a value.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from datetime import datetime
from itertools import combinations

from pipeline.domain.plate import Candidate, Passage, PlateText, Sighting
from pipeline.domain.read import ClockState, Direction, FeedId, Location, Read, SourceId, digest_of, read_id_of
from pipeline.domain.syntax import syntax_of
from pipeline.errors import BadInput

_FEWEST = 3
_LEAST_GROWTH = math.log(1.12)
"""A plate growing by less over the passage may be a box that trembles."""
_SHARES_OF_ONE = 10_000


def read_of(
    passage: Passage,
    text: PlateText,
    *,
    feed_id: FeedId,
    source_id: SourceId,
    clock_state: ClockState,
    location: Location | None,
    received_at: datetime,
    patch_jpeg: bytes,
    overview_jpeg: bytes,
    model_version: str,
    lane: int | None = None,
) -> Read:
    """Return the one read of this passage.

    Its id comes from the first sighting, which a retry or a later end of the passage does not change. Its time is that
    of the best sighting, because that is when the pictures kept as evidence were taken. Probabilities are told to four
    decimals, rounded down, so that they never sum to more than 1.
    """
    if not passage.sightings:
        raise BadInput("a passage needs at least one sighting, got none")
    first = passage.sightings[0]
    return Read(
        read_id=read_id_of(passage.camera_id, first.captured_at, first.detection.box),
        feed_id=feed_id,
        source_id=source_id,
        camera_id=passage.camera_id,
        captured_at=best_of(passage.sightings).captured_at,
        received_at=received_at,
        clock_state=clock_state,
        location=location,
        vrm=text.vrm,
        raw_text=text.raw,
        confidence=told(text.confidence),
        character_confidences=tuple(told(one) for one in text.character_confidences),
        candidates=tuple(Candidate(text=one.text, probability=told(one.probability)) for one in text.candidates),
        syntax=syntax_of(text.vrm),
        direction=direction_of(passage.sightings),
        lane=lane,
        patch_digest=digest_of(patch_jpeg),
        overview_digest=digest_of(overview_jpeg),
        sighting_count=passage.sighting_count or len(passage.sightings),
        model_version=model_version,
        doubts=text.doubts,
    )


def told(probability: float) -> float:
    """Return `probability` to four decimals, rounded down: no number of reads could bear out the next one."""
    # what is already told stays as it is
    return math.floor(probability * _SHARES_OF_ONE + 1e-6) / _SHARES_OF_ONE


def best_of(sightings: Sequence[Sighting]) -> Sighting:
    """Return the sighting that has the pictures, or, where none has, the surest and largest one."""
    pictured = [one for one in sightings if one.patch is not None]
    return max(
        pictured or sightings, key=lambda one: (one.text.confidence if one.text else 0.0, one.detection.box.height)
    )


def direction_of(sightings: Sequence[Sighting]) -> Direction:
    """Tell approaching from receding by the median slope of the logarithm of the plate's height over time.

    The median over all pairs (Theil-Sen) bears a third of the boxes being wrong.
    """
    if len(sightings) < _FEWEST:
        return Direction.UNKNOWN
    points = [(one.captured_at.timestamp(), math.log(max(one.detection.box.height, 1e-6))) for one in sightings]
    slopes = [(v - y) / (u - x) for (x, y), (u, v) in combinations(points, 2) if u > x]
    if not slopes:
        return Direction.UNKNOWN
    grown = statistics.median(slopes) * (points[-1][0] - points[0][0])
    if abs(grown) < _LEAST_GROWTH:
        return Direction.UNKNOWN
    return Direction.APPROACHING if grown > 0 else Direction.RECEDING
