"""Which runtime runs the networks, and on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Runtime = Literal["auto", "openvino", "onnxruntime", "torch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceSettings:
    """`auto` takes torch where a CUDA device is present and OpenVINO elsewhere. `threads` 0 means every core."""

    runtime: Runtime = "auto"
    threads: int = 0
