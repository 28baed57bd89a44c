"""Which runtime runs the networks, and on what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

RuntimeName = Literal["auto", "openvino", "onnxruntime", "torch"]
_CUDA_DRIVER = Path("/dev/nvidiactl")


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceSettings:
    """`auto` takes torch where a CUDA device is present and OpenVINO elsewhere. `threads` 0 means every core."""

    runtime: RuntimeName = "auto"
    threads: int = 0

    def __post_init__(self) -> None:
        if self.threads < 0:
            raise ValueError("threads must be 0 (every core) or more")

    @property
    def chosen(self) -> RuntimeName:
        """The runtime, decided: never `auto`."""
        if self.runtime != "auto":
            return self.runtime
        return "torch" if _CUDA_DRIVER.exists() else "openvino"
