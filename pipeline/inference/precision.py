"""Whether this processor is faster in bfloat16 than in float32.

bfloat16 has float32's range and 8 bits of its fraction. It pays where the processor multiplies it: whole tiles (AMX,
Intel's servers since 2023), where the recogniser takes 2.6 instead of 6.3 ms of a core, or registers of 32 (AVX-512,
AMD's servers since 2022), where it takes 5.5 instead of 9.2. Other processors would only imitate it.

On failure: nothing raises; where Linux does not tell, float32 it is.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

Precision = Literal["float32", "bfloat16", "float16", "int8"]
_CPUINFO = Path("/proc/cpuinfo")
_INSTRUCTIONS = ({"amx_tile", "amx_bf16"}, {"avx512_bf16"})
"""As Linux names them; one set of these is enough."""


@cache
def multiplies_bfloat16(cpuinfo: Path = _CPUINFO) -> bool:
    """Tell whether this machine's processor has instructions for it, and the kernel lets them be used."""
    try:
        lines = cpuinfo.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return any(needed <= set(flags.split()) for needed in _INSTRUCTIONS)
