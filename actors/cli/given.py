"""What several commands make of their arguments."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from pipeline.settings import Settings, load_settings


def settings_given(chosen: argparse.Namespace) -> Settings:
    """Return the settings of `--config`, or the defaults."""
    return load_settings(chosen.config) if chosen.config else Settings()


def feed_name_of(clip: str) -> str:
    """Return a feed's name (see FEED_NAME) for a clip that was given without one."""
    name = re.sub(r"[^a-z0-9]+", "-", Path(clip).stem.lower()).strip("-")[:32].rstrip("-")
    return name or "clip"
