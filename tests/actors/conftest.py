"""Clips for whole runs, rendered once for the whole test run."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.scenes.render import render_clip
from training.scenes.scene import scene_of


@pytest.fixture(scope="session")
def three_clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three short feeds: one vehicle after another by day, two at once, and by night."""
    folder = tmp_path_factory.mktemp("clips")
    clips = {}
    for seed, kind in enumerate(("single", "two_at_once", "night")):
        name = kind.replace("_", "-")
        clips[name] = folder / f"{name}.mp4"
        render_clip(scene_of(kind, seed=seed, seconds=10, size=(960, 540)), clips[name])
    return clips
