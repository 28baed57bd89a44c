"""Tables of entries as files: written once, durable before anybody hears of them, checked whenever they are opened.

On failure: Unavailable for a full or failing disk (the half-written file is gone or ignored), NotFound for a file that
a newer one has replaced, IntegrityError for one that is not what was written.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pyarrow as pa

from pipeline.errors import IntegrityError, NotFound, Unavailable
from pipeline.match.lists.entries import SCHEMA

_UNFINISHED = ".new"


def write_segment(path: Path, table: pa.Table) -> str:
    """Write the rows to `path`, durable; return the digest to open it with."""
    fresh = path.with_suffix(_UNFINISHED)
    try:
        with pa.OSFile(str(fresh), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
            writer.write_table(table.cast(SCHEMA))
        digest = _digest_of(fresh)
        _sync(fresh)
        fresh.replace(path)
        _sync(path.parent)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise Unavailable(f"hotlists {path.name}: {error.strerror or error}; free the disk, nothing changed") from error
    return digest


def open_segment(path: Path, digest: str, *, whole: bool = True) -> pa.Table:
    """Return the rows of a file, mapped into memory; every byte of it is checked unless `whole` is False."""
    damaged = f"hotlists {path.name} is not what was written: restore it, or move the folder away and load the lists"
    try:
        if whole and _digest_of(path) != digest:
            raise IntegrityError(damaged)
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
    except FileNotFoundError as error:
        raise NotFound(
            f"hotlists {path.name} is gone: restore it, or move the folder away and load the lists"
        ) from error
    except OSError as error:
        raise Unavailable(f"hotlists {path.name}: {error.strerror or error}") from error
    except pa.ArrowInvalid as error:
        raise IntegrityError(damaged) from error
    return table


def remove_segments(folder: Path, *, but: set[str]) -> None:
    """Erase every table file that is not among `but`; those left by a crash too."""
    try:
        for path in [*folder.glob("*.arrow"), *folder.glob(f"*{_UNFINISHED}")]:
            if path.name not in but:
                path.unlink(missing_ok=True)
        _sync(folder)
    except OSError as error:
        raise Unavailable(f"hotlists: old tables cannot be erased: {error.strerror}") from error


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
