"""The reading end of the hits file, for whoever raises alerts of it.

A position is "<end of the last line taken> <its length> <its digest>": a line that is there no longer (a restored
file, a line that was cut off again because the disk failed) is noticed, and everything is read again from the
beginning. A line without its end is not there yet.

On failure: Unavailable while the file cannot be read; IntegrityError, naming the byte, for a line that is no hit.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter

from pipeline.domain.alert import AlertedHit, AlertedRead
from pipeline.domain.hotlist import Hit
from pipeline.domain.read import ClockState, Direction
from pipeline.errors import IntegrityError, Unavailable

_HIT = TypeAdapter(Hit)
_READ = TypeAdapter(AlertedRead)
# what lines did not say that were written before alerts were raised of them
_NOT_SAID = {
    "feed_id": "",
    "source_id": "",
    "clock_state": ClockState.FILE,
    "direction": Direction.UNKNOWN,
    "patch_digest": "",
    "overview_digest": "",
}


class HitsReader:
    """A `HitLog` over the file that a `HitsFile` writes, in this process or another. No file is no hits."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def after(self, position: str, limit: int) -> list[tuple[str, AlertedHit]]:
        found: list[tuple[str, AlertedHit]] = []
        try:
            with self._path.open("rb") as file:
                at = _known_end(file, position)
                file.seek(at)
                while len(found) < limit and (line := file.readline()).endswith(b"\n"):
                    hit = self._hit_of(line, at)
                    at += len(line)
                    found.append((f"{at} {len(line)} {_digest(line)}", hit))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(f"{self._path.name}: cannot be read: {error.strerror}") from error
        return found

    def _hit_of(self, line: bytes, at: int) -> AlertedHit:
        try:
            content = _NOT_SAID | json.loads(line)
            content.setdefault("received_at", content["captured_at"])
            return AlertedHit(hit=_HIT.validate_python(content), read=_READ.validate_python(content))
        except (ValueError, KeyError, TypeError):
            # the causes quote the line, which holds a mark
            raise IntegrityError(f"{self._path.name}: the line at byte {at} is no hit; restore the file") from None


def _known_end(file: BinaryIO, position: str) -> int:
    """Return the byte where `position` ends, 0 when the line before it is not the one that was read."""
    if not position:
        return 0
    end, length, digest = position.split()
    start = int(end) - int(length)
    file.seek(start)
    return int(end) if _digest(file.read(int(length))) == digest else 0


def _digest(line: bytes) -> str:
    return hashlib.blake2b(line, digest_size=8).hexdigest()
