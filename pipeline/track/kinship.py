"""Whether two trails are one vehicle: by text, by the time between them and by place.

On failure: nothing here fails; without a text there is no kinship.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.track.likeness import is_nearly
from pipeline.track.motion import distance, growth, overlap
from pipeline.track.settings import TrackSettings
from pipeline.track.trail import State, Trail

_SAME_SPOT_OVERLAP = 0.5
_NEAR_WIDTHS = 1.5
_NEAR_WIDTHS_PER_SECOND = 2.0
_NEAR_GROWTH = 0.5
_NO_NEARER_GROWTH = 0.1
_BODY_BESIDE, _BODY_ABOVE, _BODY_BELOW = 0.5, 0.6, 0.3
"""What of a vehicle is certainly behind its plate's surroundings, in plate widths of 52 cm."""


def is_one_vehicle(one: Trail, other: Trail, settings: TrackSettings, known: Sequence[Trail] = ()) -> bool:
    """Tell whether both trails are of one vehicle's passage; `known` are all trails there are.

    The same mark again within `returning_after_seconds` is, wherever it is; later it must be where it stood when it was
    last seen, and no other vehicle may have been read meanwhile where its body would have been in the way. Nearly the
    same mark is only if both were never in one frame and the places fit, because two vehicles of one fleet may differ
    by a single look-alike character.
    """
    mine, theirs = one.text, other.text
    if not mine or not theirs or not is_nearly(mine, theirs):
        return False
    earlier, later = sorted((one, other), key=lambda trail: (trail.first.captured_at, trail.number))
    gap = (later.first.captured_at - earlier.last.captured_at).total_seconds()
    if mine == theirs:
        stayed = _is_where_it_stood(earlier, later, gap, settings)
        return gap <= settings.returning_after_seconds or (
            stayed and not any(_seen_through(earlier, later, third) for third in known)
        )
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


def _seen_through(earlier: Trail, later: Trail, third: Trail) -> bool:
    """Tell whether, between the two, a third vehicle stood and was read where the earlier one would have hidden it.

    It was no nearer, as its plate was no larger, and its plate was in front of where the body around the earlier plate
    had been: then that vehicle had left.
    """
    (x, y), (u, v) = earlier.box.centre, third.box.centre
    above = (y - v) / max(earlier.box.width, 1e-6)
    return (
        third.state in (State.SPENT, State.READ)
        and earlier.last.captured_at < third.first.captured_at
        and third.last.captured_at < later.first.captured_at
        and third.motion.stands
        and growth(earlier.box, third.box) <= _NO_NEARER_GROWTH
        and abs(u - x) <= _BODY_BESIDE * earlier.box.width
        and -_BODY_BELOW <= above <= _BODY_ABOVE
        and not is_nearly(earlier.text, third.text)
    )


def _fits(earlier: Trail, later: Trail, gap: float) -> bool:
    at: datetime = later.first.captured_at
    expected, seen = earlier.place_at(at), later.first.detection.box
    room = _NEAR_WIDTHS + _NEAR_WIDTHS_PER_SECOND * gap
    return distance(expected, seen) <= room and abs(growth(expected, seen)) <= _NEAR_GROWTH
