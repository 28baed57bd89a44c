"""Settings of the recogniser."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniseSettings:
    """`weights` empty means the shipped ones. Below `minimum_confidence` (0..1) a plate counts as illegible."""

    weights: str = ""
    minimum_confidence: float = 0.2
    candidates: int = 5
    """Candidate texts kept with each plate."""

    def __post_init__(self) -> None:
        if not 0 <= self.minimum_confidence < 1:
            raise ValueError("minimum_confidence must be between 0 and 1")
        if self.candidates < 1:
            raise ValueError("candidates must be at least 1")
