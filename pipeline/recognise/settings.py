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
