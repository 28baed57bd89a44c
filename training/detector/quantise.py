"""How large what each layer is given becomes: what the detector needs for searching in 8 bits.

Pictures of the search (drawn scenes and real ones, all of what may be trained on) go through the network in float32,
and the least and the greatest input of each layer are noted in the metadata of its weights. Least and greatest of all,
not their means over pictures: with means, which NNCF takes unless told otherwise, plates wider than 240 pixels were
lost. What is left out stays in float32: layers at stride 32 and the heads, which take no time, but whose rounding
lowered the logits of wide plates by a fifth; and the pointwise layer at stride 2, which wins no time and whose rounding
shows in narrow plates.

On failure: a network without pointwise layers raises BadInput.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import helper
from tqdm import tqdm  # type: ignore[import-untyped]

from pipeline.detect.framing import batch_of, frame_for
from pipeline.domain.plate import Pixels
from pipeline.errors import BadInput
from pipeline.inference.eight_bits import RANGES_KEY, Ranges, convolutions
from pipeline.inference.weights import metadata_of
from training.detector.corpus import backgrounds, dashcam, photos, read_picture
from training.detector.scenes import SceneMaker

_COARSEST_CELLS, _FINEST_CELLS = 24 * 40, 192 * 320
"""Of stride 16, and of stride 2, in a picture of 384 x 640."""
_LONG_SIDE = 640
_DIGITS = 4


def pictures_to_measure(root: Path, scenes: int, real: int, seed: int) -> Iterator[Pixels]:
    """Yield drawn scenes, and real pictures of what is trained on: three dashcam frames of every four."""
    rng = np.random.default_rng(seed)
    frames, stills, empty = dashcam(root, False), photos(root, False), backgrounds(root, False)
    maker = SceneMaker(frames, stills, empty)
    for _ in range(scenes):
        yield maker.scene(rng).pixels
    for index in rng.choice(len(frames), real * 3 // 4, replace=False):
        yield frames[index].pixels()
    for index in rng.choice(len(stills), real // 8, replace=False):
        yield stills[index].stretched(1.5).pixels()
    for index in rng.choice(len(empty), real // 8, replace=False):
        yield read_picture(empty[index])


def measured_ranges(weights: Path, pictures: Sequence[Pixels] | Iterator[Pixels]) -> Ranges:
    """Return the least and the greatest input of each layer that is worth 8 bits."""
    import openvino
    from openvino import opset13

    core = openvino.Core()
    model = core.read_model(str(weights))
    outputs, layers = len(model.outputs), convolutions(model)
    # The first takes bytes as they are, the last are the heads.
    names = list(layers)[1:-1]
    if not names:
        raise BadInput(f"{weights} has no layers between its first and its last")
    axes = np.arange(4)
    for name in names:
        given = layers[name].input_value(0)
        extremes = [reduce(given, axes, False).output(0) for reduce in (opset13.reduce_min, opset13.reduce_max)]
        model.add_outputs([*extremes, opset13.shape_of(given).output(0)])
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    least, greatest, cells = np.full(len(names), np.inf), np.full(len(names), -np.inf), np.zeros(len(names))
    for pixels in tqdm(pictures, desc="measuring", mininterval=10):
        answers = compiled([batch_of([frame_for(pixels, _LONG_SIDE)]).astype(np.float32)])
        found = [np.asarray(answers[place]) for place in range(outputs, outputs + 3 * len(names))]
        least = np.minimum(least, [float(one) for one in found[::3]])
        greatest = np.maximum(greatest, [float(one) for one in found[1::3]])
        cells = np.maximum(cells, [float(shape[2] * shape[3]) for shape in found[2::3]])
    return {
        name: (_short(low), _short(high))
        for name, low, high, many in zip(names, least, greatest, cells, strict=True)
        if _COARSEST_CELLS <= many < _FINEST_CELLS
    }


def note(weights: Path, ranges: Ranges) -> None:
    """Write the ranges into the metadata of the weights, whose version stays: they are the same numbers."""
    model = onnx.load(str(weights))
    helper.set_model_props(model, metadata_of(weights) | {RANGES_KEY: json.dumps(ranges)})
    partial = weights.with_suffix(".partial")
    partial.write_bytes(model.SerializeToString())
    partial.replace(weights)


def _short(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")
