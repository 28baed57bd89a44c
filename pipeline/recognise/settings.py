"""Settings of the recogniser."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniseSettings:
    """Empty weights mean the shipped ones. Below `minimum_confidence` (0..1) a plate counts as illegible.

    What the small network is less sure of than `second_look_below` (0..1) the large one reads; at 1 it reads all. No
    small network is shipped until one is good enough: below 1, `small_weights` must name one.
    """

    weights: str = ""
    small_weights: str = ""
    second_look_below: float = 1.0
    look_around_below: float = 0.95
    """In single pictures, what is less sure than this, however it is spelt (0 or O), is cut out twice more, a little
    otherwise; 0: never."""
    minimum_confidence: float = 0.2
    candidates: int = 5
    """Candidate texts kept with each plate."""

    def __post_init__(self) -> None:
        if not 0 <= self.minimum_confidence < 1:
            raise ValueError("minimum_confidence must be between 0 and 1")
        if not 0 <= self.second_look_below <= 1:
            raise ValueError("second_look_below must be between 0 and 1")
        if not 0 <= self.look_around_below <= 1:
            raise ValueError("look_around_below must be between 0 and 1")
        if self.candidates < 1:
            raise ValueError("candidates must be at least 1")
