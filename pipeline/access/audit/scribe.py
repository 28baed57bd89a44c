"""Carries into the audit log what other stages did: what was collected, altered and erased.

Promise: everything that is durable where it happened gets its entry, also after a crash of either side. How far it has
come is kept in a file of its own, written after the entries: a crash between the two tells something twice, never not.
On failure: Unavailable, with the rest left for the next look.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from pipeline.domain.audit import AuditWriter, Happenings
from pipeline.domain.ports import Clock
from pipeline.errors import Unavailable

_AT_ONCE = 500


class Scribe:
    """`writer` opens the audit log for as long as it is needed; `path` is where the positions are kept."""

    def __init__(
        self,
        sources: Mapping[str, Happenings],
        writer: Callable[[], AbstractContextManager[AuditWriter]],
        path: Path,
        *,
        clock: Clock,
        look_every_seconds: float = 30.0,
    ) -> None:
        self._sources = dict(sources)
        self._writer = writer
        self._path = path
        self._clock = clock
        self._look_every_seconds = look_every_seconds
        self._look_at = clock.monotonic()

    def step(self) -> bool:
        """Look if it is time to; return whether it was."""
        if self._clock.monotonic() < self._look_at:
            return False
        self._look_at = self._clock.monotonic() + self._look_every_seconds
        self.tell()
        return True

    def tell(self) -> int:
        """Write down everything that is not yet; return how many entries that took."""
        positions = self._positions()
        told = 0
        for name, source in self._sources.items():
            found = list(source.after(positions.get(name, "")))
            for begin in range(0, len(found), _AT_ONCE):
                some = found[begin : begin + _AT_ONCE]
                with self._writer() as log:
                    log.append([event for _, event in some])
                positions[name] = some[-1][0]
                self._keep(positions)
            told += len(found)
        return told

    def _positions(self) -> dict[str, str]:
        try:
            kept = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise Unavailable(
                f"{self._path.name}: what the audit log was told cannot be read; remove the file to tell it again"
            ) from error
        return dict(kept)

    def _keep(self, positions: Mapping[str, str]) -> None:
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with fresh.open("w", encoding="utf-8") as file:
                json.dump(positions, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise Unavailable(f"{self._path.name}: cannot be written: {error.strerror}") from error
