"""What can be set about cameras: whether they need an assessment to run, and how long one lasts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CamerasSettings:
    """The register of cameras, and what lets a camera run. Recordings are no cameras and always run."""

    require_assessment: bool = True
    """A live feed runs only while its camera has an approved assessment that is in date. Turn it off only to try out a
    camera that watches no public road."""
    look_every_seconds: float = 1.0
    """How often a running camera's admission is looked up: one that was withdrawn runs on no longer than that."""
    most_review_days: int = 365
    """An approval is reviewed after so many days at the latest. OPEN: the force decides the figure."""
    key_folder: str = ""
    """Keys that hide places; empty: `camera-keys` beside the register. Better elsewhere: a copy of the register then
    tells no place."""
    contact: str = ""
    """Where the public may write to, as published documents and letters name it."""

    def __post_init__(self) -> None:
        if not 0 < self.look_every_seconds <= 60:
            raise ValueError("look_every_seconds must be more than 0, at most 60")
        if self.most_review_days < 1:
            raise ValueError("most_review_days must be at least 1")

    def keys_in(self, folder: Path) -> Path:
        """Return where the keys are, if the register is in `folder`."""
        return Path(self.key_folder) if self.key_folder else folder / "camera-keys"
