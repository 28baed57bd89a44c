"""Clips for whole runs, rendered once for the whole test run, whichever of its processes needs them first."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from tests.support.clips import yesterday
from training.scenes.render import render_clip
from training.scenes.scene import scene_of


@pytest.fixture(scope="session")
def three_clips(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> dict[str, Path]:
    """Three short feeds: one vehicle after another by day, two at once, and by night."""
    base = tmp_path_factory.getbasetemp()
    # tests that run in several processes have a folder each, side by side
    folder = (base if worker_id == "master" else base.parent) / "clips"
    folder.mkdir(exist_ok=True)
    kinds = ("single", "two_at_once", "night")
    clips = {kind.replace("_", "-"): folder / f"{kind}.mp4" for kind in kinds}
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for seed, (kind, clip) in enumerate(zip(kinds, clips.values(), strict=True)):
            if not clip.exists():
                fresh = clip.with_name(f"fresh-{clip.name}")
                render_clip(scene_of(kind, seed=seed, seconds=10, size=(960, 540)), fresh, yesterday())
                fresh.rename(clip)
    return clips
