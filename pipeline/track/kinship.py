"""Whether two trails are one vehicle: by text, by the time between them and by place.

On failure: nothing here fails; without a text there is no kinship.
"""

from __future__ import annotations

from datetime import datetime

from pipeline.track.likeness import is_nearly
from pipeline.track.motion import distance, growth, overlap
from pipeline.track.settings import TrackSettings
from pipeline.track.trail import State, Trail

_SAME_SPOT_OVERLAP = 0.5
_NEAR_WIDTHS = 1.5
_NEAR_WIDTHS_PER_SECOND = 2.0
_NEAR_GROWTH = 0.5


def is_one_vehicle(one: Trail, other: Trail, settings: TrackSettings) -> bool:
    """Tell whether both trails are of one vehicle's passage.

    The same mark again within `returning_after_seconds` is, wherever it is; later it must be where it stood when it was
    last seen. Nearly the same mark is only if both were never in one frame and the places fit, because two vehicles of
    one fleet may differ by a single look-alike character.
    """
    mine, theirs = one.text, other.text
    if not mine or not theirs or not is_nearly(mine, theirs):
        return False
    earlier, later = sorted((one, other), key=lambda trail: (trail.first.captured_at, trail.number))
    gap = (later.first.captured_at - earlier.last.captured_at).total_seconds()
    if mine == theirs:
        return gap <= settings.returning_after_seconds or _is_where_it_stood(earlier, later, gap, settings)
    met = later.number in earlier.seen_with or earlier.number in later.seen_with
    return not met and gap <= settings.returning_after_seconds and _fits(earlier, later, max(gap, 0.0))


def forgotten_from(trail: Trail, settings: TrackSettings) -> float:
    """Return the seconds after its last sighting from which no later trail can be the same vehicle."""
    if trail.motion.stands:
        # what gave no read must be counted in good time; it can hardly matter after so long
        unread = trail.state is State.FRAGMENT
        return settings.rejoin_within_seconds if unread else settings.standing_remembered_seconds
    return settings.returning_after_seconds


def _is_where_it_stood(earlier: Trail, later: Trail, gap: float, settings: TrackSettings) -> bool:
    if not earlier.motion.stands:
        return False
    stood, seen = earlier.box, later.first.detection.box
    if gap <= settings.rejoin_within_seconds:
        return distance(stood, seen) <= _NEAR_WIDTHS and abs(growth(stood, seen)) <= _NEAR_GROWTH
    return gap <= settings.standing_remembered_seconds and overlap(stood, seen) >= _SAME_SPOT_OVERLAP


def _fits(earlier: Trail, later: Trail, gap: float) -> bool:
    at: datetime = later.first.captured_at
    expected, seen = earlier.place_at(at), later.first.detection.box
    room = _NEAR_WIDTHS + _NEAR_WIDTHS_PER_SECOND * gap
    return distance(expected, seen) <= room and abs(growth(expected, seen)) <= _NEAR_GROWTH
