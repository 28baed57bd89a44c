"""Settings of the tracker. All times are stream time, taken from `captured_at`, so dropped frames do not matter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSettings:
    """When sightings are one vehicle, and when a vehicle's time in view is worth a read.

    None of the defaults is fitted to footage; each follows from the reason given with it.
    """

    gone_after_seconds: float = 1.0
    """A vehicle on the move that is unseen for so long is gone and its read is given, and so is that of one which has
    driven away from its best picture for so long: an alert is due 2 seconds after that picture."""
    standing_gone_after_seconds: float = 1.5
    """One that stood when it was last seen is gone after so long: it may be hidden for a moment, and is looked for
    less often."""
    receding_confidence: float = 0.9
    """One that drives away is read while in view if the vote's probability (0..1) is this high; above 1: never."""
    returning_after_seconds: float = 2.5
    """The same mark seen again sooner is the same passage wherever it is: no vehicle turns round and returns faster."""
    rejoin_within_seconds: float = 20.0
    """The same mark seen again about where it stood is the same passage: the vehicle was hidden, say by a bus."""
    standing_remembered_seconds: float = 300.0
    """The same, exactly where it stood: a motion gate hides what stands still, and a sign stays where it is."""
    longest_passage_seconds: float = 20.0
    """A vehicle that stays in view is read after so long, and then not again."""
    minimum_sightings: int = 2
    """Legible sightings a passage needs to give a read: one odd reading of a shop sign is not a vehicle."""
    minimum_confidence: float = 0.3
    """The vote's probability (0..1, look-alike spellings together) that a passage needs to give a read."""
    lone_sighting_confidence: float = 0.95
    """One sighting with at least this confidence (0..1) is enough where frames are far apart; above 1: never."""
    lone_sighting_interval_seconds: float = 0.25
    """Frames at least so far apart count as far apart: a fast vehicle is in view for half a second."""
    kept_sightings: int = 12
    """Sightings kept of a passage for the vote, besides its first and its last."""
    first_readings: int = 2
    """So many looks at a plate that turns up are read, one after the other: two that agree make a passage."""
    read_again_grown: float = 0.2
    """Then it is read whenever it is larger by this part than it was read before: more can be told of it."""
    read_again_seconds: float = 0.5
    """And after so long in any case: another vehicle may stand at its place. 0 reads every sighting."""
    reach_widths_per_second: float = 25.0
    """The fastest a plate moves across the picture, in plate widths: one width a frame at 25 frames a second."""

    def __post_init__(self) -> None:
        if min(self.gone_after_seconds, self.longest_passage_seconds, self.reach_widths_per_second) <= 0:
            raise ValueError("gone_after_seconds, longest_passage_seconds and reach_widths_per_second must be positive")
        if not self.gone_after_seconds <= self.standing_gone_after_seconds <= self.returning_after_seconds:
            raise ValueError(
                "standing_gone_after_seconds must be at least gone_after_seconds, and returning_after_seconds at least"
                " standing_gone_after_seconds"
            )
        if self.rejoin_within_seconds < 0 or self.standing_remembered_seconds < self.rejoin_within_seconds:
            raise ValueError("standing_remembered_seconds must be at least rejoin_within_seconds, and neither negative")
        if self.receding_confidence <= 0:
            raise ValueError("receding_confidence must be positive; above 1 nothing is read while it drives away")
        if min(self.minimum_sightings, self.kept_sightings, self.first_readings) < 1:
            raise ValueError("minimum_sightings, kept_sightings and first_readings must be at least 1")
        if self.read_again_grown <= 0 or self.read_again_seconds < 0:
            raise ValueError("read_again_grown must be positive, read_again_seconds must not be negative")
