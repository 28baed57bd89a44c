"""The GPU path: the same weights in torch on a CUDA device give what OpenVINO gives on the processor."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.detect.settings import DetectSettings
from pipeline.inference.settings import InferenceSettings
from training.scenes.render import frames_of
from training.scenes.scene import scene_of


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and this machine has none")
def test_a_graphics_processor_finds_the_same_plates() -> None:
    from pipeline.detect.detector import open_detector

    pixels = next(frame.pixels for frame in frames_of(scene_of("single", size=(960, 540))) if frame.plates)
    found = [
        open_detector(DetectSettings(), InferenceSettings(runtime=runtime)).detect([pixels])[0]
        for runtime in ("torch", "openvino")
    ]
    assert len(found[0]) == len(found[1])
    for ours, theirs in zip(*found, strict=True):
        assert np.allclose(ours.quad.corners, theirs.quad.corners, atol=0.5)
