"""Which runtime runs the networks, and on what."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.inference.precision import Precision, multiplies_bfloat16

RuntimeName = Literal["auto", "openvino", "onnxruntime", "torch"]
Cuda = Literal["eager", "graphs", "compiled"]
_CUDA_DRIVER = Path("/dev/nvidiactl")


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceSettings:
    """`auto` takes torch where a CUDA device is present and OpenVINO elsewhere. `threads` 0 means every core."""

    runtime: RuntimeName = "auto"
    threads: int = 0
    precision: Literal["auto", "float32", "int8"] = "auto"
    """`auto`: the networks that read as well in half precision use it: with OpenVINO bfloat16 where the processor is
    faster so, on a CUDA device float16; `int8`: the same, but OpenVINO searches video in 8 bits; `float32`: on every
    machine the same numbers."""
    cuda: Cuda = "graphs"
    """How torch runs a network on a CUDA device. `graphs`: what a batch launches is captured once for each shape and
    replayed; `compiled`: the same, after torch.compile made fewer kernels of its layers, which takes a C compiler, and
    minutes at the start; `eager`: kernel by kernel."""

    def __post_init__(self) -> None:
        if self.threads < 0:
            raise ValueError("threads must be 0 (every core) or more")

    @property
    def chosen(self) -> RuntimeName:
        """The runtime, decided: never `auto`."""
        if self.runtime != "auto":
            return self.runtime
        return "torch" if cuda_is_here() else "openvino"

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """Where the networks run."""
        return "cuda" if self.chosen == "torch" and cuda_is_here() else "cpu"

    @property
    def launching(self) -> Cuda:
        """How torch runs a network: on a processor, one operation after the other."""
        return self.cuda if self.device == "cuda" else "eager"

    @property
    def quickest(self) -> Precision:
        """What a network that reads as well in half precision computes in."""
        if self.precision != "float32" and self.device == "cuda":
            return "float16"
        fast = self.precision != "float32" and self.chosen == "openvino" and multiplies_bfloat16()
        return "bfloat16" if fast else "float32"

    @property
    def of_search(self) -> Precision:
        """What the search of video computes in."""
        return "int8" if self.precision == "int8" and self.chosen == "openvino" else self.quickest


def cuda_is_here() -> bool:
    """Tell whether there is a driver for CUDA devices, and they are not hidden from this process."""
    return _CUDA_DRIVER.exists() and os.environ.get("CUDA_VISIBLE_DEVICES") not in ("", "-1")
