"""Which runtime runs the networks, and on what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.inference.precision import Precision, multiplies_bfloat16

RuntimeName = Literal["auto", "openvino", "onnxruntime", "torch"]
_CUDA_DRIVER = Path("/dev/nvidiactl")


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceSettings:
    """`auto` takes torch where a CUDA device is present and OpenVINO elsewhere. `threads` 0 means every core."""

    runtime: RuntimeName = "auto"
    threads: int = 0
    precision: Literal["auto", "float32", "int8"] = "auto"
    """Of OpenVINO. `auto`: the networks that read as well in bfloat16 use it where the processor is faster so;
    `int8`: the same, but video is searched in 8 bits; `float32`: on every machine the same numbers."""

    def __post_init__(self) -> None:
        if self.threads < 0:
            raise ValueError("threads must be 0 (every core) or more")

    @property
    def chosen(self) -> RuntimeName:
        """The runtime, decided: never `auto`."""
        if self.runtime != "auto":
            return self.runtime
        return "torch" if _CUDA_DRIVER.exists() else "openvino"

    @property
    def quickest(self) -> Precision:
        """What a network that reads as well in bfloat16 computes in."""
        fast = self.precision != "float32" and self.chosen == "openvino" and multiplies_bfloat16()
        return "bfloat16" if fast else "float32"

    @property
    def of_search(self) -> Precision:
        """What the search of video computes in."""
        return "int8" if self.precision == "int8" and self.chosen == "openvino" else self.quickest
