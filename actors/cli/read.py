"""`anpr read`: the plates in still images."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from actors.cli.given import settings_given
from pipeline import bootstrap_reading
from pipeline.capture.stills import draw_plates, load_image, save_image
from pipeline.domain.plate import Detection, Pixels, PlateText
from pipeline.domain.ports import SeenPlate
from pipeline.domain.syntax import syntax_of
from pipeline.errors import BadInput
from pipeline.settings import Settings


def execute(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    seen = _reading(settings, crops=chosen.crops)
    status = 0
    for path in chosen.images:
        try:
            pixels = load_image(Path(path))
        except BadInput as error:
            print(f"anpr read: {error}", file=sys.stderr)
            status = 1
            continue
        legible = [(detection, text) for detection, text in seen(pixels) if text is not None]
        for detection, text in legible:
            print(json.dumps(line_of(path, detection, text)) if chosen.json else sentence_of(path, text), flush=True)
        if chosen.draw:
            drawn = draw_plates(pixels, [(detection, text.vrm) for detection, text in legible])
            save_image(chosen.draw / f"{Path(path).stem}.png", drawn)
    return status


def _reading(settings: Settings, *, crops: bool) -> Callable[[Pixels], Sequence[SeenPlate]]:
    if crops:
        reader = bootstrap_reading.crop_reader(settings)
        return lambda pixels: [reader.read(pixels)]
    stills = bootstrap_reading.still_reader(settings)
    return lambda pixels: stills.read([pixels])[0]


def line_of(path: str, detection: Detection, text: PlateText) -> dict[str, Any]:
    box = detection.box
    return {
        "file": path,
        "vrm": text.vrm,
        "raw": text.raw,
        "confidence": round(text.confidence, 4),
        "character_confidences": [round(one, 4) for one in text.character_confidences],
        "candidates": [{"text": one.text, "probability": round(one.probability, 4)} for one in text.candidates],
        "box": {
            "x": round(box.x, 1),
            "y": round(box.y, 1),
            "width": round(box.width, 1),
            "height": round(box.height, 1),
        },
        "syntax": syntax_of(text.vrm).value,
    }


def sentence_of(path: str, text: PlateText) -> str:
    return f"{path}: {text.raw} {text.confidence:.1%} {syntax_of(text.vrm).value}"
