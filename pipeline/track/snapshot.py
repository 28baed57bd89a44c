"""A tracker's memory as bytes: a format mark, a digest, and a pickle that can only build the types named here.

On failure: IntegrityError when the bytes are not a snapshot of this version, were changed, or name any other type.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from typing import Any, TypeVar

from pipeline.errors import IntegrityError

Kind = TypeVar("Kind")

_MARK = b"anpr-track-2\n"
_DIGEST_BYTES = 32
_MODULES = ("pipeline.domain.plate", "pipeline.domain.posterior", "pipeline.track.trail", "pipeline.track.motion")
_MORE_MODULES = ("pipeline.track.memory", "pipeline.track.counts")
_TYPES = frozenset(
    {
        ("datetime", "datetime"),
        ("datetime", "timezone"),
        ("datetime", "timedelta"),
        ("builtins", "set"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy._core.numeric", "_frombuffer"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
    }
)


def pack(memory: object) -> bytes:
    """Return `memory` as bytes that `unpack` accepts."""
    content = pickle.dumps(memory, protocol=5)
    return _MARK + hashlib.sha256(content).digest() + content


def unpack(content: bytes, kind: type[Kind]) -> Kind:
    """Return the memory that `pack` was given. Raises IntegrityError as the module says."""
    start = len(_MARK) + _DIGEST_BYTES
    body = content[start:]
    if content[: len(_MARK)] != _MARK or hashlib.sha256(body).digest() != content[len(_MARK) : start]:
        raise IntegrityError("not a snapshot of a tracker of this version: start the tracker afresh")
    memory = _Unpickler(io.BytesIO(body)).load()
    if not isinstance(memory, kind):
        raise IntegrityError("the snapshot holds something else than a tracker's memory: start the tracker afresh")
    return memory


class _Unpickler(pickle.Unpickler):
    """Refuses every type that a tracker's memory does not hold, because a pickle may otherwise run any code."""

    def find_class(self, module: str, name: str) -> Any:
        if module in _MODULES + _MORE_MODULES or (module, name) in _TYPES:
            return super().find_class(module, name)
        raise IntegrityError(f"the snapshot names the type {module}.{name}, which a tracker's memory does not hold")
