"""What makes a course faster on a processor without changing what is learnt: half precision, and memory that is kept.

Figures, of the large recogniser on one core of a Xeon with AMX, batches of 32: 20 patches a second as torch comes, 29
with memory kept, 41 with both, 20 with bfloat16 also in depthwise convolutions, whose gradients oneDNN has no fast
bfloat16 code for.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""glibc's names for what `mallopt` sets (malloc.h)."""
_NEVER = 2**31 - 1


def memory_kept() -> None:
    """Let freed memory stay with the process: torch's buffers are the same at every step, and pages cost time anew.

    Where the C library has no `mallopt` (musl, macOS) nothing happens.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _NEVER)
        mallopt(_TRIM_THRESHOLD, _NEVER)


def half(network: nn.Module) -> Callable[[Tensor], Tensor]:
    """Return a function that computes `network` in bfloat16, but for its depthwise convolutions.

    Weights and their gradients stay in float32. `network` itself is changed: its depthwise layers leave autocasting.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d) and layer.groups > 1:
            _in_float32(layer)

    def computed(inputs: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            outputs: Tensor = network(inputs)
        return outputs

    return computed


def _in_float32(layer: Any) -> None:
    plain = layer.forward

    def forward(inputs: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            outputs: Tensor = plain(inputs.float())
        return outputs

    layer.forward = forward
