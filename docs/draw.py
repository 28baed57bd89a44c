"""Draws the README's pictures from a real run of the sample feeds: `python docs/draw.py`, after `make feeds`."""

from __future__ import annotations

import copy
from pathlib import Path

import av
import cv2
import ray
from rich.console import Console

from actors.picture import Picture
from actors.running import Run
from actors.summary import summarise
from actors.topology import connect, start_node
from actors.view import render
from pipeline import bootstrap_reading
from pipeline.capture.stills import draw_plates
from pipeline.settings import load_settings

ROOT = Path(__file__).parents[1]
FRAMES = (("gate", 205), ("junction", 410), ("night", 78))


def draw_run() -> None:
    """Run the demonstration and keep its view from the middle, and its summary, as SVG."""
    settings = load_settings(ROOT / "deploy" / "demonstration.toml")
    console = Console(record=True, width=118, force_terminal=True)
    kept: list[Picture] = []

    def keep(picture: Picture) -> None:
        if len(picture.hits) >= 2 and len(picture.ended) < 2 and len(kept) < 1:
            kept.append(copy.deepcopy(picture))

    connect(settings)
    try:
        node = start_node(settings)
        run = Run(node)
        run.until_the_end(keep, lambda: False)
        console.print(render(kept[0] if kept else run.picture))
        summarise(settings, node, run.picture, console)
    finally:
        ray.shutdown()
    console.save_svg(str(ROOT / "docs" / "run.svg"), title="make run")


def draw_scenes() -> None:
    """Keep one frame of each feed with what was read in it, side by side."""
    settings = load_settings(ROOT / "deploy" / "demonstration.toml")
    reader = bootstrap_reading.plate_reader(settings)
    pictures = []
    for feed, wanted in FRAMES:
        with av.open(settings.feeds[feed].url) as container:
            frame = next(one for at, one in enumerate(container.decode(video=0)) if at == wanted)
        pixels = frame.to_ndarray(format="bgr24")
        plates = [(detection, text.vrm) for detection, text in reader.read([pixels])[0] if text is not None]
        pictures.append(cv2.resize(draw_plates(pixels, plates), (640, 360), interpolation=cv2.INTER_AREA))
    reader.close()
    cv2.imwrite(str(ROOT / "docs" / "scene.jpg"), cv2.hconcat(pictures), [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    draw_scenes()
    draw_run()
