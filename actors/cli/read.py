"""`anpr read`: the plates in still images."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from actors.cli.given import settings_given
from pipeline import bootstrap
from pipeline.capture.stills import draw_plates, load_image, save_image
from pipeline.domain.plate import Box, Detection, Pixels, PlateText, Quad
from pipeline.domain.syntax import syntax_of
from pipeline.errors import BadInput

_TWO_LINE_ASPECT = 2.3
"""A crop narrower than this many times its height is taken as a plate of two lines (285x203 mm against 520x111 mm)."""


def execute(chosen: argparse.Namespace) -> int:
    stills = bootstrap.still_reader(settings_given(chosen))
    status = 0
    for path in chosen.images:
        try:
            pixels = load_image(Path(path))
        except BadInput as error:
            print(f"anpr read: {error}", file=sys.stderr)
            status = 1
            continue
        if chosen.crops:
            crop = whole_image(pixels)
            seen = [(crop, text) for text in stills.recogniser.recognise([(pixels, crop)])]
        else:
            seen = list(stills.read([pixels])[0])
        legible = [(detection, text) for detection, text in seen if text is not None]
        for detection, text in legible:
            print(json.dumps(line_of(path, detection, text)) if chosen.json else sentence_of(path, text), flush=True)
        if chosen.draw:
            drawn = draw_plates(pixels, [(detection, text.vrm) for detection, text in legible])
            save_image(chosen.draw / f"{Path(path).stem}.png", drawn)
    return status


def whole_image(pixels: Pixels) -> Detection:
    """Return the detection that says: this picture is a plate, edge to edge."""
    height, width = pixels.shape[:2]
    corners = ((0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height)))
    return Detection(
        box=Box(x=0, y=0, width=width, height=height),
        quad=Quad(corners=corners),
        confidence=1.0,
        two_line=width < _TWO_LINE_ASPECT * height,
    )


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
