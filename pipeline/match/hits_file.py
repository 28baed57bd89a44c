"""Hits as JSON lines, each durable before it is told to anybody, and each once.

Beside it a small file holds the journal and the offset up to which its reads were matched. It is written after the
hits: if a crash comes between, reads are matched again, and the hits they make again are known by their ids. A line
torn by a crash is cut off when the file is opened again.

On failure: Unavailable for a full or failing disk, IntegrityError for a line in the middle that is no JSON.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.domain.hotlist import Hit
from pipeline.domain.read import Read
from pipeline.errors import IntegrityError, Unavailable


class HitsFile:
    """Appends hits; `position` is the journal offset up to which reads have been matched."""

    def __init__(self, path: Path, journal: str) -> None:
        self._path = path
        self._journal = journal
        self._position_path = path.with_suffix(".position")
        self._told: set[str] = set()
        self._owed: list[tuple[Hit, Read]] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            self._end = self._recover()
            self.position = self._remembered_position()
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise Unavailable(f"{path.name}: cannot be used: {error.strerror}") from error

    def append(self, hits: Sequence[tuple[Hit, Read]], *, position: int, at: datetime) -> list[tuple[Hit, Read]]:
        """Make the hits that are new, then the position, durable; return the new ones.

        Of one mark entered twice on a list, the first hit counts. Hits that were written when only the position could
        not be are returned by the next call that succeeds.
        """
        new: dict[str, tuple[Hit, Read]] = {}
        for hit, read in hits:
            if hit.hit_id not in self._told:
                new.setdefault(hit.hit_id, (hit, read))
        try:
            if new:
                self._write("".join(json.dumps(_line(hit, read, at)) + "\n" for hit, read in new.values()).encode())
                self._told.update(new)
                self._owed.extend(new.values())
            self._remember_position(position)
        except OSError as error:
            os.ftruncate(self._file.fileno(), self._end)
            raise Unavailable(f"{self._path.name}: {error.strerror}; hits are held back until there is room") from error
        owed, self._owed = self._owed, []
        return owed

    def close(self) -> None:
        self._file.close()

    def _write(self, content: bytes) -> None:
        left = memoryview(content)
        while left:
            left = left[self._file.write(left) :]
        os.fsync(self._file.fileno())
        self._end += len(content)

    def _remember_position(self, position: int) -> None:
        fresh = self._position_path.with_suffix(".new")
        fresh.write_text(f"{self._journal} {position}\n")
        fresh.replace(self._position_path)
        self.position = position

    def _remembered_position(self) -> int:
        try:
            journal, position = self._position_path.read_text().split()
            return int(position) if journal == self._journal else 0
        except (FileNotFoundError, ValueError):
            # torn or never written: everything is matched again, and known hits stay single
            return 0

    def _recover(self) -> int:
        good = 0
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    self._told.add(json.loads(line)["hit_id"])
                except (ValueError, KeyError, TypeError) as error:
                    raise IntegrityError(
                        f"{self._path.name}: line {number} is damaged; restore or move the file"
                    ) from error
                good += len(line)
        os.truncate(self._path, good)
        return good


def _line(hit: Hit, read: Read, at: datetime) -> dict[str, Any]:
    voi = {key: value for key, value in asdict(hit.voi).items() if value not in ("", None)}
    return {
        "hit_id": hit.hit_id,
        "kind": hit.kind.value,
        "likelihood": hit.likelihood,
        "read_id": read.read_id,
        "feed_id": read.feed_id,
        "source_id": read.source_id,
        "camera_id": read.camera_id,
        "captured_at": read.captured_at.isoformat(),
        "received_at": read.received_at.isoformat(),
        "clock_state": read.clock_state.value,
        "matched_at": at.isoformat(),
        "vrm": read.vrm,
        "confidence": round(read.confidence, 4),
        "direction": read.direction.value,
        "patch_digest": read.patch_digest,
        "overview_digest": read.overview_digest,
        "hotlist_revision": hit.hotlist_revision,
        "voi": json.loads(json.dumps(voi, default=str)),
    }
