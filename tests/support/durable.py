"""What the tests of the durable half share: journals to write to, processes to kill, disks to fill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import pytest

from pipeline.domain.read import CaptureRecord, ReadId
from pipeline.errors import IntegrityError
from pipeline.wire.read_proto import encode_record

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEntry:
    """A journal entry in memory."""

    offset: int
    record: CaptureRecord

    @property
    def content(self) -> bytes:
        return encode_record(self.record)


class ListJournal:
    """A `JournalSource` over a list; offsets count from 1."""

    def __init__(self, records: list[CaptureRecord], identity: str = "one") -> None:
        self.identity = identity
        self.records = list(records)

    def after(self, offset: int, limit: int, most_bytes: int = 2**30) -> list[KeptEntry]:
        chosen = list(enumerate(self.records, 1))[offset : offset + limit]
        entries = [KeptEntry(offset=at, record=record) for at, record in chosen]
        sizes = accumulate(len(entry.content) for entry in entries)
        return [
            entry for at, (entry, size) in enumerate(zip(entries, sizes, strict=True)) if not at or size <= most_bytes
        ]

    def entry_of(self, read_id: ReadId) -> KeptEntry | None:
        return next((one for one in self.after(0, 2**31) if one.record.read.read_id == read_id), None)

    def bytes_per_read(self) -> float:
        return 1000.0

    def last_offset(self) -> int:
        return len(self.records)

    def missing_after(self, offset: int) -> int:
        return 0

    def lag_of(self, offset: int) -> int:
        if offset > len(self.records):
            raise IntegrityError("never given")
        return len(self.records) - offset


def script(name: str, *arguments: object) -> list[str]:
    """Return the command that runs `name` of tests/support in another process."""
    return [sys.executable, "-m", f"tests.support.{name}", *map(str, arguments)]


def run_script(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(script(name, *arguments), cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    """A file system of so many MiB at `folder`; skips where that needs more rights than the test has."""
    with small_disk_where_allowed(folder, mebibytes) as why_not:
        if why_not:
            pytest.skip(f"a small disk cannot be mounted here (needs root): {why_not}")
        yield folder


@contextmanager
def small_disk_where_allowed(folder: Path, mebibytes: int) -> Iterator[str]:
    """A folder, on a file system of so many MiB unless that needs more rights; gives why it is not, or nothing."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        yield mounted.stderr.strip() or "mount failed"
        return
    try:
        yield ""
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, leaving: int) -> Path:
    """Fill the disk at `folder` but for `leaving` bytes; return the file to delete for room."""
    filler = folder / "filler"
    room = os.statvfs(folder)
    filler.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - leaving)))
    return filler
