"""Whether this processor is faster in bfloat16 than in float32.

bfloat16 has float32's range and 8 bits of its fraction. It pays where the processor multiplies whole tiles of it (AMX:
Intel's servers since 2023): the recogniser then takes 2.6 instead of 6.3 ms of a core (`benchmarks.recognise`).
Processors without such instructions would only imitate it, and others that have some were not measured.

On failure: nothing raises; where Linux does not tell, float32 it is.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

Precision = Literal["float32", "bfloat16"]
_CPUINFO = Path("/proc/cpuinfo")


@cache
def multiplies_bfloat16(cpuinfo: Path = _CPUINFO) -> bool:
    """Tell whether this machine's processor has AMX for bfloat16, and the kernel lets it be used."""
    try:
        lines = cpuinfo.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return {"amx_tile", "amx_bf16"} <= set(flags.split())
