"""What became of every trail: nothing that was seen ends uncounted.

On failure: nothing here fails.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class RejectedBecause(StrEnum):
    """Why a plate that was followed gave no read."""

    ILLEGIBLE = "illegible"
    """No sighting of it could be read."""
    TOO_FEW = "too-few-sightings"
    """Fewer legible sightings than `minimum_sightings`."""
    POOR_VOTE = "poor-vote"
    """The sightings do not agree on a text."""


@dataclass(slots=True, kw_only=True)
class Counts:
    """Totals since the tracker was made (or since the snapshot it was restored from).

    `trails = passages + rejoined + joined + misreads + all rejected + those still followed or remembered unread`.
    """

    frames: int = 0
    sightings: int = 0
    doubles: int = 0
    """Sightings left out because the same frame has the same plate with a surer text."""
    trails: int = 0
    """Plates taken up."""
    passages: int = 0
    """Passages given."""
    rejoined: int = 0
    """Trails of a vehicle that had its read already."""
    joined: int = 0
    """Trails that became part of another one of the same vehicle."""
    misreads: int = 0
    """Single odd readings counted to the vehicle at whose place they were made."""
    rejected: dict[RejectedBecause, int] = field(default_factory=lambda: dict.fromkeys(RejectedBecause, 0))
