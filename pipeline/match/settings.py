"""Settings of the matcher."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSettings:
    """`hotlist` is a list file that a run loads and watches; lists loaded by `anpr hotlist load` need no mention."""

    hotlist: str = ""
    look_for_changes_every_seconds: float = 0.5
    """How often that file and the store of lists are looked at for something new."""
    shards: int = 1
    """Actors among which the entries of all lists are divided; one holds ten million."""
    least_share_of_last: float = 0.5
    """A list that falls below this share of its entries at once is refused."""
    history_days: int = 365
    """How long it can be told what a list held, unless the entry's weed date comes first."""
    review_within_days: int = 90
    """Review date of a list that was only given to a run."""
    batch_reads: int = 256
    """Most reads matched before their hits and the position are written."""
    near_least_likelihood: float = 0.001
    """A near hit is at least so likely, also where a list's budget would allow fainter ones."""
    vehicles_on_the_road: int = 41_000_000
    """Licensed vehicles whose marks may come by: a budget of false near hits is reckoned with it."""
    share_of_marks_in_use: float = 0.25
    """Of the marks that differ from a vehicle's by a misread, those that other vehicles have. An estimate."""
    late_after_seconds: float = 120.0
    """A read that is older when it is matched is also matched against the lists as they were."""

    def __post_init__(self) -> None:
        if self.batch_reads < 1 or self.look_for_changes_every_seconds <= 0:
            raise ValueError("batch_reads and look_for_changes_every_seconds must be positive")
        if not 0 < self.share_of_marks_in_use <= 1:
            raise ValueError("share_of_marks_in_use must be above 0, at most 1")
        if not 0 < self.near_least_likelihood <= 1 or self.vehicles_on_the_road < 1 or self.late_after_seconds < 0:
            raise ValueError(
                "near_least_likelihood must be above 0, vehicles_on_the_road positive, late_after_seconds not negative"
            )
        if self.shards < 1 or not 0 <= self.least_share_of_last <= 1:
            raise ValueError("shards must be at least 1, least_share_of_last 0 to 1")
        if min(self.history_days, self.review_within_days) < 0:
            raise ValueError("history_days and review_within_days must not be negative")

    def hotlists_folder(self, folder: str) -> Path:
        """Return the store of lists for the settings' `folder`; it is on a disk of the shards' machine."""
        return Path(folder) / "hotlists"

    def hits_path(self, folder: str) -> Path:
        """Return the file of hits for the settings' `folder`."""
        return Path(folder) / "hits.db"
