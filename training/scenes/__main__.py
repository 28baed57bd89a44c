"""Renders the sample feeds: `python -m training.scenes --out var/feeds [--seconds 40] [--seed 1]`.

Writes one clip a feed, `truth.csv` and `hotlist.csv`, and last `manifest.json`. Nothing is done when the folder already
holds the same. On failure: what was begun stays without a manifest, so that the next call renders it again.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tqdm import tqdm  # type: ignore[import-untyped]

from training.scenes.feeds import FEEDS, feed_scene
from training.scenes.ground_truth import Scene, TruthRow
from training.scenes.render import render_clip, write_truth
from training.scenes.sample_hotlist import write_hotlist

VERSION = 2
"""Raise it with every change that changes pixels or truth."""
_MANIFEST = "manifest.json"


def main(arguments: list[str] | None = None) -> None:
    """Render the feeds that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m training.scenes", description="Render the sample feeds.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--seconds", type=float, default=40.0, help="length of each feed")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    scenes = [feed_scene(name, seed=asked.seed, seconds=asked.seconds) for name in FEEDS]
    wanted = {"version": VERSION, "seed": asked.seed, "seconds": asked.seconds}
    if is_rendered(asked.out, wanted):
        print(f"{asked.out} already holds these feeds")
        return
    render_all(scenes, asked.out, wanted)


def is_rendered(folder: Path, wanted: dict[str, float]) -> bool:
    """Tell whether `folder` holds the whole output of the parameters `wanted`."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        sizes: dict[str, int] = manifest["bytes"]
        return manifest["rendered"] == wanted and all((folder / n).stat().st_size == size for n, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def render_all(scenes: list[Scene], folder: Path, wanted: dict[str, float]) -> None:
    """Write every clip, the truth, the hotlist and the manifest into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MANIFEST).unlink(missing_ok=True)
    rows: list[TruthRow] = []
    for scene in scenes:
        with tqdm(total=scene.frame_count, desc=f"rendering {scene.name}", unit="frame", mininterval=0.5) as bar:
            rows += render_clip(scene, folder / f"{scene.name}.mp4", on_frame=bar.update)
    write_truth(rows, folder / "truth.csv")
    write_hotlist(rows, scenes, folder / "hotlist.csv")
    names = [*(f"{scene.name}.mp4" for scene in scenes), "truth.csv", "hotlist.csv"]
    manifest = {"rendered": wanted, "bytes": {name: (folder / name).stat().st_size for name in names}}
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
