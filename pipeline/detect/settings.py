"""Settings of the detector."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectSettings:
    """`weights` empty means the shipped ones. Below `minimum_confidence` (0..1) a find is not a plate."""

    weights: str = ""
    minimum_confidence: float = 0.4
    long_side_pixels: int = 640
    """Video frames are scaled to this long side before detection."""
    still_long_side_pixels: int = 960
    """Still photographs are scaled to this long side: they are larger and their plates relatively smaller."""
