"""Settings of the detector."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectSettings:
    """`weights` and `corner_weights` empty: the shipped ones. Below `minimum_confidence` (0..1) a find is no plate."""

    weights: str = ""
    corner_weights: str = ""
    minimum_confidence: float = 0.65
    continuing_confidence: float = 0.45
    """From here on a find in video continues a plate that was found with `minimum_confidence` a moment ago."""
    still_minimum_confidence: float = 0.58
    """The same for still photographs, where what is found unsurely must read like a mark to count."""
    long_side_pixels: int = 640
    """Video frames are scaled to this long side before detection."""
    still_long_side_pixels: int = 960
    """Still photographs are scaled to this long side: they are larger and their plates relatively smaller."""
    close_long_side_pixels: int = 320
    """Still photographs that may be close-ups are scaled to this long side as well: their plates are larger than those
    the network learnt on."""

    def __post_init__(self) -> None:
        if not 0 < self.minimum_confidence < 1:
            raise ValueError("minimum_confidence must be between 0 and 1")
        if not 0 < self.continuing_confidence <= 1:
            raise ValueError("continuing_confidence must be above 0 and at most 1")
        if not 0 < self.still_minimum_confidence < 1:
            raise ValueError("still_minimum_confidence must be between 0 and 1")
        sides = self.long_side_pixels, self.still_long_side_pixels, self.close_long_side_pixels
        if min(sides) < 64:
            raise ValueError("long_side_pixels, still_long_side_pixels and close_long_side_pixels must be at least 64")
