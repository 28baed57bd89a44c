"""The policy table and the limits of access, as settings.

The figures are those that the force told its public: 90 days normally; beyond only for four categories with a senior
officer's authorisation; up to twelve months only for major investigations and counter terrorism. What the letter
leaves open is marked OPEN: the force must decide it, the default is the careful side.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.domain.access import Grade

NORMAL_DAYS = 90
TWELVE_MONTHS_DAYS = 365
_ANALYSTS = ("intelligence", "investigation")


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRule:
    """One row of the table. Ages are counted from capture to the moment of the answer."""

    roles: tuple[str, ...]
    """Roles to which looking at reads of this category is relevant; empty: nobody."""
    days: int = NORMAL_DAYS
    """Greatest age without an authorisation."""
    authorised_days: int = 0
    """Greatest age with an authorisation; 0: no authorisation opens more."""
    authoriser: Grade = Grade.SUPERINTENDENT
    """The lowest grade that may authorise."""
    authority_days: int = 28
    """An authorisation ends so many days after it was granted. OPEN: the letter names no lifetime."""

    def __post_init__(self) -> None:
        if not 0 <= self.days <= TWELVE_MONTHS_DAYS + 1:
            raise ValueError(f"days must be 0 to {TWELVE_MONTHS_DAYS + 1}: nothing is kept longer")
        if not (self.authorised_days == 0 or self.days <= self.authorised_days <= TWELVE_MONTHS_DAYS + 1):
            raise ValueError(f"authorised_days must be 0, or from days to {TWELVE_MONTHS_DAYS + 1}")
        if self.authority_days < 1:
            raise ValueError("authority_days must be at least 1")


def _table() -> dict[str, CategoryRule]:
    beyond = 180  # OPEN: the letter does not say when these two end between 90 days and twelve months
    return {
        "road-safety": CategoryRule(roles=("roads-policing", *_ANALYSTS)),
        "priority-and-volume": CategoryRule(
            roles=("neighbourhood", *_ANALYSTS), authorised_days=beyond, authoriser=Grade.INSPECTOR
        ),
        "serious": CategoryRule(roles=_ANALYSTS, authorised_days=beyond, authoriser=Grade.SUPERINTENDENT),
        "major": CategoryRule(roles=_ANALYSTS, authorised_days=TWELVE_MONTHS_DAYS, authoriser=Grade.SUPERINTENDENT),
        "counter-terrorism": CategoryRule(
            roles=("counter-terrorism", *_ANALYSTS),
            authorised_days=TWELVE_MONTHS_DAYS,
            authoriser=Grade.SUPERINTENDENT,
        ),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """What keeps a lawful request from being a fishing trip. OPEN: the force decides the figures."""

    characters: int = 20
    """Least length of a justification."""
    different_words: int = 4
    same_text_for_references: int = 2
    """The same justification is refused once it was given for so many other references."""
    marks: int = 50
    known_characters: int = 3
    """Least letters and digits of a partial mark."""
    anybody_hours: float = 24.0
    """Longest time of a query that names no mark."""
    requests: int = 120
    per_seconds: float = 3600.0

    def __post_init__(self) -> None:
        counts = (self.characters, self.different_words, self.same_text_for_references, self.marks, self.requests)
        if min(counts) < 1 or min(self.known_characters, self.anybody_hours, self.per_seconds) <= 0:
            raise ValueError("the limits of requests must be positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSettings:
    """Who may see what. A category that is not in the table is refused."""

    categories: dict[str, CategoryRule] = field(default_factory=_table)
    guards: GuardSettings = field(default_factory=GuardSettings)
