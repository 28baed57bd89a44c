"""The verifier as one file: `verify.py` with the signature check in it, to lie in every package and run anywhere.

On failure: nothing raises.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_IMPORT = "from pipeline.access.evidence.ed25519 import ed25519_verified\n"
_FUTURE = "from __future__ import annotations\n"


@cache
def standalone() -> bytes:
    """Return the program. It is the same bytes as long as its two sources are."""
    verify, ed25519 = ((_HERE / name).read_text(encoding="utf-8") for name in ("verify.py", "ed25519.py"))
    own = ed25519.split(_FUTURE, 1)[1].strip()
    before, after = verify.split(_IMPORT)
    return f"{before.rstrip()}\n\n{own}\n\n\n{after.strip()}\n".encode()
